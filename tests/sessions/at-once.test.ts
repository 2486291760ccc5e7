import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, PASSWORD } from '../support/world.js'
import type { Person, World } from '../support/world.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const twice = async (person: Pick<Person, 'request'>, document: string, variables = {}) =>
  await Promise.all([person.request(document, variables), person.request(document, variables)])

const countOf = async (sql: string, uuid: string): Promise<number> => {
  const { rows } = await server.database.owner.query<{ n: number }>(sql, [uuid])
  return rows[0]!.n
}

it('reauthenticate, twice at once, proves twice who it is', async () => {
  const fan = await world.fan()
  const both = await twice(
    fan,
    `mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { freshUntil userErrors { code } } }`,
    { input: { password: PASSWORD } },
  )
  for (const { data } of both)
    expect(data?.['reauthenticate']).toEqual({ freshUntil: expect.any(String) as string, userErrors: [] })
})

it('startTotp, twice at once, leaves one secret that may be confirmed', async () => {
  const fan = await world.fan()
  const both = await twice(fan, `mutation { startTotp(input: {}) { secret userErrors { code } } }`)
  const secrets = both.flatMap(({ data }) => (data?.['startTotp'].secret as string | null) ?? [])
  expect(secrets.length).toBeGreaterThan(0)
  const started = `select count(*)::int as n from totp_credentials
    where user_id = $1 and confirmed_at is null and disabled_at is null`
  expect(await countOf(started, fan.uuid)).toBe(1)
})

it('logoutEverywhere, twice at once, ends every session once', async () => {
  const fan = await world.fan()
  await fan.elsewhere()
  const both = await twice(fan, `mutation { logoutEverywhere(input: {}) { endedSessions } }`)
  const ended = both.map(({ data }) => (data?.['logoutEverywhere'].endedSessions as number | undefined) ?? 0)
  expect(ended.reduce((sum, count) => sum + count, 0)).toBe(2)
  const live = `select count(*)::int as n from user_sessions where user_id = $1 and revoked_at is null`
  expect(await countOf(live, fan.uuid)).toBe(0)
})

it('requestPasswordReset, twice at once, leaves one token that works', async () => {
  const fan = await world.fan()
  await twice(
    world.stranger(),
    `mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { isAccepted } }`,
    { input: { email: fan.email } },
  )
  await server.drain()
  const open = `select count(*)::int as n from one_time_tokens
    where user_id = $1 and kind = 'reset_password' and used_at is null and superseded_at is null`
  expect(await countOf(open, fan.uuid)).toBe(1)
  const { token } = await server.mails.newestTo(fan.email)
  const { data } = await world
    .stranger()
    .request(
      `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { isReset userErrors { code } } }`,
      {
        input: { token, newPassword: 'another-Horse-8-battery' },
      },
    )
  expect(data?.['resetPassword']).toEqual({ isReset: true, userErrors: [] })
})
