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

/** Lets one block, follow or mute the other. */
export const block = ({ database }: TestServer, one: Person, other: Person) =>
  database.owner.query('insert into blocks (blocker_id, blocked_id) values ($1, $2)', [one.uuid, other.uuid])

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
    group by c.id having c.like_count <> count(l.id)`)
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
