import { Secret, TOTP } from 'otpauth'
import { expect, it } from 'vitest'
import { MINUTE_MS, SECOND_MS } from '../../src/lib/clock.js'
import { transaction } from '../../src/lib/db.js'
import { makeSessionsLoaders } from '../../src/sessions/loaders.js'
import { authenticate } from '../../src/sessions/sessions.js'
import { login } from '../../src/sessions/sign-in.js'
import { confirmTotp, disableTotp, startTotp } from '../../src/sessions/totp.js'
import type { Challenge, IssuedSession } from '../../src/sessions/types.js'
import { PASSWORD, reasonOf, useSetting } from './setting.js'
import type { Member } from './setting.js'

const setting = useSetting()
const STEP_MS = 30 * SECOND_MS

const codeAt = (secret: string, ms: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: ms })

/** A code that was not used: each call moves the platform's time on by two steps. */
let offsetMs = 0
const freshCode = async (secret: string): Promise<string> => {
  offsetMs += 2 * STEP_MS
  await setting.database.setClock(offsetMs)
  return codeAt(secret, await nowMs())
}
const nowMs = async (): Promise<number> => (await authenticate(setting.database.db, null)).now.getTime()

const start = async (session: IssuedSession) => {
  const { request, viewer } = await setting.requestOf(session)
  return await transaction(request, (tx, now) => startTotp(tx, viewer, now))
}
const confirm = async (session: IssuedSession, code: string) => {
  const { request, viewer } = await setting.requestOf(session)
  return await confirmTotp(request, viewer, code)
}
const disable = async (session: IssuedSession, code: string) => {
  const { request, viewer } = await setting.requestOf(session)
  await disableTotp(request, viewer, code)
}

interface Guarded {
  readonly member: Member
  readonly session: IssuedSession
  readonly secret: string
  readonly recoveryCodes: readonly string[]
}
const guarded = async (): Promise<Guarded> => {
  const member = await setting.member()
  const session = await setting.signIn(member)
  const { secret } = await start(session)
  const recoveryCodes = await confirm(session, await freshCode(secret))
  return { member, session, secret, recoveryCodes }
}

const challenge = async ({ email }: Member): Promise<Challenge> => {
  const outcome = await login(setting.request(), { kind: 'password', email, password: PASSWORD })
  if (outcome.kind !== 'challenge') throw new Error('no challenge')
  return outcome.challenge
}
const answer = async (token: string, code: string): Promise<IssuedSession> => {
  const outcome = await login(setting.request(), { kind: 'challenge', challengeToken: token, code })
  if (outcome.kind !== 'session') throw new Error('no session')
  return outcome.session
}

it('asks for a code once the app is confirmed, and shows it in the session', async () => {
  const { member, secret, session } = await guarded()
  expect((await setting.requestOf(session)).viewer.hasSecondFactor).toBe(true)
  const { token } = await challenge(member)
  const { viewer } = await answer(token, await freshCode(secret))
  expect(viewer).toMatchObject({ userId: member.id, hasSecondFactor: true })
  expect((await setting.audited(member)).map(({ action }) => action)).toEqual(
    expect.arrayContaining(['second_factor.started', 'second_factor.confirmed', 'session.started']),
  )
  expect(await setting.events(member)).toContain('account.changed')
})

it('makes a secret that apps can read, stored encrypted', async () => {
  const member = await setting.member()
  const { secret, uri } = await start(await setting.signIn(member))
  expect(secret).toMatch(/^[A-Z2-7]{32}$/)
  expect(uri).toContain(`otpauth://totp/Creator%20Platform:${member.username}?`)
  const { rows } = await setting.database.owner.query<{ secret: Buffer }>(
    'select secret from totp_credentials where user_id = $1',
    [member.id],
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]?.secret.includes(secret)).toBe(false)
})

