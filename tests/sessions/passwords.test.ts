import { expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.js'
import { changePassword, requestPasswordReset, resetPassword } from '../../src/sessions/passwords.js'
import { confirmPassword, reauthenticate } from '../../src/sessions/reauthentication.js'
import { refreshSession } from '../../src/sessions/refresh-tokens.js'
import { login } from '../../src/sessions/sign-in.js'
import { confirmTotp, startTotp } from '../../src/sessions/totp.js'
import { transaction } from '../../src/lib/db.js'
import type { IssuedSession } from '../../src/sessions/types.js'
import { Secret, TOTP } from 'otpauth'
import { PASSWORD, reasonOf, useSetting } from './setting.js'
import type { Member } from './setting.js'

const setting = useSetting()
const NEW = 'quite-Another-9-stapler'

const change = async (session: IssuedSession, currentPassword: string, newPassword: string) => {
  const { request, viewer } = await setting.requestOf(session)
  return await changePassword(request, viewer, { currentPassword, newPassword })
}
const prove = async (session: IssuedSession, password: string, code: string | null = null) => {
  const { request, viewer } = await setting.requestOf(session)
  return await reauthenticate(request, viewer, { password, code })
}
/** Asks for a reset and answers the token of the mail. */
const mailedToken = async ({ email }: Member): Promise<string> => {
  await requestPasswordReset(setting.request(), email)
  const mail = (await setting.drain()).find(({ messageId }) => messageId.startsWith('reset-'))
  return /^[A-Za-z0-9_-]{43}$/m.exec(mail?.text ?? '')?.[0] ?? ''
}
const reset = (token: string, newPassword: string = NEW) => resetPassword(setting.request(), { token, newPassword })
const withTotp = async (session: IssuedSession): Promise<string[]> => {
  const { request, viewer } = await setting.requestOf(session)
  const { secret } = await transaction(request, (tx, now) => startTotp(tx, viewer, now))
  return await confirmTotp(request, viewer, new TOTP({ secret: Secret.fromBase32(secret) }).generate())
}

it('changes the password, ends the other sessions and keeps this one', async () => {
  const member = await setting.member()
  const [session, other] = [await setting.signIn(member), await setting.signIn(member)]
  expect(await change(session, PASSWORD, NEW)).toBe(1)
  expect(await reasonOf(setting.requestOf(other))).toBe('invalid_token')
  expect(await reasonOf(refreshSession(setting.request(), other.refreshToken))).toBe('refresh_invalid')
  await setting.requestOf(session)
  expect(await reasonOf(setting.signIn(member))).toBe('wrong_credentials')
  await setting.signIn(member, NEW)
  expect(await setting.audited(member)).toContainEqual({
    action: 'password.changed',
    severity: 'medium',
    actor_id: member.id,
  })
  expect(await setting.events(member)).toEqual(expect.arrayContaining(['sessions.revoked', 'account.changed']))
})

it('refuses a wrong current password, and audits it', async () => {
  const member = await setting.member()
  const session = await setting.signIn(member)
  expect(await reasonOf(change(session, 'not-the-password', NEW))).toBe('wrong_password')
  expect(await setting.audited(member)).toContainEqual({
    action: 'session.refused',
    severity: 'medium',
    actor_id: member.id,
  })
})

it('refuses a new password that breaks a rule', async () => {
  const member = await setting.member()
  const session = await setting.signIn(member)
  expect(await reasonOf(change(session, PASSWORD, 'short'))).toBe('password_too_short')
  expect(await reasonOf(change(session, PASSWORD, 'x'.repeat(129)))).toBe('password_too_long')
  expect(await reasonOf(change(session, PASSWORD, 'password123'))).toBe('password_breached')
  expect(await reasonOf(change(session, PASSWORD, `${member.username}-1`))).toBe('password_breached')
  await setting.signIn(member)
})

it('changes once when asked twice at the same time', async () => {
  const session = await setting.signIn(await setting.member())
  const reasons = await Promise.all([
    reasonOf(change(session, PASSWORD, NEW)),
    reasonOf(change(session, PASSWORD, `${NEW}!`)),
  ])
  expect(reasons.filter((reason) => reason === null)).toHaveLength(1)
  expect(reasons).toContain('wrong_password')
})

it('limits tries of the current password', async () => {
  const session = await setting.signIn(await setting.member())
  const { request, viewer } = await setting.requestOf(session)
  for (let tries = 0; tries < 10; tries += 1)
    expect(await reasonOf(confirmPassword(request, viewer, 'wrong'))).toBe('wrong_password')
  expect(await reasonOf(confirmPassword(request, viewer, PASSWORD))).toBe('rate_limited')
})

it('proves again who is signed in', async () => {
  const member = await setting.member()
  const session = await setting.signIn(member)
  try {
    await setting.database.setClock(6 * MINUTE_MS)
    const stale = (await setting.requestOf(session)).viewer.authenticatedAt
    const provenAt = await prove(session, PASSWORD)
    expect(provenAt.getTime() - stale.getTime()).toBeGreaterThanOrEqual(6 * MINUTE_MS)
    expect((await setting.requestOf(session)).viewer.authenticatedAt).toEqual(provenAt)
  } finally {
    await setting.database.setClock(0)
  }
  expect(await reasonOf(prove(session, 'wrong'))).toBe('wrong_password')
  expect((await setting.audited(member)).map(({ action }) => action)).toEqual(
    expect.arrayContaining(['session.reauthenticated', 'session.refused']),
  )
})

it('asks for a code to prove it where a second factor is confirmed', async () => {
  const session = await setting.signIn(await setting.member())
  const [code = ''] = await withTotp(session)
  expect(await reasonOf(prove(session, PASSWORD))).toBe('code_required')
  expect(await reasonOf(prove(session, PASSWORD, '000000'))).toBe('wrong_code')
  expect(await reasonOf(prove(session, PASSWORD, code))).toBeNull()
  expect(await reasonOf(prove(session, PASSWORD, code))).toBe('wrong_code')
})

it('limits tries of codes to prove it', async () => {
  const session = await setting.signIn(await setting.member())
  await withTotp(session)
  for (let tries = 0; tries < 5; tries += 1)
    expect(await reasonOf(prove(session, PASSWORD, '000000'))).toBe('wrong_code')
  expect(await reasonOf(prove(session, PASSWORD, '000000'))).toBe('rate_limited')
})

it('resets the password by a mailed token, ends every session and keeps the second factor', async () => {
  const member = await setting.member()
  const session = await setting.signIn(member)
  await withTotp(session)
  const { email } = member
  const opened = await login(setting.request(), { kind: 'password', email, password: PASSWORD })
  const token = await mailedToken(member)
  await reset(token)
  expect(await reasonOf(setting.requestOf(session))).toBe('invalid_token')
  expect(await login(setting.request(), { kind: 'password', email, password: NEW })).toMatchObject({
    kind: 'challenge',
  })
  if (opened.kind === 'challenge')
    expect(
      await reasonOf(
        login(setting.request(), { kind: 'challenge', challengeToken: opened.challenge.token, code: '123456' }),
      ),
    ).toBe('challenge_expired')
  expect((await setting.audited(member)).map(({ action }) => action)).toEqual(
    expect.arrayContaining(['password.reset_requested', 'password.reset', 'session.all_revoked']),
  )
  expect((await setting.drain()).map(({ to, subject }) => [to, subject])).toEqual([[email, 'Your password was reset']])
})

it('takes a token once, also at the same time', async () => {
  const token = await mailedToken(await setting.member())
  const reasons = await Promise.all([reasonOf(reset(token)), reasonOf(reset(token))])
  expect(reasons.sort()).toEqual([null, 'token_invalid'].sort())
  expect(await reasonOf(reset(token))).toBe('token_invalid')
})

it('takes a token for 30 minutes of the database’s time', async () => {
  const [early, late] = [await mailedToken(await setting.member()), await mailedToken(await setting.member())]
  try {
    await setting.database.setClock(29 * MINUTE_MS)
    expect(await reasonOf(reset(early))).toBeNull()
    await setting.database.setClock(30 * MINUTE_MS)
    expect(await reasonOf(reset(late))).toBe('token_invalid')
  } finally {
    await setting.database.setClock(0)
  }
})

it('takes the newest token only', async () => {
  const member = await setting.member()
  const [older, newer] = [await mailedToken(member), await mailedToken(member)]
  expect(await reasonOf(reset(older))).toBe('token_invalid')
  expect(await reasonOf(reset(newer))).toBeNull()
})

it('keeps the token when the password breaks a rule', async () => {
  const token = await mailedToken(await setting.member())
  expect(await reasonOf(reset(token, 'short'))).toBe('password_too_short')
  expect(await reasonOf(reset(token))).toBeNull()
})

it('lets somebody in again whose account was locked by tries', async () => {
  const member = await setting.member()
  for (let tries = 0; tries < 11; tries += 1) await reasonOf(setting.signIn(member, 'wrong'))
  expect(await reasonOf(setting.signIn(member))).toBe('rate_limited')
  await reset(await mailedToken(member))
  await setting.signIn(member, NEW)
})

it('answers the same for an address without an account, and mails nothing', async () => {
  await setting.drain()
  expect(await reasonOf(requestPasswordReset(setting.request(), 'absent@example.com'))).toBeNull()
  expect(await reasonOf(requestPasswordReset(setting.request(), 'not an address'))).toBeNull()
  expect(await setting.drain()).toEqual([])
})

it('mails at most three an hour to one address, and tells nobody whether it exists', async () => {
  const { email } = await setting.member()
  for (const address of [email, 'absent-too@example.com']) {
    for (let mails = 0; mails < 3; mails += 1)
      expect(await reasonOf(requestPasswordReset(setting.request(), address))).toBeNull()
    expect(await reasonOf(requestPasswordReset(setting.request(), address))).toBe('rate_limited')
  }
})

it('puts no token into a job, and only its hash into the database', async () => {
  const member = await setting.member()
  await requestPasswordReset(setting.request(), member.email)
  const { rows: waiting } = await setting.database.owner.query<{ payload: unknown }>(
    'select payload from graphile_worker._private_jobs',
  )
  expect(waiting).toContainEqual({ payload: { userId: member.id } })
  const mail = (await setting.drain()).find(({ messageId }) => messageId.startsWith('reset-'))
  const token = /^[A-Za-z0-9_-]{43}$/m.exec(mail?.text ?? '')?.[0] ?? ''
  expect(mail?.html).toContain(token)
  expect(mail?.html).toContain('Somebody &lt;b&gt;')
  const { rows } = await setting.database.owner.query('select * from one_time_tokens where user_id = $1', [member.id])
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toContain(token)
})

it('refuses tokens that are no tokens, and limits tries of them', async () => {
  const request = setting.request()
  for (let tries = 0; tries < 20; tries += 1)
    expect(await reasonOf(resetPassword(request, { token: tries % 2 ? 'x' : 'A'.repeat(43), newPassword: NEW }))).toBe(
      'token_invalid',
    )
  expect(await reasonOf(resetPassword(request, { token: 'x', newPassword: NEW }))).toBe('rate_limited')
})
