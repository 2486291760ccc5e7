import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, PASSWORD } from '../support/world.js'
import type { World } from '../support/world.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { accessToken challenge { token } userErrors { code } } }`

/** Holds a person's row, so that a sign-in waits between checking the password and beginning the session. */
async function holding<T>(
  uuid: string,
  work: () => Promise<T>,
  then: (login: Promise<T>) => Promise<void>,
): Promise<T> {
  const { owner } = server.database
  await owner.query('begin')
  await owner.query('select 1 from users where id = $1 for update', [uuid])
  const login = work()
  // long enough to have checked the password and to wait for the row
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  await then(login)
  await owner.query('commit')
  return await login
}

it('refuses a sign-in whose password was changed while it was being checked', async () => {
  const fan = await world.fan()
  const answer = await holding(
    fan.uuid,
    () => world.stranger().request(LOGIN, { input: { email: fan.email, password: PASSWORD } }),
    async () => {
      await server.database.owner.query(`update users set password_hash = 'another' where id = $1`, [fan.uuid])
    },
  )
  expect(answer.data?.login).toMatchObject({ accessToken: null, userErrors: [{ code: 'WRONG_CREDENTIALS' }] })
})

it('asks for a second factor that was confirmed while the password was being checked', async () => {
  const fan = await world.fan()
  const answer = await holding(
    fan.uuid,
    () => world.stranger().request(LOGIN, { input: { email: fan.email, password: PASSWORD } }),
    async () => {
      await server.database.owner.query(
        `insert into totp_credentials (user_id, secret, confirmed_at) values ($1, '\\x00', app_now())`,
        [fan.uuid],
      )
    },
  )
  expect(answer.data?.login).toMatchObject({ accessToken: null, challenge: { token: expect.any(String) as string } })
})

it('judges each mutation of a document by what the one before it did', async () => {
  const admin = await world.admin({})
  const fan = await world.fan()
  await world.setClock(60_000)
  const { data, errors } = await admin.request(
    `mutation ($code: String!, $user: ID!) {
      disableTotp(input: { code: $code }) { userErrors { code } }
      setAccountType(input: { userId: $user, accountType: MODERATOR, reason: "a friend" }) { userErrors { code } }
    }`,
    { code: await admin.code(), user: fan.id },
  )
  await world.setClock(0)
  expect(data).toBeNull()
  expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'second_factor_required' })
  const { rows } = await server.database.owner.query('select account_type::text from users where id = $1', [fan.uuid])
  expect(rows).toEqual([{ account_type: 'fan' }])
})

it('ends nothing twice: a session that a document ended does nothing more in it', async () => {
  const fan = await world.fan()
  const { errors } = await fan.request(
    `mutation {
      logoutEverywhere(input: {}) { endedSessions }
      updateProfile(input: { displayName: "After" }) { userErrors { code } }
    }`,
  )
  expect(errors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'invalid_token' })
})
