import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { draft, provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { block, call, codes, COMMENT, crowd, done, drift, give, say, threadOf, uuidIn, words } from './calls.js'

let server: TestServer
let world: World
let creator: Person
let fan: Person
let others: Person[]
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  others = await crowd(world, 4)
})
beforeEach(async () => {
  for (const { uuid } of [fan, creator, ...others])
    await server.services.limiter.forgive({ name: 'comments', points: 20, windowSeconds: 60 }, uuid)
})
afterAll(() => server.close())

const FULL = `comment { id isHeld isHidden isPinned isByCreator version depth editedAt likeCount replyCount viewerHasLiked
  author { username } body { ... on CommentText { text } ... on CommentTombstone { reason } }
  parent { id } viewerCanEdit { isAllowed reason } viewerCanDelete { isAllowed reason } }`

const add = async (asker: Person, contentId: string, body: string, parentId?: string): Promise<Record<string, any>> =>
  (await done(asker, 'addComment', { contentId, body, ...(parentId ? { parentId } : {}) }, FULL))['comment'] as Record<
    string,
    any
  >
const aPost = async (input: Parameters<typeof publish>[1] = {}): Promise<string> =>
  (await publish(creator, input))['id'] as string
const eventsOf = async (contentId: string): Promise<{ type: string; payload: Record<string, unknown> }[]> =>
  (
    await server.database.owner.query<{ type: string; payload: Record<string, unknown> }>(
      `select type, payload from outbox_events where stream = 'content:' || $1::text and type like 'comment.%' order by id`,
      [uuidIn(contentId)],
    )
  ).rows
const auditOf = async (id: string): Promise<string[]> =>
  (
    await server.database.owner.query<{ action: string }>(
      'select action from audit_logs where subject_id = $1 order by created_at, id',
      [uuidIn(id)],
    )
  ).rows.map(({ action }) => action)
const settings = (change: object): Promise<unknown> =>
  done(creator, 'updateCommentSettings', change as Record<string, unknown>)
const countOf = async (contentId: string): Promise<number> =>
  (await fan.do(`query ($id: ID!) { content(id: $id) { commentCount } }`, { id: contentId }))['content']
    .commentCount as number

