import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'

const PEOPLE = 20
const AT_ONCE = 20

let server: TestServer
let people: Person[]

const READ =
  '{ viewer { email user { id username profile { bio } } session { isCurrent } sessions(first: 5) { nodes { isCurrent } } } }'
const WRITE = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) { user { id username viewerIsSelf profile { bio } } userErrors { code } }
}`

/** One request of somebody's; answers what in it was not theirs. */
async function one(n: number): Promise<string[]> {
  const person = people[(n * 7) % PEOPLE] as Person
  const foreign = people.filter((other) => other !== person).flatMap(({ email, username, id }) => [email, username, id])
  const mark = `mine: ${person.uuid} ${String(n)}`
  // one in ten fails: after it has written, before anything, or for want of a document
  const failing = [
    () => person.request(WRITE, { input: { bio: mark, expectedVersion: 1_000_000 } }),
    () => person.request(WRITE, { input: { bio: 'x'.repeat(2_001) } }),
    () => person.request(WRITE, { input: { username: people[(n * 7 + 1) % PEOPLE]?.username, bio: mark } }),
    () => person.request('{ viewer { nope } }'),
  ]
  const { data, errors } =
    n % 10 === 0
      ? await (failing[(n / 10) % failing.length] as (typeof failing)[0])()
      : n % 3 === 0
        ? await person.request(WRITE, { input: { bio: mark } })
        : await person.request(READ)
  const said = JSON.stringify({ data, errors })
  const wrong = foreign.filter((text) => said.includes(text)).map((text) => `${person.username} was shown ${text}`)
  if (n % 10 === 0)
    return data?.['updateProfile']?.userErrors?.length > 0 || errors.length > 0
      ? wrong
      : [...wrong, `no error: ${said}`]
  // four connections are few: who waited too long is told so, and asks again
  if (errors[0]?.extensions['code'] === 'UNAVAILABLE') return [...wrong, ...(await one(n))]
  const user = data?.['viewer']?.user ?? data?.['updateProfile']?.user
  if (user?.id !== person.id) wrong.push(`${person.username}: ${said}`)
  const bio = user?.profile.bio as string | null | undefined
  if (bio !== null && !bio?.startsWith(`mine: ${person.uuid}`))
    wrong.push(`${person.username} reads ${bio ?? 'nothing'}`)
  return wrong
}

/** The test that identities never mix, with `requests` of twenty people over four connections, a tenth of them failing. */
export function testIdentities(requests: number): void {
  beforeAll(async () => {
    server = await startServer({ poolSize: 4 })
    const world = makeWorld(server)
    people = await Promise.all(Array.from({ length: PEOPLE }, () => world.fan({ isEmailVerified: false })))
  }, 60_000)
  afterAll(() => server.close())

  it(`${String(requests)} interleaved requests never mix who asks`, { timeout: 300_000 }, async () => {
    const wrong: string[] = []
    for (let start = 0; start < requests; start += AT_ONCE)
      wrong.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, offset) => one(start + offset)))).flat())
    expect(wrong).toEqual([])
    const { rows: profiles } = await server.database.owner.query(
      `select user_id, bio from user_profiles where bio is not null and bio not like 'mine: ' || user_id || ' %'`,
    )
    expect(profiles, 'written to somebody else').toEqual([])
    const { rows: audited } = await server.database.owner.query(
      `select action, actor_id, user_id from audit_logs where actor_id is distinct from user_id`,
    )
    expect(audited, 'written in somebody else’s name').toEqual([])
    const { rows: told } = await server.database.owner.query(
      `select stream, actor_id from outbox_events where stream like 'user:%' and stream <> 'user:' || actor_id`,
    )
    expect(told, 'told of by somebody else').toEqual([])
    const { rows: versions } = await server.database.owner.query<{ n: number }>(
      `select count(*)::int as n from user_profiles where bio like 'mine:%'`,
    )
    expect(versions[0]?.n).toBeGreaterThan(requests / 5)
  })
}