it('does not ask for a code while the app is not confirmed, and forgets a secret after an hour', async () => {
  const member = await setting.member()
  const session = await setting.signIn(member)
  const { secret } = await start(session)
  expect((await setting.signIn(member)).viewer.userId).toBe(member.id)
  expect(await reasonOf(confirm(session, '000000'))).toBe('wrong_code')
  await setting.database.owner.query(
    `update totp_credentials set created_at = created_at - interval '1 hour' where user_id = $1`,
    [member.id],
  )
  expect(await reasonOf(confirm(session, await freshCode(secret)))).toBe('totp_not_started')
})

it('takes the newest secret only', async () => {
  const session = await setting.signIn(await setting.member())
  const { secret: older } = await start(session)
  const { secret: newer } = await start(session)
  expect(await reasonOf(confirm(session, await freshCode(older)))).toBe('wrong_code')
  expect(await confirm(session, await freshCode(newer))).toHaveLength(10)
})

it('refuses a second app, and to disable none', async () => {
  const { session } = await guarded()
  expect(await reasonOf(start(session))).toBe('totp_already_confirmed')
  expect(await reasonOf(confirm(session, '123456'))).toBe('totp_already_confirmed')
  const plain = await setting.signIn(await setting.member())
  expect(await reasonOf(disable(plain, '123456'))).toBe('totp_not_confirmed')
  expect(await reasonOf(confirm(plain, '123456'))).toBe('totp_not_started')
})

it('confirms once when asked twice at the same time', async () => {
  const session = await setting.signIn(await setting.member())
  const { secret } = await start(session)
  const code = await freshCode(secret)
  const reasons = await Promise.all([reasonOf(confirm(session, code)), reasonOf(confirm(session, code))])
  expect(reasons.sort()).toEqual([null, 'totp_already_confirmed'].sort())
})

it('ends the sessions that were opened without the factor', async () => {
  const member = await setting.member()
  const [session, other] = [await setting.signIn(member), await setting.signIn(member)]
  const { secret } = await start(session)
  await confirm(session, await freshCode(secret))
  expect(await reasonOf(setting.requestOf(other))).toBe('invalid_token')
  expect((await setting.requestOf(session)).viewer.hasSecondFactor).toBe(true)
})

it('takes codes of the step before and after, and no others', async () => {
  for (const [steps, isTaken] of [
    [-2, false],
    [-1, true],
    [1, true],
    [2, false],
  ] as const) {
    const { member, secret } = await guarded()
    // away from the step that confirmed the app
    offsetMs += 4 * STEP_MS
    await setting.database.setClock(offsetMs)
    const { token } = await challenge(member)
    const reason = await reasonOf(answer(token, codeAt(secret, (await nowMs()) + steps * STEP_MS)))
    expect([steps, reason]).toEqual([steps, isTaken ? null : 'wrong_code'])
  }
})

it('takes no code twice, not in another challenge and not at the same time', async () => {
  const { member, secret } = await guarded()
  const code = await freshCode(secret)
  const challenges = await Promise.all([challenge(member), challenge(member), challenge(member)])
  const reasons = await Promise.all(challenges.map(({ token }) => reasonOf(answer(token, code))))
  expect(reasons.filter((reason) => reason === null)).toHaveLength(1)
  expect(reasons.filter((reason) => reason === 'wrong_code')).toHaveLength(2)
  expect(await reasonOf(answer((await challenge(member)).token, code))).toBe('wrong_code')
  // an older step than the last one taken counts for nothing either
  expect(await reasonOf(answer((await challenge(member)).token, codeAt(secret, (await nowMs()) - STEP_MS)))).toBe(
    'wrong_code',
  )
})

it('takes each challenge once, within five minutes', async () => {
  const { member, secret } = await guarded()
  const used = await challenge(member)
  await answer(used.token, await freshCode(secret))
  expect(await reasonOf(answer(used.token, await freshCode(secret)))).toBe('challenge_expired')
  const late = await challenge(member)
  offsetMs += 5 * MINUTE_MS
  expect(await reasonOf(answer(late.token, await freshCode(secret)))).toBe('challenge_expired')
  expect(await reasonOf(answer('A'.repeat(43), '123456'))).toBe('challenge_expired')
  expect(await reasonOf(answer('no token', '123456'))).toBe('challenge_expired')
})

