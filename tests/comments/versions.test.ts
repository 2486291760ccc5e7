import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { block, crowd, done, give, mute } from './calls.js'

let server: TestServer
let world: World
let creator: Person
let author: Person
let other: Person
let moderator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  moderator = await world.moderator()
})
afterAll(() => server.close())

type Asker = Pick<Person, 'request'>

interface Edited {
  readonly post: string
  readonly comment: string
}

const edit = (commentId: string, body: string, expectedVersion: number, answer = '') =>
  done(author, 'editComment', { commentId, body, expectedVersion }, answer)

/** What somebody new said under a post, and edited twice; somebody else answered it. */
async function edited(input: Parameters<typeof publish>[1] = {}): Promise<Edited> {
  const { id } = await publish(creator, input)
  const post = id as string
  ;[author, other] = (await crowd(world, 2)) as [Person, Person]
  if (input.priceMinor) for (const person of [author, other]) await give(creator, person, post)
  const { comment } = await done(author, 'addComment', { contentId: post, body: 'First' }, 'comment { id }')
  await done(other, 'addComment', { contentId: post, parentId: comment.id, body: 'An answer' }, 'comment { id }')
  await edit(comment.id as string, 'Second', 1)
  await edit(comment.id as string, 'Third', 2)
  return { post, comment: comment.id as string }
}

const VERSIONS = 'versions { nodes { id text validFrom validTo } }'

interface Version {
  readonly id: string
  readonly text: string
  readonly validFrom: string
  readonly validTo: string
}

/** What somebody sees of how a comment was, wherever they meet it; null where they see none. */
async function seen(asker: Asker, { post, comment }: Edited): Promise<readonly Version[] | null> {
  const { data, errors } = await asker.request<any>(
    `query ($post: ID!, $comment: ID!) {
      content(id: $post) { comments { nodes { id ${VERSIONS} } } }
      node(id: $comment) { ... on Comment { ${VERSIONS} } }
    }`,
    { post, comment },
  )
  expect(errors).toEqual([])
  const listed = data.content?.comments?.nodes.find(({ id }: any) => id === comment)?.versions?.nodes ?? null
  expect(data.node?.versions?.nodes ?? null).toEqual(listed)
  return listed as readonly Version[] | null
}

const texts = (versions: readonly Version[] | null) => versions?.map(({ text }) => text) ?? null

const found = async (asker: Asker, id: string): Promise<unknown> =>
  (await asker.request<any>(`query ($id: ID!) { node(id: $id) { ... on CommentVersion { text } } }`, { id })).data?.node

/** Nobody of these sees what the comment said, nor finds it by the id that a version once had. */
async function expectNone(askers: readonly Asker[], at: Edited, version: string): Promise<void> {
  for (const asker of askers) {
    expect(await seen(asker, at)).toBeNull()
    expect(await found(asker, version)).toBeNull()
  }
}

