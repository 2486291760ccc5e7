import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addComment } from '../../src/comments/commenting.js'
import { commentKey, listComments, listReplies } from '../../src/comments/thread-queries.js'
import type { CommentRow } from '../../src/comments/types.js'
import { transaction } from '../../src/lib/db.js'
import { globalId } from '../../src/lib/ids.js'
import { sqlStatements } from '../../src/lib/metrics.js'
import type { PageRequest } from '../../src/lib/page.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { block, crowd, drift, mute, say, uuidIn } from './calls.js'

const PAGE = 7

let server: TestServer
let world: World
let creator: Person
let people: Person[]
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  people = await crowd(world, 5)
  await block(server, people[0]!, people[1]!)
  await block(server, people[2]!, people[0]!)
  await mute(server, people[0]!, people[3]!)
}, 60_000)
afterAll(() => server.close())

const run = async (sql: string, values: unknown[] = []) =>
  (await server.database.owner.query<Record<string, any>>(sql, values)).rows
const readingOf = async (viewerId: string | null) => ({
  viewerId,
  isAgeVerified: false,
  isGated: false,
  now: await server.now(),
})

type Walk = (page: PageRequest) => Promise<CommentRow[]>

/** Every entry of a list, page by page; `between` is done before each page but the first. */
async function walk(read: Walk, isBackward: boolean, between?: () => Promise<unknown>): Promise<string[]> {
  const seen: CommentRow[] = []
  for (let cursor: readonly string[] | null = null; ;) {
    const rows = await read({ limit: PAGE, isBackward, cursor, filterHash: '' })
    seen.push(...rows.slice(0, PAGE))
    if (rows.length <= PAGE) break
    cursor = commentKey(rows[PAGE - 1]!)
    await between?.()
  }
  return (isBackward ? seen.reverse() : seen).map(({ id }) => id)
}

const under =
  (viewerId: string | null, contentId: string, parentId: string | null): Walk =>
  async (page) => {
    const reading = await readingOf(viewerId)
    const found =
      parentId === null
        ? await listComments(server.database.db, [contentId], page, reading)
        : await listReplies(server.database.db, [parentId], page, reading)
    return found.map(({ row }) => row)
  }

interface Modelled {
  readonly id: string
  readonly parent: Modelled | null
  readonly author: number
  readonly at: number
  isPinned: boolean
  isDeleted: boolean
  isHidden: boolean
}

/** The creator is the last of the authors. */
const CREATOR = 5
const authorOf = (author: number): Person => people[author] ?? creator
/** Whom the first of the people does not meet: parted by a block either way, or muted. */
const UNWANTED: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 3], 1: [0], 2: [0] }

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say'), on: fc.nat(), author: fc.nat(5), at: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete'), on: fc.nat(), author: fc.nat(5), at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pin'), on: fc.nat(), author: fc.nat(5), at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hide'), on: fc.nat(), author: fc.nat(5), at: fc.nat(3) }) },
)

describe('a random thread', () => {
  it('is read as the model says: each entry once, in order, from both ends, by everybody', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const contentId = uuidIn((await publish(creator))['id'])
        const all: Modelled[] = []
        for (const { do: what, on, author, at } of steps) await apply(contentId, all, { what, on, author, at })
        for (const viewer of [null, 0, 1, CREATOR]) await compare(contentId, all, viewer)
        expect(await drift(server)).toEqual([])
      }),
      { numRuns: 12 },
    )
  }, 120_000)

  async function apply(
    contentId: string,
    all: Modelled[],
    { what, on, author, at }: { what: string; on: number; author: number; at: number },
  ): Promise<void> {
    const one = all[on % Math.max(all.length, 1)]
    if (what === 'say') {
      // every third on top; under what is as deep as can be, nothing
      const parent = on % 3 === 0 || !one || depthOf(one) === 6 ? null : one
      const id = await say(server, {
        contentId,
        authorId: authorOf(author).uuid,
        parentId: parent?.id ?? null,
        at: new Date(Date.UTC(2026, 0, 1, 0, 0, at)),
        isByCreator: author === CREATOR,
      })
      all.push({ id, parent, author, at, isPinned: false, isDeleted: false, isHidden: false })
    } else if (one) {
      if (what === 'delete') one.isDeleted = true
      if (what === 'hide') one.isHidden = !one.isHidden
      if (what === 'pin' && !one.parent) one.isPinned = !one.isPinned
      await run(
        `update comments set deleted_at = case when $2 then app_now() end, hidden_at = case when $3 then app_now() end,
           pinned_at = case when $4 then app_now() end where id = $1`,
        [one.id, one.isDeleted, one.isHidden, one.isPinned],
      )
    }
  }

  const depthOf = ({ parent }: Modelled): number => (parent ? depthOf(parent) + 1 : 0)
  const isBelow = (comment: Modelled, other: Modelled): boolean =>
    comment.parent !== null && (comment.parent === other || isBelow(comment.parent, other))

  function isShown(comment: Modelled, all: readonly Modelled[], viewer: number | null): boolean {
    const unwanted = UNWANTED[viewer ?? -1] ?? []
    const isSeen =
      !comment.isDeleted &&
      !unwanted.includes(comment.author) &&
      (!comment.isHidden || viewer === CREATOR || viewer === comment.author)
    const isAlive = (each: Modelled) => !each.isDeleted && !each.isHidden && !unwanted.includes(each.author)
    return isSeen || all.some((each) => isBelow(each, comment) && isAlive(each))
  }

  const rankOf = ({ isPinned, author }: Modelled): number => (isPinned ? 0 : author === CREATOR ? 1 : 2)

  async function compare(contentId: string, all: readonly Modelled[], viewer: number | null): Promise<void> {
    const viewerId = viewer === null ? null : authorOf(viewer).uuid
    for (const parent of [null, ...all]) {
      const wanted = all
        .filter((each) => each.parent === parent && isShown(each, all, viewer))
        .sort((a, b) => rankOf(a) - rankOf(b) || a.at - b.at || (a.id < b.id ? -1 : 1))
        .map(({ id }) => id)
      // most have no answers: those with a page or more are read from both ends
      if (wanted.length === 0 && all.every((each) => each.parent !== parent)) continue
      const read = under(viewerId, contentId, parent?.id ?? null)
      expect(await walk(read, false)).toEqual(wanted)
      expect(await walk(read, true)).toEqual(wanted)
    }
  }
})

