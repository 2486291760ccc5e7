import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { jobs as accountsJobs } from '../../src/accounts/jobs.js'
import { eraseAccountsJob } from '../../src/accounts/types.js'
import { jobs } from '../../src/comments/jobs.js'
import { commentsFollowStanding, forgetSaidOfErased, likesFollowStanding } from '../../src/comments/comments.js'
import { purgeDeletedCommentsJob } from '../../src/comments/types.js'
import { jobs as contentJobs } from '../../src/content/jobs.js'
import { purgeDeletedJob } from '../../src/content/types.js'
import { globalId } from '../../src/lib/ids.js'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { codes, crowd, done, drift, say, threadOf, uuidIn, words } from './calls.js'

const DAY_MS = 86_400_000

let server: TestServer
let world: World
let admin: Person
let creator: Person
let fan: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  admin = await world.admin({ isEmailVerified: false })
  creator = await provenCreator(world)
  fan = await world.fan({ isEmailVerified: false })
})
afterEach(() => world.setClock(0))
afterAll(() => server.close())

const rowsOf = async (sql: string, values: unknown[] = []) =>
  (await server.database.owner.query<Record<string, any>>(sql, values)).rows
const origin = () => ({ db: server.database.db, actorId: null, sessionId: null, requestId: 'job' })
const run = (list: typeof jobs, wanted: string) => list.find(({ name }) => name === wanted)?.run({}, server.jobs, '1')
const ban = (person: Person) =>
  done(admin, 'setAccountStatus', { userId: person.id, status: 'BANNED', reason: 'A test.' })
const reinstate = (person: Person) =>
  done(admin, 'setAccountStatus', { userId: person.id, status: 'ACTIVE', reason: 'A test.' })
/** All that counts and shows, but for when it last changed. */
const everything = async () => ({
  posts: await rowsOf('select id, like_count, comment_count from content order by id'),
  comments: await rowsOf(
    'select id, body, like_count, reply_count, descendant_count, is_visible, is_listed, deleted_at, withdrawn_at from comments order by id',
  ),
  likes: await rowsOf('select id, user_id, content_id, comment_id, withdrawn_at from likes order by id'),
})
const seen = async (asker: Person, id: string) =>
  (
    await asker.do(
      `query ($id: ID!) { content(id: $id) { likeCount commentCount viewerHasLiked likers { nodes { username } } } }`,
      { id },
    )
  )['content'] as unknown

describe('who is deleted or banned', () => {
  it('is gone at once from what shows, with the job from what counts, and comes back exactly as they were', async () => {
    const [leaving, other] = (await crowd(world, 2)) as [Person, Person]
    const { id } = await publish(creator)
    const contentId = uuidIn(id)
    const top = await say(server, { contentId, authorId: leaving.uuid, body: 'Top' })
    const below = await say(server, { contentId, authorId: other.uuid, parentId: top, body: 'Below' })
    await say(server, { contentId, authorId: leaving.uuid, parentId: below, body: 'Last' })
    const gone = await say(server, { contentId, authorId: leaving.uuid, body: 'Deleted before' })
    await done(leaving, 'deleteComment', { commentId: globalId('Comment', gone) })
    for (const person of [leaving, other]) await done(person, 'likeContent', { contentId: id })
    await done(leaving, 'likeComment', { commentId: globalId('Comment', below) })
    await server.drain()
    const before = await everything()
    for (const [leave, comeBack] of [
      [() => ban(leaving), () => reinstate(leaving)],
      [() => done(leaving, 'deleteAccount', { password: leaving.password }), () => done(leaving, 'restoreAccount', {})],
    ] as const) {
      await leave()
      expect(words(await threadOf(fan, id))).toEqual([['[AUTHOR_UNAVAILABLE]', ['Below']]])
      await server.drain()
      expect(words(await threadOf(fan, id))).toEqual([['[AUTHOR_UNAVAILABLE]', ['Below']]])
      expect(await seen(fan, id)).toMatchObject({
        likeCount: 1,
        commentCount: 1,
        likers: { nodes: [{ username: other.username }] },
      })
      expect((await threadOf(fan, id))?.[0]?.replies?.nodes[0]).toMatchObject({ likeCount: 0, replyCount: 0 })
      expect(await drift(server)).toEqual([])
      await done(other, 'deleteComment', { commentId: globalId('Comment', below) })
      expect(words(await threadOf(fan, id))).toEqual([])
      await rowsOf('update comments set deleted_at = null, deleted_by_id = null, purge_after = null where id = $1', [
        below,
      ])
      await comeBack()
      await server.drain()
      expect(await everything()).toEqual(before)
      await leaving.signIn()
    }
  })

  it('is followed in batches, by walks beside each other and while others write, without a difference at the end', async () => {
    const [busy, other] = (await crowd(world, 2)) as [Person, Person]
    const { id } = await publish(creator)
    await rowsOf(
      `insert into comments (content_id, author_id, body, created_at) select $1, $2, 'n ' || n, app_now() - n % 7 * interval '1 second'
       from generate_series(1, 1200) n`,
      [uuidIn(id), busy.uuid],
    )
    await rowsOf(`insert into likes (user_id, comment_id) select $2, id from comments where content_id = $1`, [
      uuidIn(id),
      busy.uuid,
    ])
    const status = (to: string) =>
      rowsOf(`update users set account_status = $2::account_status where id = $1`, [busy.uuid, to])
    for (const to of ['banned', 'active', 'banned']) {
      await status(to)
      await Promise.all([
        commentsFollowStanding(origin(), busy.uuid),
        commentsFollowStanding(origin(), busy.uuid),
        likesFollowStanding(origin(), busy.uuid),
        likesFollowStanding(origin(), busy.uuid),
        ...Array.from({ length: 5 }, (_, n) => done(other, 'addComment', { contentId: id, body: `Meanwhile ${n}` })),
        done(other, to === 'banned' ? 'likeContent' : 'unlikeContent', { contentId: id }),
      ])
      const [{ left }] = (await rowsOf(
        `select (select count(*) from comments where author_id = $1 and (withdrawn_at is null) <> $2)
           + (select count(*) from likes where user_id = $1 and (withdrawn_at is null) <> $2) as left`,
        [busy.uuid, to === 'active'],
      )) as [{ left: string }]
      expect(left).toBe('0')
      expect(await drift(server)).toEqual([])
    }
  })
})

