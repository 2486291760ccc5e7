import type { Answer } from '../support/client.js'
import type { TestServer } from '../support/server.js'
import type { Person, World } from '../support/world.js'

type Asker = Pick<Person, 'request'>
type Fields = Record<string, any>

const document = (name: string, answer: string): string =>
  `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${answer} userErrors { code message path } } }`

/** What a mutation of posts or comments answers; its fields beside `userErrors` are empty unless they are named. */
export async function call(
  asker: Asker,
  name: string,
  input: Record<string, unknown>,
  answer = '',
): Promise<Fields & { userErrors: { code: string; path: string[] }[] }> {
  const { data, errors } = await asker.request(document(name, answer), { input })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return data?.[name] as Fields & { userErrors: { code: string; path: string[] }[] }
}

/** As `call`, but a user error fails the test. */
export async function done(asker: Asker, name: string, input: Record<string, unknown>, answer = ''): Promise<Fields> {
  const payload = await call(asker, name, input, answer)
  if (payload.userErrors.length > 0) throw new Error(`${name}: ${JSON.stringify(payload.userErrors)}`)
  return payload
}

/** The codes that a mutation refuses with; the word of a top-level error in lower case, as it is. */
export async function codes(asker: Asker, name: string, input: Record<string, unknown>): Promise<string[]> {
  const { data, errors }: Answer<Fields> = await asker.request(document(name, ''), { input })
  if (errors.length > 0) return errors.map(({ extensions }) => String(extensions['reason']))
  return (data?.[name].userErrors as { code: string }[]).map(({ code }) => code)
}

/** Lets one block or mute the other. */
export const block = ({ database }: TestServer, one: Person, other: Person) =>
  database.owner.query('insert into blocks (blocker_id, blocked_id) values ($1, $2)', [one.uuid, other.uuid])

export const mute = ({ database }: TestServer, one: Person, other: Person) =>
  database.owner.query('insert into mutes (muter_id, muted_id) values ($1, $2)', [one.uuid, other.uuid])

/** Opens a post, or all that subscribers of a creator see, to somebody. */
export const give = (creator: Person, to: Person, contentId?: string) =>
  done(creator, 'grantAccess', {
    userId: to.id,
    ...(contentId ? { contentId } : { creatorId: creator.id }),
    reason: 'A gift.',
  })

/** The rows of likes and comments, counted: what the counters should say. Answers what they say otherwise. */
export async function drift({ database }: TestServer): Promise<unknown[]> {
  const { rows } = await database.owner.query(`
    select 'content likes' as what, c.id, c.like_count as counted, count(l.id)::int as found
    from content c left join likes l on l.content_id = c.id and l.withdrawn_at is null
    group by c.id having c.like_count <> count(l.id)
    union all
    select 'comment likes', c.id, c.like_count, count(l.id)::int
    from comments c left join likes l on l.comment_id = c.id and l.withdrawn_at is null
    group by c.id having c.like_count <> count(l.id)
    union all
    select 'comments', c.id, c.comment_count, count(m.id)::int
    from content c left join comments m on m.content_id = c.id and m.is_visible
    group by c.id having c.comment_count <> count(m.id)
    union all
    select 'replies', c.id, c.reply_count, count(m.id)::int
    from comments c left join comments m on m.parent_id = c.id and m.is_visible
    group by c.id having c.reply_count <> count(m.id)
    union all
    select 'below', c.id, c.descendant_count, count(m.id)::int
    from comments c left join comments m on c.id = any (m.ancestor_ids) and m.is_visible and m.content_id = c.content_id
    group by c.id having c.descendant_count <> count(m.id)`)
  return rows
}

/** Several people, five at a time. */
export async function crowd(world: World, size: number): Promise<Person[]> {
  const people: Person[] = []
  while (people.length < size)
    people.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(5, size - people.length) }, () => world.fan({ isEmailVerified: false })),
      )),
    )
  return people
}

/** The key inside an opaque id. */
export const uuidIn = (id: string): string => Buffer.from(id, 'base64url').toString().split(':')[1]!

export interface Said {
  readonly contentId: string
  readonly authorId: string
  readonly parentId?: string | null
  readonly body?: string
  readonly at?: Date
  readonly isByCreator?: boolean
}

/** A comment as the verbs write it, without their checks; answers its key. */
export async function say(
  { database }: TestServer,
  { contentId, authorId, parentId = null, body = 'Said.', at, isByCreator = false }: Said,
): Promise<string> {
  const { rows } = await database.owner.query<{ id: string }>(
    `insert into comments (content_id, author_id, parent_id, root_id, depth, body, is_by_creator, created_at, updated_at)
     select $1, $2, p.id, coalesce(p.root_id, p.id), coalesce(p.depth + 1, 0), $4, $5, coalesce($6, app_now()), coalesce($6, app_now())
     from (select) one left join comments p on p.id = $3 returning comments.id::text as id`,
    [contentId, authorId, parentId, body, isByCreator, at ?? null],
  )
  return rows[0]!.id
}

export interface Shown {
  readonly id: string
  readonly body: { readonly text?: string; readonly reason?: string }
  readonly author: { readonly username: string } | null
  readonly likeCount: number
  readonly replyCount: number
  readonly depth: number
  readonly isHeld: boolean
  readonly isHidden: boolean
  readonly isPinned: boolean
  readonly viewerHasLiked: boolean
  readonly replies?: { readonly nodes: readonly Shown[] }
}

/** What tests ask of a comment. */
export const COMMENT = `fragment Shown on Comment {
  id depth isByCreator isPinned isHeld isHidden version likeCount replyCount viewerHasLiked
  author { username } body { ... on CommentText { text } ... on CommentTombstone { reason } }
}`

/** The comments of a post as somebody sees them, four levels of them; null where they see none at all. */
export async function threadOf(asker: Asker, contentId: string): Promise<readonly Shown[] | null> {
  const level = (below: string) => `nodes { ...Shown ${below} }`
  const { data, errors } = await asker.request<Fields>(
    `query ($id: ID!) { content(id: $id) { comments(first: 8) {
      ${level(`replies(first: 5) { ${level(`replies(first: 5) { ${level('')} }`)} }`)}
    } } } ${COMMENT}`,
    { id: contentId },
  )
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return (data?.['content']?.comments?.nodes ?? null) as Shown[] | null
}

/** A thread as nested words: the text, or the reason of a tombstone in brackets. */
export const words = (thread: readonly Shown[] | null | undefined): unknown =>
  thread?.map(({ body, replies }) => {
    const said = body.text ?? `[${String(body.reason)}]`
    return replies?.nodes.length ? [said, words(replies.nodes)] : said
  }) ?? null