describe('500 comments of one instant', () => {
  it('are each read once from both ends, while others come and go', async () => {
    const contentId = uuidIn((await publish(creator))['id'])
    const author = people[4]!.uuid
    const at = new Date('2026-01-01T00:00:00.123Z')
    await run(
      `insert into comments (content_id, author_id, body, created_at) select $1, $2, n::text, $3 from generate_series(1, 500) n`,
      [contentId, author, at],
    )
    const ids = (await run('select id::text from comments where content_id = $1 order by id', [contentId])).map(
      ({ id }) => id as string,
    )
    const read = under(null, contentId, null)
    expect(await walk(read, false)).toEqual(ids)
    expect(await walk(read, true)).toEqual(ids)
    const leaving = new Set(ids.filter((_, index) => index % 10 === 3))
    for (const isBackward of [false, true]) {
      const waiting = [...leaving]
      const seen = await walk(read, isBackward, async () => {
        await run(
          `insert into comments (content_id, author_id, body, created_at) values ($1, $2, 'new', $3), ($1, $2, 'new', app_now())`,
          [contentId, author, at],
        )
        const next = waiting.pop()
        if (next) await run('update comments set deleted_at = app_now() where id = $1', [next])
      })
      const stayed = ids.filter((id) => !leaving.has(id))
      expect(seen.filter((id) => stayed.includes(id))).toEqual(stayed)
      expect(new Set(seen).size).toBe(seen.length)
      await run('update comments set deleted_at = null where content_id = $1', [contentId])
    }
  })
})

describe('a thousand answers, each to the one before', () => {
  it('stand six deep, and their pages cost what others do', async () => {
    const { id } = await publish(creator)
    const contentId = uuidIn(id)
    const { config } = server.services
    const viewer = { userId: people[4]!.uuid, isLimited: false, isAgeVerified: false, role: 'FAN' } as Viewer
    const origin = { db: server.database.db, actorId: viewer.userId, sessionId: null, requestId: 'test' }
    let parentId: string | null = null
    for (let batch = 0; batch < 50; batch += 1)
      parentId = await transaction(origin, async (tx, now) => {
        let last: string | null = parentId
        for (let n = 0; n < 20; n += 1) {
          const order = { contentId, parentId: last, text: `${batch * 20 + n}`, idempotencyKey: null }
          const reading = { viewerId: viewer.userId, isAgeVerified: false, isGated: false, now }
          last = (await addComment(tx, { viewer, config }, order, reading)).answer.commentId
        }
        return last
      })
    const levels = await run(
      'select depth, count(*)::int as count from comments where content_id = $1 group by 1 order by 1',
      [contentId],
    )
    expect(levels).toEqual([0, 1, 2, 3, 4, 5, 6].map((depth) => ({ depth, count: depth < 6 ? 1 : 994 })))
    const [{ parent }] = (await run('select parent_id::text as parent from comments where id = $1', [parentId])) as [
      { parent: string },
    ]
    const rows = await walk(under(viewer.userId, contentId, parent), false)
    expect(rows).toHaveLength(994)
    expect(rows).toContain(parentId)
    // without the one on top, all stay
    await run('update comments set deleted_at = app_now() where content_id = $1 and parent_id is null', [contentId])
    expect(await walk(under(null, contentId, null), false)).toHaveLength(1)
    expect(await walk(under(null, contentId, parent), true)).toEqual(rows)
    expect(await drift(server)).toEqual([])
  }, 60_000)
})

