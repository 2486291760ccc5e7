import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sqlStatements } from '../../src/lib/metrics.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import type { Query } from '../../src/generated/graphql.js'
import { mutate, query } from './calls.js'
import type { Selected } from './calls.js'

let server: TestServer
let world: World
let moderator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  moderator = await world.moderator()
})
afterAll(() => server.close())

const PAGE = `nodes { username } edges { cursor node { username } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`
type Page = Selected<Query['users']>
const list = async (args: Record<string, unknown>): Promise<Page> =>
  (
    await query(
      moderator,
      `users(filter: $filter, first: $first, after: $after, last: $last, before: $before) { ${PAGE} }`,
      { first: null, ...args },
      '($filter: UsersFilter, $first: Int, $after: String, $last: Int, $before: String)',
    )
  ).users
const names = ({ nodes }: Page) => nodes.map(({ username }) => username)

/** People of one batch: their names begin alike, and they were made at the same instant. */
async function crowd(size: number): Promise<string> {
  const prefix = `c${randomBytes(3).toString('hex')}`
  await server.database.owner.query(
    `insert into users (username, display_name, email, email_index, created_at)
     select $1 || lpad(n::text, 4, '0'), 'Person ' || $1 || n, '\\x00', sha256(($1 || n)::bytea), '2020-01-01T00:00:00Z'
     from generate_series(1, $2::int) n`,
    [prefix, size],
  )
  await server.database.owner.query(
    `insert into user_profiles (user_id) select id from users where username like $1 || '%'`,
    [prefix],
  )
  return prefix
}

async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  const total = async () => (await sqlStatements.get()).values[0]?.value ?? 0
  const before = await total()
  await work()
  return (await total()) - before
}

it('pages through people of one instant, each once, in both directions', async () => {
  const prefix = await crowd(50)
  for (const [size, cursor] of [
    ['first', 'after'],
    ['last', 'before'],
  ] as const) {
    const seen: string[] = []
    let at: string | null = null
    for (let more = true; more;) {
      const page: Page = await list({ filter: { text: prefix }, [size]: 7, ...(at ? { [cursor]: at } : {}) })
      seen.push(...names(page))
      more = size === 'first' ? page.pageInfo.hasNextPage : page.pageInfo.hasPreviousPage
      at = size === 'first' ? page.pageInfo.endCursor : page.pageInfo.startCursor
    }
    expect(seen).toHaveLength(50)
    expect(new Set(seen).size).toBe(50)
  }
})

it('gives the same order with and without a text', async () => {
  const prefix = await crowd(5)
  const all = names(await list({ filter: {}, first: 100 })).filter((name) => name.startsWith(prefix))
  expect(names(await list({ filter: { text: prefix } }))).toEqual(all)
})

it('finds by parts of either name, by the beginning where they are short, and takes signs for themselves', async () => {
  const prefix = await crowd(3)
  expect(names(await list({ filter: { text: prefix.slice(1).toUpperCase() } }))).toHaveLength(3)
  expect(names(await list({ filter: { text: `person ${prefix}1` } }))).toHaveLength(1)
  expect(names(await list({ filter: { text: '%%%' } }))).toEqual([])
  expect(names(await list({ filter: { text: '___' } }))).toEqual([])
  const short = names(await list({ filter: { text: prefix.slice(0, 2) }, first: 100 }))
  expect(short.every((name) => name.startsWith(prefix.slice(0, 2)))).toBe(true)
  expect(short).toContain(`${prefix}0001`)
})

it('filters by role and by the status as it counts now', async () => {
  const prefix = await crowd(4)
  const set = (n: number, assignment: string) =>
    server.database.owner.query(`update users set ${assignment} where username = $1`, [`${prefix}000${String(n)}`])
  await set(1, `account_status = 'suspended', suspended_until = app_now() + interval '1 hour'`)
  await set(2, `account_status = 'suspended', suspended_until = app_now() - interval '1 hour'`)
  await set(3, `account_status = 'deleted', deleted_at = app_now()`)
  await set(4, `account_type = 'moderator'`)
  const found = async (filter: Record<string, unknown>) =>
    [
      names(await list({ filter: { ...filter, text: prefix } })),
      names(await list({ filter, first: 100 })).filter((name) => name.startsWith(prefix)),
    ].map((some) => some.map((name) => Number(name.slice(-1))).sort())
  expect(await found({ status: 'SUSPENDED' })).toEqual([[1], [1]])
  expect(await found({ status: 'ACTIVE' })).toEqual([
    [2, 4],
    [2, 4],
  ])
  expect(await found({ status: 'DELETED' })).toEqual([[3], [3]])
  expect(await found({})).toEqual([
    [1, 2, 4],
    [1, 2, 4],
  ])
  expect(await found({ accountType: 'MODERATOR' })).toEqual([[4], [4]])
})