describe('a comment', () => {
  it('is said, answered, counted, and told', async () => {
    const post = await aPost()
    const said = await add(fan, post, '  Lovely!\r\n')
    expect(said).toMatchObject({
      body: { text: 'Lovely!' },
      author: { username: fan.username },
      isHeld: false,
      version: 1,
      depth: 0,
      parent: null,
      viewerCanEdit: { isAllowed: true },
    })
    const answer = await add(creator, post, 'Thank you.', said['id'])
    expect(answer).toMatchObject({ isByCreator: true, depth: 1, parent: { id: said['id'] } })
    expect(words(await threadOf(others[0]!, post))).toEqual([['Lovely!', ['Thank you.']]])
    expect(await countOf(post)).toBe(2)
    expect(await eventsOf(post)).toEqual([
      {
        type: 'comment.added',
        payload: {
          commentId: uuidIn(said['id']),
          contentId: uuidIn(post),
          authorId: fan.uuid,
          parentId: null,
          creatorId: creator.uuid,
        },
      },
      {
        type: 'comment.added',
        payload: {
          commentId: uuidIn(answer['id']),
          contentId: uuidIn(post),
          authorId: creator.uuid,
          parentId: uuidIn(said['id']),
          creatorId: creator.uuid,
        },
      },
    ])
    expect(await auditOf(said['id'])).toEqual([])
  })

  it('is seen by what is asked after it in the same document', async () => {
    const post = await aPost()
    const COMMENTS = `comment { content { commentCount comments(first: 5) { nodes { viewerCanEdit { isAllowed } body { ... on CommentText { text } } } } } }`
    await add(others[0]!, post, 'Before')
    const { one, two } = await fan.do(
      `mutation ($one: AddCommentInput!, $two: AddCommentInput!) {
        one: addComment(input: $one) { ${COMMENTS} userErrors { code } } two: addComment(input: $two) { ${COMMENTS} userErrors { code } }
      }`,
      { one: { contentId: post, body: 'One' }, two: { contentId: post, body: 'Two' } },
    )
    const seen = ({ comment: { content } }: any) => [
      content.commentCount,
      content.comments.nodes.map(({ viewerCanEdit, body }: any) => [body.text, viewerCanEdit.isAllowed]),
    ]
    const [before, first, second] = [
      ['Before', false],
      ['One', true],
      ['Two', true],
    ]
    expect(seen(one)).toEqual([2, [before, first]])
    expect(seen(two)).toEqual([3, [before, first, second]])
  })

  it('is said once under one key', async () => {
    const post = await aPost()
    const input = { contentId: post, body: 'Once', idempotencyKey: 'once' }
    const [one, two] = await Promise.all([1, 2].map(() => done(fan, 'addComment', input, 'replayed comment { id }')))
    expect(one!['comment']).toEqual(two!['comment'])
    expect([one!['replayed'], two!['replayed']].sort()).toEqual([false, true])
    expect(await codes(fan, 'addComment', { ...input, body: 'Twice' })).toEqual(['IDEMPOTENCY_MISMATCH'])
    expect(await countOf(post)).toBe(1)
  })

  it('is refused, each time with its reason, and nothing is kept', async () => {
    const [open, closed, other, paid] = [
      await aPost(),
      await aPost(),
      await aPost(),
      await aPost({ priceMinor: '500' }),
    ]
    const someone = others[0]!
    await done(creator, 'setCommentsClosed', { contentId: closed })
    const elsewhere = await add(fan, other, 'Elsewhere')
    const deleted = await add(fan, open, 'Deleted')
    await done(fan, 'deleteComment', { commentId: deleted['id'] })
    const hidden = await add(fan, open, 'Hidden')
    await add(fan, open, 'Below', hidden['id'])
    await done(creator, 'hideComment', { commentId: hidden['id'] })
    const inPaid = globalId('Comment', await say(server, { contentId: uuidIn(paid), authorId: creator.uuid }))
    const [blocker, blocked, outcast, hater] = await crowd(world, 4)
    const byBlocker = await add(blocker!, open, 'By whoever blocks')
    await block(server, blocker!, blocked!)
    await give(creator, outcast!, paid)
    await block(server, creator, outcast!)
    const rows = async () =>
      (await server.database.owner.query('select count(*) from comments union all select count(*) from outbox_events'))
        .rows
    const before = await rows()
    for (const [code, asker, input] of [
      ['COMMENT_LENGTH', fan, { contentId: open, body: ' \n ' }],
      ['COMMENT_LENGTH', fan, { contentId: open, body: 'x'.repeat(5_001) }],
      ['COMMENT_LENGTH', fan, { contentId: open, body: 'a bell \u0007' }],
      ['NODE_NOT_FOUND', fan, { contentId: globalId('Content', randomUUID()), body: 'x' }],
      ['NODE_NOT_FOUND', fan, { contentId: fan.id, body: 'x' }],
      ['NODE_NOT_FOUND', fan, { contentId: (await draft(creator))['id'], body: 'x' }],
      ['CONTENT_STATE', creator, { contentId: (await draft(creator))['id'], body: 'x' }],
      ['CONTENT_LOCKED', fan, { contentId: paid, body: 'x' }],
      ['COMMENTS_CLOSED', fan, { contentId: closed, body: 'x' }],
      ['COMMENTS_CLOSED', creator, { contentId: closed, body: 'x' }],
      ['NODE_NOT_FOUND', outcast!, { contentId: open, body: 'x' }],
      ['NOT_ALLOWED', outcast!, { contentId: paid, body: 'x' }],
      ['NODE_NOT_FOUND', fan, { contentId: open, body: 'x', parentId: globalId('Comment', randomUUID()) }],
      ['NODE_NOT_FOUND', fan, { contentId: open, body: 'x', parentId: inPaid }],
      ['PARENT_OF_ANOTHER_POST', fan, { contentId: open, body: 'x', parentId: elsewhere['id'] }],
      ['PARENT_DELETED', someone, { contentId: open, body: 'x', parentId: deleted['id'] }],
      ['PARENT_HIDDEN', someone, { contentId: open, body: 'x', parentId: hidden['id'] }],
      ['PARENT_HIDDEN', fan, { contentId: open, body: 'x', parentId: hidden['id'] }],
      ['NODE_NOT_FOUND', blocked!, { contentId: open, body: 'x', parentId: byBlocker['id'] }],
    ] as const)
      expect(await codes(asker, 'addComment', input), JSON.stringify(input)).toEqual([code])
    expect(await rows()).toEqual(before)
    await block(server, hater!, fan)
    expect(await codes(hater!, 'addComment', { contentId: other, body: 'x', parentId: elsewhere['id'] })).toEqual([
      'NODE_NOT_FOUND',
    ])
    await done(creator, 'setCommentsClosed', { contentId: closed, closed: false })
    await add(fan, closed, 'Open again')
  })

  it('stands beside what it answers where that is six deep, however long people go on', async () => {
    const post = await aPost()
    let parent: Record<string, any> | undefined
    const depths: number[] = []
    const people = [fan, ...others]
    for (let n = 0; n < 12; n += 1) {
      const said: Record<string, any> = await add(people[n % people.length]!, post, `Level ${n}`, parent?.['id'])
      depths.push(said['depth'] as number)
      parent = said
    }
    expect(depths).toEqual([0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6])
    expect(await drift(server)).toEqual([])
  })
})