describe('through the API', () => {
  const DOCUMENT = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { content(id: $id) {
    commentCount comments(first: $first, after: $after, last: $last, before: $before) {
      nodes { ...C parent { id } replies(first: 2) { nodes { ...C parent { id } replies(first: 2) { nodes { ...C } pageInfo { endCursor } } } } }
      edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } } }
    fragment C on Comment { id author { username } likeCount replyCount viewerHasLiked viewerCanEdit { isAllowed } body { ... on CommentText { text } } }`
  let post: string
  beforeAll(async () => {
    post = (await publish(creator))['id'] as string
    const contentId = uuidIn(post)
    for (let n = 0; n < 60; n += 1) {
      const authorId = people[3 + (n % 2)]!.uuid
      const top = await say(server, { contentId, authorId })
      for (let answer = 0; answer < 3; answer += 1) {
        const below = await say(server, { contentId, authorId, parentId: top })
        if (answer < 2) await say(server, { contentId, authorId: creator.uuid, parentId: below, isByCreator: true })
      }
    }
  })

  it('a page costs as many statements however long and deep it is', async () => {
    const asker = people[4]!
    const statementsOf = async (first: number): Promise<number> => {
      const sent = async (): Promise<number> => (await sqlStatements.get()).values[0]?.value ?? 0
      const before = await sent()
      const data = await asker.do(DOCUMENT, { id: post, first })
      expect(data['content'].comments.nodes).toHaveLength(first)
      expect(data['content'].comments.nodes[0].replies.nodes[0].replies.nodes).toHaveLength(1)
      return (await sent()) - before
    }
    await statementsOf(3)
    // who asks, the post, one for each of three levels, and those that are answered
    expect(await statementsOf(3)).toBe(6)
    expect(await statementsOf(50)).toBe(6)
  })

  it('a cursor of one thread does not fit another, nor one that was tampered with any', async () => {
    const asker = people[4]!
    const { content } = await asker.do(DOCUMENT, { id: post, first: 2 })
    const [cursor, top] = [content.comments.pageInfo.endCursor as string, content.comments.nodes[0].id as string]
    const other = (await publish(creator))['id'] as string
    const reasonOf = async (variables: Record<string, unknown>) =>
      (await asker.request(DOCUMENT, { first: 2, ...variables })).errors[0]?.extensions['reason']
    expect(await reasonOf({ id: other, after: cursor })).toBe('cursor_of_another_list')
    const [hash, ...key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[]
    const made = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
    for (const wrong of [
      '',
      'x',
      cursor.slice(3),
      made(hash, ...key.slice(1)),
      made(hash, '-1', key[1], key[2]),
      made(hash, '2', 'yesterday', key[2]),
      made(hash, '2', key[1], `${key[2]}'`),
      made(hash, '123456', key[1], key[2], '1'),
    ])
      expect(['invalid_cursor', 'cursor_of_another_list'], wrong).toContain(await reasonOf({ id: post, after: wrong }))
    // past the end, and not past what a column holds
    const { data } = await asker.request<any>(DOCUMENT, {
      id: post,
      first: 2,
      after: made(hash, '9'.repeat(18), key[1], key[2]),
    })
    expect(data?.content.comments.nodes).toEqual([])
    const answers = `query ($id: ID!, $after: String) { node(id: $id) { ... on Comment { replies(first: 1, after: $after) { nodes { id } } } } }`
    expect((await asker.request(answers, { id: top, after: cursor })).errors[0]?.extensions['reason']).toBe(
      'cursor_of_another_list',
    )
    expect(globalId('Comment', uuidIn(top))).toBe(top)
  })

  it('pages join without a gap, from both ends', async () => {
    const asker = people[4]!
    const read = async (variables: Record<string, unknown>) =>
      (await asker.do(FLAT, { id: post, ...variables }))['content'].comments as Record<string, any>
    const FLAT = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { content(id: $id) {
      comments(first: $first, after: $after, last: $last, before: $before) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`
    const whole = (await read({ first: 60 }))['nodes'].map(({ id }: { id: string }) => id) as string[]
    const forward: string[] = []
    for (let page = await read({ first: 25 }); ; page = await read({ first: 25, after: page['pageInfo'].endCursor })) {
      forward.push(...page['nodes'].map(({ id }: { id: string }) => id))
      if (!page['pageInfo'].hasNextPage) break
    }
    expect(forward).toEqual(whole)
    const backward: string[] = []
    for (let page = await read({ last: 25 }); ; page = await read({ last: 25, before: page['pageInfo'].startCursor })) {
      backward.unshift(...page['nodes'].map(({ id }: { id: string }) => id))
      if (!page['pageInfo'].hasPreviousPage) break
    }
    expect(backward).toEqual(whole)
  })
})