describe('what is to be destroyed', () => {
  it('is a deleted comment’s text, and what it said before, after thirty days', async () => {
    const { id } = await publish(creator)
    const { comment } = await done(fan, 'addComment', { contentId: id, body: 'A secret' }, 'comment { id }')
    await done(fan, 'editComment', { commentId: comment.id, body: 'Edited', expectedVersion: 1 })
    const { comment: answer } = await done(
      creator,
      'addComment',
      { contentId: id, body: 'Answer', parentId: comment.id },
      'comment { id }',
    )
    await done(fan, 'deleteComment', { commentId: comment.id })
    const texts = () =>
      rowsOf(
        `select body from comments where content_id = $1 union all
         select v.body from comment_versions v join comments m on m.id = v.comment_id where m.content_id = $1 order by 1`,
        [uuidIn(id)],
      )
    await run(jobs, purgeDeletedCommentsJob)
    expect(await texts()).toEqual([{ body: 'A secret' }, { body: 'Answer' }, { body: 'Edited' }])
    await world.setClock(31 * DAY_MS)
    await run(jobs, purgeDeletedCommentsJob)
    await run(jobs, purgeDeletedCommentsJob)
    expect(await texts()).toEqual([{ body: '' }, { body: 'Answer' }])
    await world.setClock(0)
    expect(words(await threadOf(fan, id))).toEqual([['[DELETED]', ['Answer']]])
    expect(await codes(fan, 'addComment', { contentId: id, body: 'x', parentId: answer.id })).toEqual([])
  })

  it('is all that was said under a post that is destroyed', async () => {
    const { id } = await publish(creator)
    const contentId = uuidIn(id)
    const top = await say(server, { contentId, authorId: fan.uuid, body: 'Under what goes' })
    await say(server, { contentId, authorId: fan.uuid, parentId: top })
    await done(fan, 'likeComment', {
      commentId: globalId('Comment', await say(server, { contentId, authorId: creator.uuid })),
    })
    await done(creator, 'deleteContent', { contentId: id })
    await world.setClock(31 * DAY_MS)
    await run(contentJobs, purgeDeletedJob)
    await server.drain()
    expect(
      await rowsOf('select distinct body, purged_at is not null as gone from comments where content_id = $1', [
        contentId,
      ]),
    ).toEqual([{ body: '', gone: true }])
    expect(await drift(server)).toEqual([])
  })

  it('is all that an erased person said and liked', async () => {
    const [leaving] = (await crowd(world, 1)) as [Person]
    const { id } = await publish(creator)
    const contentId = uuidIn(id)
    const top = await say(server, { contentId, authorId: leaving.uuid, body: 'My words' })
    await say(server, { contentId, authorId: fan.uuid, parentId: top, body: 'Theirs' })
    await done(leaving, 'likeContent', { contentId: id })
    await forgetSaidOfErased(origin(), leaving.uuid)
    expect(words(await threadOf(fan, id))).toEqual([['My words', ['Theirs']]])
    await done(leaving, 'deleteAccount', { password: leaving.password })
    await world.setClock(31 * DAY_MS)
    await run(accountsJobs, eraseAccountsJob)
    await server.drain()
    await world.setClock(0)
    expect(words(await threadOf(fan, id))).toEqual([['[AUTHOR_UNAVAILABLE]', ['Theirs']]])
    expect(await rowsOf('select body from comments where author_id = $1', [leaving.uuid])).toEqual([{ body: '' }])
    expect(await rowsOf('select from likes where user_id = $1', [leaving.uuid])).toEqual([])
    expect(await seen(fan, id)).toMatchObject({ likeCount: 0, commentCount: 1 })
    expect(await drift(server)).toEqual([])
  })
})