describe('editing', () => {
  it('keeps what was said before, and asks for the version that was seen', async () => {
    const post = await aPost()
    const { id } = await add(fan, post, 'First')
    const edit = (body: string, expectedVersion: number) => ({ commentId: id as string, body, expectedVersion })
    const { comment } = await done(fan, 'editComment', edit('Second', 1), FULL)
    expect(comment).toMatchObject({ body: { text: 'Second' }, version: 2 })
    expect(comment.editedAt).not.toBeNull()
    expect(await codes(fan, 'editComment', edit('Third', 1))).toEqual(['VERSION_CONFLICT'])
    const both = await Promise.all(['A', 'B'].map((body) => codes(fan, 'editComment', edit(body, 2))))
    expect(both.flat()).toEqual(['VERSION_CONFLICT'])
    const { rows } = await server.database.owner.query(
      'select body, valid_from <= valid_to as "isOrdered" from comment_versions where comment_id = $1 order by valid_from, valid_to',
      [uuidIn(id)],
    )
    expect(rows).toEqual([
      { body: 'First', isOrdered: true },
      { body: 'Second', isOrdered: true },
    ])
  })

  it('is for whoever said it, for an hour, while it stands', async () => {
    const post = await aPost()
    const { id } = await add(fan, post, 'Said')
    const edit = { commentId: id as string, body: 'Other', expectedVersion: 1 }
    for (const asker of [others[0]!, creator]) expect(await codes(asker, 'editComment', edit)).toEqual(['NOT_ALLOWED'])
    expect(await codes(fan, 'editComment', { ...edit, body: ' ' })).toEqual(['COMMENT_LENGTH'])
    const [outcast] = await crowd(world, 1)
    await block(server, creator, outcast!)
    expect(await codes(outcast!, 'editComment', edit)).toEqual(['NODE_NOT_FOUND'])
    await server.database.owner.query(
      `update comments set created_at = created_at - interval '61 minutes' where id = $1`,
      [uuidIn(id)],
    )
    expect(await codes(fan, 'editComment', edit)).toEqual(['EDIT_WINDOW_OVER'])
    await done(fan, 'deleteComment', { commentId: id })
    expect(await codes(fan, 'editComment', edit)).toEqual(['NODE_NOT_FOUND'])
  })

  it('is over once the creator blocks who said it, though a grant still shows it to them', async () => {
    const post = (await publish(creator, { priceMinor: '500', body: 'Paid' }))['id'] as string
    const [reader] = await crowd(world, 1)
    await give(creator, reader!, post)
    const { id } = await add(reader!, post, 'Thanks')
    await block(server, creator, reader!)
    const edit = { commentId: id as string, body: 'No thanks', expectedVersion: 1 }
    expect(await codes(reader!, 'editComment', edit)).toEqual(['NOT_ALLOWED'])
    const { node } = await reader!.do(
      `query ($id: ID!) { node(id: $id) { ... on Comment { viewerCanEdit { isAllowed reason } } } }`,
      { id },
    )
    expect(node.viewerCanEdit).toEqual({ isAllowed: false, reason: 'NOT_ALLOWED' })
  })
})

