import { randomBytes } from 'node:crypto'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { request } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, PASSWORD } from '../support/world.js'
import type { World } from '../support/world.js'
import { mutate } from './calls.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const fresh = (more: Record<string, unknown> = {}) => {
  const username = `new.${randomBytes(5).toString('hex')}`
  return { username, email: `${username}@example.org`, password: PASSWORD, ...more }
}
const register = (input: Record<string, unknown>, who = world.stranger()) =>
  mutate(
    who,
    'register',
    input,
    'accessToken refreshToken viewer { email isEmailVerified user { id username displayName accountType } } challenge { token }',
  )
const countUsers = async (username: string) =>
  (await server.database.owner.query('select from users where username = $1', [username])).rowCount

it('makes an account, signs it in and mails a token that proves the address', async () => {
  const input = fresh({ displayName: 'Änne 🎈' })
  const { payload, codes } = await register(input)
  expect(codes).toEqual([])
  expect(payload.accessToken).toMatch(/^ey/)
  expect(payload.viewer).toMatchObject({
    email: input.email,
    isEmailVerified: false,
    user: { username: input.username, displayName: 'Änne 🎈', accountType: 'FAN' },
  })
  await server.drain()
  const { token, subject } = await server.mails.newestTo(input.email)
  expect(subject).toBe('Confirm your address')
  const who = world.stranger()
  for (const expected of [true, true])
    expect((await mutate(who, 'verifyEmail', { token }, 'isVerified viewer { email }')).payload).toMatchObject({
      isVerified: expected,
      viewer: null,
    })
})

it.each([
  ['ab', 'USERNAME_INVALID'],
  ['a'.repeat(31), 'USERNAME_INVALID'],
  ['.abc', 'USERNAME_INVALID'],
  ['a b c', 'USERNAME_INVALID'],
  ['añejo', 'USERNAME_INVALID'],
  ['Admin', 'USERNAME_RESERVED'],
  ['support_', 'USERNAME_RESERVED'],
  ['official.page', 'USERNAME_RESERVED'],
])('refuses the username %s', async (username, code) => {
  expect((await register(fresh({ username }))).codes).toEqual([code])
})

it.each([
  '',
  'a',
  'a@b',
  'a b@example.org',
  'a@@example.org',
  'a@-x.org',
  `${'a'.repeat(65)}@example.org`,
  'a\u0007@example.org',
  'a@[127.0.0.1]',
  '"a"@example.org',
])('refuses the address %j', async (email) => {
  expect((await register(fresh({ email }))).codes).toEqual(['EMAIL_INVALID'])
})

it.each([
  ['short', 'PASSWORD_TOO_SHORT'],
  ['x'.repeat(129), 'PASSWORD_TOO_LONG'],
  ['password123', 'PASSWORD_BREACHED'],
])('refuses the password %s', async (password, code) => {
  expect((await register(fresh({ password }))).codes).toEqual([code])
})

it('refuses a display name that hides or turns the line', async () => {
  for (const displayName of ['', ' ', '\u200d', 'a\u202eb', 'x'.repeat(51), 'a\u0007b'])
    expect((await register(fresh({ displayName }))).codes, JSON.stringify(displayName)).toEqual(['INVALID_INPUT'])
})

it('refuses a taken name and a taken address, however they are written', async () => {
  const taken = fresh()
  await register(taken)
  const { payload } = await register(fresh({ username: taken.username.toUpperCase() }))
  expect(payload.userErrors).toMatchObject([
    { __typename: 'ConflictError', code: 'USERNAME_TAKEN', path: ['input', 'username'] },
  ])
  expect((await register(fresh({ email: ` ${taken.email.toUpperCase()} ` }))).codes).toEqual(['EMAIL_TAKEN'])
  expect((await register(fresh({ email: taken.email.replace('@', '+shop@') }))).codes).toEqual([])
})

it('makes one account of ten at the same time', async () => {
  const input = fresh()
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, () => register({ ...input, email: `${randomBytes(5).toString('hex')}@example.org` })),
  )
  expect(outcomes.filter(({ codes }) => codes.length === 0)).toHaveLength(1)
  expect(outcomes.flatMap(({ codes }) => codes)).toEqual(Array(9).fill('USERNAME_TAKEN'))
  const mails = await Promise.all(Array.from({ length: 10 }, () => register(fresh({ email: 'same@example.org' }))))
  expect(mails.flatMap(({ codes }) => codes)).toEqual(Array(9).fill('EMAIL_TAKEN'))
})

it('makes no second account for a retry under the same key, and signs in by the password', async () => {
  const input = fresh({ idempotencyKey: 'k1' })
  const first = await register(input)
  const again = await register(input)
  expect(again.codes).toEqual([])
  expect(again.payload.viewer.user.id).toBe(first.payload.viewer.user.id)
  expect(again.payload.accessToken).not.toBe(first.payload.accessToken)
  expect(await countUsers(input.username)).toBe(1)
  expect((await register({ ...input, password: `${PASSWORD}!` })).codes).toEqual(['WRONG_CREDENTIALS'])
  expect((await register({ ...input, displayName: 'Else' })).codes).toEqual(['IDEMPOTENCY_MISMATCH'])
  const { rows } = await server.database.owner.query(
    `select scope, answer::text as answer from idempotency_records where mutation = 'register'`,
  )
  expect(JSON.stringify(rows)).not.toContain(input.email)
})

it('asks a retry for the second factor that was confirmed meanwhile', async () => {
  const input = fresh({ idempotencyKey: 'k2' })
  const token = (await register(input)).payload.accessToken
  const device = {
    request: <Data, Variables>(document: TypedDocumentNode<Data, Variables> | string, variables?: Variables) =>
      request<Data, Variables>(server.url, document, variables, { authorization: `Bearer ${token}` }),
  }
  const { secret } = (await mutate(device, 'startTotp', {}, 'secret')).payload
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate()
  expect((await mutate(device, 'confirmTotp', { code })).codes).toEqual([])
  expect((await register(input)).payload).toMatchObject({
    accessToken: null,
    viewer: null,
    challenge: { token: expect.any(String) as string },
  })
})

it('limits how many accounts come from one address', async () => {
  const who = world.stranger()
  let last = await register(fresh({ username: 'x' }), who)
  for (let n = 0; n < 20; n += 1) last = await register(fresh({ username: 'x' }), who)
  expect(last.reason).toBe('rate_limited')
})

it('is audited without a name, an address or a secret', async () => {
  const input = fresh()
  await register(input)
  const { rows } = await server.database.owner.query<{ user_id: string; ip_hash: Buffer | null }>(
    `select a.* from audit_logs a join users u on u.id = a.user_id where u.username = $1 and action = 'account.registered'`,
    [input.username],
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ category: 'account_change', actor_id: rows[0]?.user_id })
  expect(rows[0]?.ip_hash).not.toBeNull()
  expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${input.username}|${input.password}|\\$argon2`))
})
