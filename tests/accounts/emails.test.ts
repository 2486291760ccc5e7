import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { mutate, query } from './calls.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const emailOf = async (person: Person) => (await query(person, 'viewer { email isEmailVerified }')).viewer
const verify = (who: Pick<Person, 'request'>, token: string) =>
  mutate(who, 'verifyEmail', { token }, 'isVerified viewer { email isEmailVerified }')
const tokenTo = async (address: string) => {
  await server.drain()
  return (await server.mails.newestTo(address)).token
}

it('resends the verification, whose newest token alone works, and only until it was used', async () => {
  const person = await world.fan({ isEmailVerified: false })
  const first = await tokenTo(person.email)
  expect((await mutate(person, 'resendVerification', {}, 'isSent')).payload.isSent).toBe(true)
  const second = await tokenTo(person.email)
  expect(second).not.toBe(first)
  expect((await verify(person, first)).codes).toEqual(['TOKEN_INVALID'])
  expect((await verify(person, second)).payload).toMatchObject({ isVerified: true, viewer: { isEmailVerified: true } })
  expect((await mutate(person, 'resendVerification', {}, 'isSent')).payload.isSent).toBe(false)
})

it('limits resending', async () => {
  const person = await world.fan({ isEmailVerified: false })
  const reasons = []
  for (let n = 0; n < 4; n += 1) reasons.push((await mutate(person, 'resendVerification', {}, 'isSent')).reason)
  expect(reasons).toEqual([null, null, null, 'rate_limited'])
})

it('refuses a token that is wrong, no token at all, or a day old', async () => {
  const person = await world.fan({ isEmailVerified: false })
  const token = await tokenTo(person.email)
  for (const wrong of ['', 'x', token.slice(0, -1), `${token}x`, token.split('').reverse().join(''), '\u0007'])
    expect((await verify(person, wrong)).codes).toEqual(['TOKEN_INVALID'])
  await world.setClock(24 * 3_600_000 + 1_000)
  expect((await verify(world.stranger(), token)).codes).toEqual(['TOKEN_INVALID'])
  await world.setClock(0)
})

it('changes the address once the new one is proven, and tells the old one', async () => {
  const person = await world.fan()
  const newEmail = `moved.${person.username}@example.net`
  expect((await mutate(person, 'changeEmail', { newEmail }, 'viewer { email }')).payload.viewer.email).toBe(
    person.email,
  )
  const token = await tokenTo(newEmail)
  expect((await server.mails.newestTo(person.email)).subject).toBe('Another address was asked for')
  expect((await emailOf(person)).email).toBe(person.email)
  for (let n = 0; n < 2; n += 1) expect((await verify(person, token)).payload).toMatchObject({ isVerified: true })
  expect(await emailOf(person)).toEqual({ email: newEmail, isEmailVerified: true })
  const { rows } = await server.database.owner.query<{ action: string; before: { email: string } }>(
    `select action, before, after from audit_logs where user_id = $1 and action like 'account.email_chang%' order by created_at`,
    [person.uuid],
  )
  expect(rows.map(({ action }) => action)).toEqual(['account.email_change_asked', 'account.email_changed'])
  expect(JSON.stringify(rows)).not.toContain('example.')
  expect(rows[1]?.before.email).toMatch(/^hash:/)
})

it('gives an address to one of two who ask for it', async () => {
  const [ann, bob] = [await world.fan(), await world.fan()]
  const newEmail = `wanted.${ann.username}@example.net`
  await mutate(ann, 'changeEmail', { newEmail })
  const annsToken = await tokenTo(newEmail)
  await mutate(bob, 'changeEmail', { newEmail })
  const bobsToken = await tokenTo(newEmail)
  const outcomes = await Promise.all([verify(ann, annsToken), verify(bob, bobsToken)])
  expect(outcomes.flatMap(({ codes }) => codes)).toEqual(['EMAIL_TAKEN'])
})

it('refuses an address that has an account, and one that is none', async () => {
  const [ann, bob] = [await world.fan(), await world.fan()]
  expect((await mutate(ann, 'changeEmail', { newEmail: bob.email.toUpperCase() })).codes).toEqual(['EMAIL_TAKEN'])
  expect((await mutate(ann, 'changeEmail', { newEmail: 'nowhere' })).codes).toEqual(['EMAIL_INVALID'])
})

it('asks for a fresh proof of identity', async () => {
  const person = await world.fan()
  await world.setClock(6 * 60_000)
  const { reason } = await mutate(person, 'changeEmail', { newEmail: 'other@example.net' })
  await world.setClock(0)
  expect(reason).toBe('reauthentication_required')
})

it('lets a reset that was mailed to the old address open nothing any more', async () => {
  const person = await world.fan()
  const newEmail = `safe.${person.username}@example.net`
  await mutate(world.stranger(), 'requestPasswordReset', { email: person.email }, 'isAccepted')
  const reset = await tokenTo(person.email)
  await mutate(person, 'changeEmail', { newEmail })
  await verify(person, await tokenTo(newEmail))
  const { codes } = await mutate(
    world.stranger(),
    'resetPassword',
    { token: reset, newPassword: 'another-Long-passphrase-9' },
    'isReset',
  )
  expect(codes).toEqual(['TOKEN_INVALID'])
})