describe('deleting', () => {
  it('leaves a tombstone while answers live, and nothing after', async () => {
    const post = await aPost()
    const top = await add(fan, post, 'Top')
    const below = await add(others[0]!, post, 'Below', top['id'])
    expect(await done(fan, 'deleteComment', { commentId: top['id'] }, `deletedCommentId ${FULL}`)).toMatchObject({
      deletedCommentId: top['id'],
      comment: { id: top['id'], author: null, body: { reason: 'DELETED' }, viewerCanDelete: { isAllowed: false } },
    })
    expect(words(await threadOf(fan, post))).toEqual([['[DELETED]', ['Below']]])
    expect(await countOf(post)).toBe(1)
    expect(await done(others[0]!, 'deleteComment', { commentId: below['id'] }, FULL)).toMatchObject({ comment: null })
    expect(await done(others[0]!, 'deleteComment', { commentId: below['id'] }, FULL)).toMatchObject({ comment: null })
    expect(words(await threadOf(fan, post))).toEqual([])
    expect(await countOf(post)).toBe(0)
    expect(await auditOf(top['id'])).toEqual([])
  })

  it('is for the author, wherever it is, and for the creator, who is written down', async () => {
    const post = await aPost()
    const [mine, theirs] = [await add(fan, post, 'Mine'), await add(others[0]!, post, 'Theirs')]
    expect(await codes(fan, 'deleteComment', { commentId: theirs['id'] })).toEqual(['NOT_ALLOWED'])
    await done(creator, 'deleteComment', { commentId: theirs['id'] })
    expect(await auditOf(theirs['id'])).toEqual(['comment.deleted'])
    await done(creator, 'unpublishContent', { contentId: post })
    expect(await codes(others[0]!, 'deleteComment', { commentId: mine['id'] })).toEqual(['NODE_NOT_FOUND'])
    await done(fan, 'deleteComment', { commentId: mine['id'] })
    const { rows } = await server.database.owner.query(
      `select purge_after - deleted_at = interval '30 days' as "isKept" from comments where content_id = $1`,
      [uuidIn(post)],
    )
    expect(rows).toEqual([{ isKept: true }, { isKept: true }])
    for (const id of [globalId('Comment', randomUUID()), fan.id, 'x'])
      expect(await codes(fan, 'deleteComment', { commentId: id })).toEqual(['NODE_NOT_FOUND'])
  })
})