describe('what a comment said before', () => {
  it('is shown to its author, the post’s creator and staff, the newest first, and to nobody else', async () => {
    const at = await edited()
    const versions = await seen(author, at)
    expect(texts(versions)).toEqual(['Second', 'First'])
    const [second, first] = versions as [Version, Version]
    expect(first.validTo).toBe(second.validFrom)
    expect(first.validFrom < first.validTo && second.validFrom < second.validTo).toBe(true)
    for (const asker of [author, creator, moderator]) {
      expect(await seen(asker, at)).toEqual(versions)
      expect(await found(asker, first.id)).toEqual({ text: 'First' })
    }
    await expectNone([other, await provenCreator(world), world.stranger()], at, first.id)
  })

  it('is nothing of a comment that nobody edited', async () => {
    const { id } = await publish(creator)
    const { comment } = await done(creator, 'addComment', { contentId: id, body: 'Said' }, `comment { ${VERSIONS} }`)
    expect(comment.versions).toEqual({ nodes: [] })
  })

  it('is read in pages from both ends, and by a cursor of its own list alone', async () => {
    const { comment } = await edited()
    const page = async (id: string, args: string) => {
      const { data, errors } = await creator.request<any>(
        `query ($id: ID!) { node(id: $id) { ... on Comment { versions(${args}) {
          edges { cursor node { text } } pageInfo { hasNextPage hasPreviousPage } } } } }`,
        { id },
      )
      return { ...data?.node?.versions, reason: errors[0]?.extensions['reason'] }
    }
    const first = await page(comment, 'first: 1')
    expect(first).toMatchObject({ edges: [{ node: { text: 'Second' } }], pageInfo: { hasNextPage: true } })
    const cursor = first.edges[0].cursor as string
    const rest = { edges: [{ node: { text: 'First' } }] }
    expect(await page(comment, `first: 1, after: "${cursor}"`)).toMatchObject({
      ...rest,
      pageInfo: { hasNextPage: false },
    })
    expect(await page(comment, 'last: 1')).toMatchObject({ ...rest, pageInfo: { hasPreviousPage: true } })
    expect(await page((await edited()).comment, `after: "${cursor}"`)).toEqual({ reason: 'cursor_of_another_list' })
  })

  it('has what an edit of the same document took the place of', async () => {
    const { comment } = await edited()
    const answer = `{ comment { versions { nodes { text } } } userErrors { code } }`
    const { one, two } = await author.do(
      `mutation ($one: EditCommentInput!, $two: EditCommentInput!) {
        one: editComment(input: $one) ${answer} two: editComment(input: $two) ${answer}
      }`,
      {
        one: { commentId: comment, body: 'Fourth', expectedVersion: 3 },
        two: { commentId: comment, body: 'Fifth', expectedVersion: 4 },
      },
    )
    expect(texts(one.comment.versions.nodes)).toEqual(['Third', 'Second', 'First'])
    expect(texts(two.comment.versions.nodes)).toEqual(['Fourth', 'Third', 'Second', 'First'])
  })
})

describe('is seen by nobody who does not see what the comment says now:', () => {
  const versionOf = async (at: Edited): Promise<string> => (await seen(author, at))?.[0]?.id ?? ''

  it('others than its author and the creator, of a hidden one', async () => {
    const at = await edited()
    const version = await versionOf(at)
    await done(creator, 'hideComment', { commentId: at.comment })
    for (const asker of [author, creator]) expect(texts(await seen(asker, at))).toEqual(['Second', 'First'])
    await expectNone([moderator, other, world.stranger()], at, version)
  })

  it('others than its author and the creator, of one that waits', async () => {
    const at = await edited()
    const version = await versionOf(at)
    await done(creator, 'updateCommentSettings', { forbiddenWords: ['casino'] })
    await edit(at.comment, 'To the casino!', 3)
    await done(creator, 'updateCommentSettings', { forbiddenWords: [] })
    for (const asker of [author, creator]) expect(texts(await seen(asker, at))).toEqual(['Third', 'Second', 'First'])
    await expectNone([moderator, other, world.stranger()], at, version)
  })

  it('anybody, of a deleted one', async () => {
    const at = await edited()
    const version = await versionOf(at)
    await done(author, 'deleteComment', { commentId: at.comment })
    await expectNone([author, creator, moderator, other, world.stranger()], at, version)
  })

  it('those whom a block parts from its author, or from the post', async () => {
    const at = await edited()
    const version = await versionOf(at)
    await block(server, author, creator)
    await block(server, moderator, author)
    await expectNone([author, creator, moderator], at, version)
  })

  it('a creator who mutes its author', async () => {
    const at = await edited()
    const version = await versionOf(at)
    await mute(server, creator, author)
    expect(await seen(creator, at)).toBeNull()
    expect(await found(creator, version)).toEqual(null)
    expect(texts(await seen(author, at))).toEqual(['Second', 'First'])
  })

  it('those to whom the post does not open, or not any more', async () => {
    const at = await edited({ priceMinor: '500' })
    const version = await versionOf(at)
    expect(texts(await seen(creator, at))).toEqual(['Second', 'First'])
    await server.database.owner.query('update entitlement_grants set ends_at = app_now() where user_id = $1', [
      author.uuid,
    ])
    await expectNone([author, moderator, world.stranger()], at, version)
  })

  it('a banned author, and whoever saw it before', async () => {
    const at = await edited()
    const version = await versionOf(at)
    await moderator.do(
      `mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }`,
      { input: { userId: author.id, status: 'BANNED', reason: 'As it must be.' } },
    )
    await author.signIn()
    await expectNone([author, creator, moderator], at, version)
  })
})