it('refuses a text that is none, a page that is none, and a cursor of another list', async () => {
  const reasonOf = async (args: string) =>
    (await moderator.request(`{ users(${args}) { nodes { id } } }`)).errors[0]?.extensions['reason']
  expect(await reasonOf('filter: { text: "  " }')).toBe('invalid_input')
  expect(await reasonOf(`filter: { text: "${'x'.repeat(51)}" }`)).toBe('invalid_input')
  expect(await reasonOf('filter: { text: "a\\u0007b" }')).toBe('invalid_input')
  expect(await reasonOf('after: "x"')).toBe('invalid_cursor')
  const { pageInfo } = await list({ first: 1 })
  expect(await reasonOf(`after: "${pageInfo.endCursor}", filter: { status: ACTIVE }`)).toBe('cursor_of_another_list')
})

it('is for staff', async () => {
  const reasonOf = async (who: Pick<Person, 'request'>) =>
    (await who.request('{ users { nodes { id } } }')).errors[0]?.extensions['reason']
  expect(await reasonOf(world.stranger())).toBe('not_signed_in')
  expect(await reasonOf(await world.creator())).toBe('role_required')
  expect(await reasonOf(await world.staffWithoutSecondFactor())).toBe('second_factor_required')
})

it('costs as many statements for many people as for one, with everything staff see of them', async () => {
  for (let n = 0; n < 6; n += 1)
    await world.fan({ username: `flat${String(n)}.${randomBytes(4).toString('hex')}`, isEmailVerified: false })
  const read = (first: number) =>
    query(
      moderator,
      `users(filter: { text: "flat" }, first: ${String(first)}) { nodes { username viewerCanSetStatus { isAllowed } profile { bio age location { city } } staffView { email status hasTotp ageVerifications { status } } } }`,
    )
  await read(6)
  const [one, six] = [await statementsOf(() => read(1)), await statementsOf(() => read(6))]
  expect(six).toBe(one)
  expect(six).toBeLessThanOrEqual(9)
})

it('keeps what staff see from others', async () => {
  const person = await world.fan()
  const answer = await person.request(`{ user(username: "${person.username}") { username staffView { email } } }`)
  expect(answer.data).toEqual({ user: { username: person.username, staffView: null } })
  expect(answer.errors[0]?.extensions['reason']).toBe('role_required')
})

it('shows a whole profile page by one statement besides the one that says who asks', async () => {
  const [creator, viewer] = [await world.creator(), await world.fan()]
  const audiences = { location: 'PUBLIC', age: 'PUBLIC', characteristics: 'PUBLIC' }
  await mutate(creator, 'updateProfile', {
    bio: 'x',
    location: { city: 'Kassel' },
    birthDate: '1990-05-17',
    characteristics: { a: 1 },
    audiences,
  })
  const read = () =>
    query(
      viewer,
      `user(username: "${creator.username.toUpperCase()}") { id username displayName accountType isDeleted isAgeVerified subscriptionPrice { amountMinor } createdAt
        profile { bio website socialLinks { platform } categories age characteristics location { city } version } viewerIsSelf viewerCanSetStatus { isAllowed reason } }`,
    )
  expect(await read()).toMatchObject({
    user: { username: creator.username, viewerIsSelf: false, profile: { location: { city: 'Kassel' } } },
  })
  expect(await statementsOf(read)).toBe(2)
})

it('finds nobody under a name that nobody can have', async () => {
  for (const username of ['', 'ab', 'x'.repeat(31), 'a b', "a'--", 'a\u0007b'])
    expect(
      (await query(world.stranger(), 'user(username: $u) { id }', { u: username }, '($u: String!)')).user,
    ).toBeNull()
})

it('shows the viewer nothing of themselves to strangers, and everything to them', async () => {
  expect(await query(world.stranger(), 'viewer { email }')).toEqual({ viewer: null })
  const person = await world.fan()
  const { viewer } = await query(
    person,
    'viewer { email isEmailVerified status statusReason suspendedUntil purgeAfter isLimited hasTotp ageVerification { id } user { username viewerIsSelf } }',
  )
  expect(viewer).toEqual({
    email: person.email,
    isEmailVerified: true,
    status: 'ACTIVE',
    statusReason: null,
    suspendedUntil: null,
    purgeAfter: null,
    isLimited: false,
    hasTotp: false,
    ageVerification: null,
    user: { username: person.username, viewerIsSelf: true },
  })
})