describe('liking a comment', () => {
  it('sets a state, counts once, is told once', async () => {
    const post = await aPost()
    const { id } = await add(fan, post, 'Likable')
    const LIKED = 'comment { likeCount viewerHasLiked }'
    for (let time = 0; time < 2; time += 1)
      expect(await done(others[0]!, 'likeComment', { commentId: id }, LIKED)).toMatchObject({
        comment: { likeCount: 1, viewerHasLiked: true },
      })
    await done(creator, 'likeComment', { commentId: id })
    expect((await threadOf(fan, post))?.[0]).toMatchObject({ likeCount: 2, viewerHasLiked: false })
    const liked = (await eventsOf(post)).filter(({ type }) => type === 'comment.liked')
    expect(liked.map(({ payload }) => payload)).toEqual(
      [others[0]!, creator].map(({ uuid }) => ({
        commentId: uuidIn(id),
        contentId: uuidIn(post),
        userId: uuid,
        authorId: fan.uuid,
      })),
    )
    for (let time = 0; time < 2; time += 1)
      expect(await done(others[0]!, 'unlikeComment', { commentId: id }, LIKED)).toMatchObject({
        comment: { likeCount: 1, viewerHasLiked: false },
      })
    await done(fan, 'deleteComment', { commentId: id })
    expect(await done(creator, 'unlikeComment', { commentId: id }, LIKED)).toMatchObject({ comment: null })
    expect(await drift(server)).toEqual([])
  })

  it('is refused where one may not', async () => {
    const [post, paid] = [await aPost(), await aPost({ priceMinor: '500' })]
    const said = await add(fan, post, 'Said')
    await add(others[0]!, post, 'Answered', said['id'])
    const inPaid = globalId('Comment', await say(server, { contentId: uuidIn(paid), authorId: creator.uuid }))
    const [one, two] = await crowd(world, 2)
    const byOne = await add(one!, post, 'By one')
    await block(server, two!, one!)
    expect(await codes(fan, 'likeComment', { commentId: said['id'] })).toEqual(['SELF_ACTION'])
    expect(await codes(fan, 'likeComment', { commentId: inPaid })).toEqual(['NODE_NOT_FOUND'])
    expect(await codes(two!, 'likeComment', { commentId: byOne['id'] })).toEqual(['NODE_NOT_FOUND'])
    expect(await codes(fan, 'likeComment', { commentId: post })).toEqual(['NODE_NOT_FOUND'])
    await done(fan, 'deleteComment', { commentId: said['id'] })
    expect(await codes(others[0]!, 'likeComment', { commentId: said['id'] })).toEqual(['COMMENT_STATE'])
  })
})

describe('the creator of a post', () => {
  it('pins comments on top, at most three', async () => {
    const post = await aPost()
    const said: Record<string, any>[] = []
    for (const [n, person] of [fan, ...others].slice(0, 4).entries()) said.push(await add(person, post, String(n)))
    const answer = await add(fan, post, 'Answer', said[0]!['id'])
    const pin = (n: number, pinned = true) => ({ commentId: said[n]!['id'] as string, pinned })
    for (const n of [3, 1, 1]) await done(creator, 'pinComment', pin(n))
    expect(words(await threadOf(fan, post))).toEqual(['1', '3', ['0', ['Answer']], '2'])
    await done(creator, 'pinComment', pin(2))
    expect(await codes(creator, 'pinComment', pin(0))).toEqual(['TOO_MANY_PINNED'])
    await done(creator, 'pinComment', pin(1, false))
    expect((await done(creator, 'pinComment', pin(0), FULL))['comment']).toMatchObject({ isPinned: true })
    expect(words(await threadOf(fan, post))).toEqual([['0', ['Answer']], '2', '3', '1'])
    expect(await codes(creator, 'pinComment', { commentId: answer['id'] })).toEqual(['PIN_REPLY'])
    expect(await auditOf(said[1]!['id'])).toEqual(['comment.pinned', 'comment.unpinned'])
    await done(creator, 'hideComment', { commentId: said[2]!['id'] })
    expect(await codes(creator, 'pinComment', pin(2))).toEqual(['COMMENT_STATE'])
  })

  it('hides a comment, which only its author and the creator then see, and shows it again', async () => {
    const post = await aPost()
    const said = await add(fan, post, 'Odd')
    const { comment } = await done(creator, 'hideComment', { commentId: said['id'] }, FULL)
    expect(comment).toMatchObject({ isHidden: true, body: { text: 'Odd' } })
    await done(creator, 'hideComment', { commentId: said['id'] })
    expect(words(await threadOf(others[0]!, post))).toEqual([])
    expect(words(await threadOf(fan, post))).toEqual(['Odd'])
    expect((await threadOf(fan, post))?.[0]).toMatchObject({ isHidden: true })
    expect(await countOf(post)).toBe(0)
    expect(await codes(fan, 'editComment', { commentId: said['id'], body: 'x', expectedVersion: 1 })).toEqual([
      'COMMENT_STATE',
    ])
    await done(creator, 'hideComment', { commentId: said['id'], hidden: false })
    expect(words(await threadOf(others[0]!, post))).toEqual(['Odd'])
    expect(await auditOf(said['id'])).toEqual(['comment.hidden', 'comment.shown'])
    expect(await drift(server)).toEqual([])
  })

  it('alone does so', async () => {
    const [post, paid] = [await aPost(), await aPost({ priceMinor: '500' })]
    const { id } = await add(fan, post, 'Said')
    const inPaid = globalId('Comment', await say(server, { contentId: uuidIn(paid), authorId: creator.uuid }))
    const rival = await world.creator()
    for (const name of ['pinComment', 'hideComment', 'approveComment']) {
      expect(await codes(rival, name, { commentId: id }), name).toEqual(['NOT_ALLOWED'])
      expect(await codes(rival, name, { commentId: inPaid }), name).toEqual(['NODE_NOT_FOUND'])
      expect(await codes(rival, name, { commentId: globalId('Comment', randomUUID()) })).toEqual(['NODE_NOT_FOUND'])
      expect(await codes(fan, name, { commentId: id }), name).toEqual(['role_required'])
    }
    expect(await codes(rival, 'setCommentsClosed', { contentId: post })).toEqual(['NODE_NOT_FOUND'])
    await done(fan, 'deleteComment', { commentId: id })
    for (const name of ['pinComment', 'hideComment', 'approveComment'])
      expect(await codes(creator, name, { commentId: id }), name).toEqual(['COMMENT_STATE'])
  })
})