it('ends a challenge after five wrong codes and limits the account, whatever challenges are opened', async () => {
  const { member, secret } = await guarded()
  const { token } = await challenge(member)
  for (let tries = 0; tries < 5; tries += 1) expect(await reasonOf(answer(token, '000000'))).toBe('wrong_code')
  const { rows } = await setting.database.owner.query('select attempts from login_challenges where user_id = $1', [
    member.id,
  ])
  expect(rows).toEqual([{ attempts: 5 }])
  expect(await reasonOf(answer(token, await freshCode(secret)))).toBe('rate_limited')
  expect(await reasonOf(answer((await challenge(member)).token, await freshCode(secret)))).toBe('rate_limited')
})

it('does not forgive tries of the password for a password alone', async () => {
  const { member } = await guarded()
  for (let tries = 0; tries < 10; tries += 1) await challenge(member)
  expect(await reasonOf(challenge(member))).toBe('rate_limited')
})

it('takes each recovery code once, however it is written', async () => {
  const { member, recoveryCodes } = await guarded()
  expect(new Set(recoveryCodes).size).toBe(10)
  const [code = '', other = ''] = recoveryCodes
  await answer((await challenge(member)).token, code.replace('-', ' ').toUpperCase())
  expect(await reasonOf(answer((await challenge(member)).token, code))).toBe('wrong_code')
  const { token } = await challenge(member)
  const { token: second } = await challenge(member)
  const reasons = await Promise.all([reasonOf(answer(token, other)), reasonOf(answer(second, other))])
  expect(reasons.filter((reason) => reason === null)).toHaveLength(1)
  const loaded = await makeSessionsLoaders(setting.database.db).totp.load(member.id)
  expect(loaded).toEqual({ hasTotp: true, recoveryCodesLeft: 8 })
  expect((await setting.audited(member)).map(({ action }) => action)).toContain('second_factor.recovery_code_used')
})

it('keeps recovery codes as keyed hashes of their credential', async () => {
  const { recoveryCodes } = await guarded()
  const { rows } = await setting.database.owner.query<{ code_hash: Buffer }>('select code_hash from recovery_codes')
  const stored = rows.map(({ code_hash }) => code_hash.toString('latin1')).join()
  for (const code of recoveryCodes) expect(stored).not.toContain(code.replace('-', ''))
})

it('goes away by a code, with its recovery codes and what sessions had shown', async () => {
  const { member, session, secret, recoveryCodes } = await guarded()
  expect(await reasonOf(disable(session, '000000'))).toBe('wrong_code')
  await disable(session, await freshCode(secret))
  expect((await setting.requestOf(session)).viewer.hasSecondFactor).toBe(false)
  const plain = await setting.signIn(member)
  expect(await reasonOf(disable(plain, recoveryCodes[0] ?? ''))).toBe('totp_not_confirmed')
  expect(await setting.audited(member)).toContainEqual({
    action: 'second_factor.disabled',
    severity: 'high',
    actor_id: member.id,
  })
  expect(await makeSessionsLoaders(setting.database.db).totp.load(member.id)).toEqual({
    hasTotp: false,
    recoveryCodesLeft: null,
  })
})

it('goes away once when asked twice at the same time', async () => {
  const { session, recoveryCodes } = await guarded()
  const [one = '', other = ''] = recoveryCodes
  const reasons = await Promise.all([reasonOf(disable(session, one)), reasonOf(disable(session, other))])
  expect(reasons.filter((reason) => reason === null)).toHaveLength(1)
})

it('mails what happened to the factor', async () => {
  await setting.drain()
  const { session, secret } = await guarded()
  await disable(session, await freshCode(secret))
  expect((await setting.drain()).map(({ subject }) => subject)).toEqual([
    'Your account now asks for a second factor',
    'Your account no longer asks for a second factor',
  ])
})