describe('a post that its creator closes to comments', () => {
  it('says so to the creator, and since when, until it is open again', async () => {
    const post = await aPost()
    const closedAt = async (asker: Person): Promise<unknown> =>
      (await asker.do(`query ($id: ID!) { content(id: $id) { authorView { commentsClosedAt } } }`, { id: post }))[
        'content'
      ].authorView?.commentsClosedAt
    expect(await closedAt(creator)).toBeNull()
    await done(creator, 'setCommentsClosed', { contentId: post })
    const since = await closedAt(creator)
    expect(since).toEqual(expect.any(String))
    await done(creator, 'setCommentsClosed', { contentId: post })
    expect(await closedAt(creator)).toBe(since)
    expect(await closedAt(fan)).toBeUndefined()
    await done(creator, 'setCommentsClosed', { contentId: post, closed: false })
    expect(await closedAt(creator)).toBeNull()
  })
})

describe('what the creator asks for', () => {
  const NONE = { enabled: true, subscribersOnly: false, holdFirst: false, slowModeSeconds: 0, forbiddenWords: [] }

  it('is read back by the creator, and by nobody else', async () => {
    const ask = '{ viewer { commentSettings { enabled subscribersOnly holdFirst slowModeSeconds forbiddenWords } } }'
    expect((await creator.do(ask))['viewer'].commentSettings).toEqual(NONE)
    await settings({ slowModeSeconds: 5, forbiddenWords: [' buy  now ', 'spam', 'spam'] })
    await settings({ holdFirst: true })
    expect((await creator.do(ask))['viewer'].commentSettings).toEqual({
      ...NONE,
      holdFirst: true,
      slowModeSeconds: 5,
      forbiddenWords: ['buy now', 'spam'],
    })
    expect((await fan.do(ask))['viewer'].commentSettings).toBeNull()
    for (const input of [
      { slowModeSeconds: -1 },
      { slowModeSeconds: 86_401 },
      { forbiddenWords: ['x'.repeat(61)] },
      { forbiddenWords: [''] },
      { forbiddenWords: Array.from({ length: 201 }, String) },
    ])
      expect(await codes(creator, 'updateCommentSettings', input)).toEqual(['INVALID_INPUT'])
    await settings(NONE)
  })

  it('is that nobody comments, or only subscribers', async () => {
    const post = await aPost()
    const allowed = async (asker: Person) =>
      (await asker.do(`query ($id: ID!) { content(id: $id) { viewerCanComment { isAllowed reason } } }`, { id: post }))[
        'content'
      ].viewerCanComment as unknown
    await settings({ ...NONE, enabled: false })
    for (const asker of [fan, creator]) {
      expect(await codes(asker, 'addComment', { contentId: post, body: 'x' })).toEqual(['COMMENTS_CLOSED'])
      expect(await allowed(asker)).toEqual({ isAllowed: false, reason: 'COMMENTS_CLOSED' })
    }
    await settings({ ...NONE, subscribersOnly: true })
    expect(await codes(fan, 'addComment', { contentId: post, body: 'x' })).toEqual(['COMMENTS_SUBSCRIBERS_ONLY'])
    expect(await allowed(fan)).toEqual({ isAllowed: false, reason: 'COMMENTS_SUBSCRIBERS_ONLY' })
    await add(creator, post, 'Mine')
    await give(creator, others[2]!)
    await add(others[2]!, post, 'I subscribe')
    expect(await allowed(others[2]!)).toEqual({ isAllowed: true, reason: null })
    await settings(NONE)
    expect(await allowed(fan)).toEqual({ isAllowed: true, reason: null })
  })

  it('is that everybody comments only so often, the creator aside', async () => {
    const [post, other] = [await aPost(), await aPost()]
    const [quick] = await crowd(world, 1)
    await settings({ ...NONE, slowModeSeconds: 60 })
    try {
      await add(quick!, post, 'One')
      const { errors } = await quick!.request(
        `mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`,
        { input: { contentId: other, body: 'Two' } },
      )
      expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', reason: 'slow_mode' } }])
      expect(errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(50)
      expect(errors[0]?.extensions['retryAfterSeconds']).toBeLessThanOrEqual(60)
      for (const n of [1, 2]) await add(creator, post, String(n))
      await world.setClock(61_000)
      await add(quick!, other, 'Two')
      const both = await Promise.all(
        [post, other].map((contentId) => codes(quick!, 'addComment', { contentId, body: 'x' })),
      )
      expect(both.flat()).toEqual(['slow_mode', 'slow_mode'])
    } finally {
      await world.setClock(0)
      await settings(NONE)
    }
  })

  it('is that first comments wait until one has been approved', async () => {
    const post = await aPost()
    const [newcomer] = await crowd(world, 1)
    await settings({ ...NONE, holdFirst: true })
    const first = await add(newcomer!, post, 'First')
    expect(first).toMatchObject({ isHeld: true, author: { username: newcomer!.username } })
    for (const [asker, thread] of [
      [newcomer!, ['First']],
      [creator, ['First']],
      [fan, []],
      [world.stranger(), []],
    ] as const)
      expect(words(await threadOf(asker, post))).toEqual(thread)
    expect(await countOf(post)).toBe(0)
    const node = (asker: Pick<Person, 'request'>) =>
      asker.request(`query ($id: ID!) { node(id: $id) { ...Shown } } ${COMMENT}`, {
        id: first['id'],
      })
    expect((await node(fan)).data?.['node']).toBeNull()
    expect(await codes(fan, 'addComment', { contentId: post, body: 'x', parentId: first['id'] })).toEqual([
      'NODE_NOT_FOUND',
    ])
    expect(await codes(creator, 'addComment', { contentId: post, body: 'x', parentId: first['id'] })).toEqual([
      'PARENT_HIDDEN',
    ])
    expect(await codes(creator, 'likeComment', { commentId: first['id'] })).toEqual(['COMMENT_STATE'])
    expect(await add(newcomer!, post, 'Second')).toMatchObject({ isHeld: true })
    const waiting = async (asker: Person, args: string) =>
      (
        await asker.do(
          `{ viewer { heldComments(${args}) { nodes { isHeld body { ... on CommentText { text } } author { username } } pageInfo { hasNextPage endCursor } } } }`,
        )
      )['viewer'].heldComments as { nodes: { body: { text: string } }[]; pageInfo: { endCursor: string } }
    const [newest, next] = [await waiting(creator, 'first: 1'), await waiting(creator, 'last: 1')]
    expect([newest, next]).toMatchObject([
      { nodes: [{ isHeld: true, body: { text: 'Second' }, author: { username: newcomer!.username } }] },
      { nodes: [{ body: { text: 'First' } }] },
    ])
    expect(await waiting(creator, `first: 5, after: "${newest.pageInfo.endCursor}"`)).toMatchObject({
      nodes: [{ body: { text: 'First' } }],
      pageInfo: { hasNextPage: false },
    })
    for (const asker of [fan, newcomer!]) expect((await waiting(asker, 'first: 5')).nodes).toEqual([])
    for (let time = 0; time < 2; time += 1)
      expect(await done(creator, 'approveComment', { commentId: first['id'] }, FULL)).toMatchObject({
        comment: { isHeld: false },
      })
    expect(await add(newcomer!, post, 'Third')).toMatchObject({ isHeld: false })
    expect(words(await threadOf(fan, post))).toEqual(['First', 'Third'])
    expect((await eventsOf(post)).map(({ type }) => type)).toEqual([
      'comment.held',
      'comment.held',
      'comment.added',
      'comment.added',
    ])
    expect(await auditOf(first['id'])).toEqual(['comment.approved'])
    await settings(NONE)
  })

  it('holds what has a forbidden word in it, said at once or by an edit, and no more than five of one person', async () => {
    const post = await aPost()
    const [spammer] = await crowd(world, 1)
    await settings({ ...NONE, forbiddenWords: ['Spam', 'buy now'] })
    const innocent = await add(spammer!, post, 'Spamalot is a musical.')
    expect(innocent).toMatchObject({ isHeld: false })
    await add(fan, post, 'Indeed', innocent['id'])
    await done(creator, 'pinComment', { commentId: innocent['id'] })
    const edited = await done(
      spammer!,
      'editComment',
      { commentId: innocent['id'], body: 'Best $P-Á-M!!', expectedVersion: 1 },
      FULL,
    )
    expect(edited['comment']).toMatchObject({ isHeld: true, isPinned: false })
    expect(words(await threadOf(fan, post))).toEqual([['[HIDDEN]', ['Indeed']]])
    for (let n = 0; n < 4; n += 1) expect(await add(spammer!, post, 'B u y   N0W')).toMatchObject({ isHeld: true })
    expect(await codes(spammer!, 'addComment', { contentId: post, body: 'hello' })).toEqual(['TOO_MANY_HELD'])
    expect(await add(creator, post, 'I may say spam')).toMatchObject({ isHeld: false })
    await done(creator, 'approveComment', { commentId: innocent['id'] })
    expect(await add(spammer!, post, 'hello')).toMatchObject({ isHeld: false })
    expect(await drift(server)).toEqual([])
    await settings(NONE)
  })
})

describe('writers at the same time', () => {
  it('never make counts drift', async () => {
    const post = await aPost()
    const people = await crowd(world, 50)
    const tops = await Promise.all(people.slice(0, 5).map((person, n) => add(person, post, `Top ${n}`)))
    const turn = async (person: Person, n: number): Promise<void> => {
      const top = tops[n % 5]!['id'] as string
      await call(person, 'likeComment', { commentId: top })
      const said = await call(
        person,
        'addComment',
        { contentId: post, body: `By ${n}`, parentId: top },
        'comment { id }',
      )
      const id = said['comment']?.id as string | undefined
      if (n % 3 === 0) await call(person, 'unlikeComment', { commentId: top })
      if (id && n % 4 === 0) await call(person, 'deleteComment', { commentId: id })
      if (id && n % 5 === 0) await call(creator, 'hideComment', { commentId: id })
      if (n < 5) await call(person, 'deleteComment', { commentId: top })
    }
    await Promise.all(people.map(turn))
    expect(await drift(server)).toEqual([])
  }, 90_000)
})

it('lets nobody comment faster than twenty times a minute', async () => {
  const post = await aPost()
  const [hasty] = await crowd(world, 1)
  const all = await Promise.all(
    Array.from({ length: 24 }, (_, n) => codes(hasty!, 'addComment', { contentId: post, body: String(n) })),
  )
  expect(all.flat().filter((code) => code === 'rate_limited')).toHaveLength(4)
})
