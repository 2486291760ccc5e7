import { expect, it } from 'vitest'
import { DAY_MS, SECOND_MS } from '../../src/lib/clock.js'
import { authenticate } from '../../src/sessions/sessions.js'
import { refreshSession } from '../../src/sessions/refresh-tokens.js'
import { reasonOf, useSetting } from './setting.js'

const setting = useSetting()
const refresh = (token: string) => refreshSession(setting.request(), token)
const isLive = async (accessToken: string) => (await reasonOf(authenticate(setting.database.db, accessToken))) === null
const atTime = async (ms: number, work: () => Promise<void>) => {
  await setting.database.setClock(ms)
  await work().finally(() => setting.database.setClock(0))
}

it('exchanges a token for the next one, in the same session', async () => {
  const first = await setting.signIn(await setting.member())
  const second = await refresh(first.refreshToken)
  expect(second.viewer.sessionId).toBe(first.viewer.sessionId)
  expect(second.refreshToken).not.toBe(first.refreshToken)
  expect(await isLive(second.accessToken)).toBe(true)
  expect((await refresh(second.refreshToken)).refreshToken).not.toBe(second.refreshToken)
})

it('stores tokens only as hashes', async () => {
  const { refreshToken } = await setting.signIn(await setting.member())
  const { rows } = await setting.database.owner.query<{ token_hash: Buffer }>('select token_hash from refresh_tokens')
  expect(
    rows.every(
      ({ token_hash }) => token_hash.length === 32 && !token_hash.equals(Buffer.from(refreshToken, 'base64url')),
    ),
  ).toBe(true)
})

it('lets one of many at the same time win, and revokes nothing', async () => {
  const first = await setting.signIn(await setting.member())
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => refresh(first.refreshToken)))
  const won = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  expect(won).toHaveLength(1)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ code: 'CONFLICT', reason: 'refresh_raced' })
  expect(await isLive(won[0]?.value.accessToken ?? '')).toBe(true)
})

it('tells a race until ten seconds have passed, and a theft from then on', async () => {
  const member = await setting.member()
  const first = await setting.signIn(member)
  const second = await refresh(first.refreshToken)
  await atTime(9 * SECOND_MS, async () => expect(await reasonOf(refresh(first.refreshToken))).toBe('refresh_raced'))
  expect(await isLive(second.accessToken)).toBe(true)
  await atTime(11 * SECOND_MS, async () => expect(await reasonOf(refresh(first.refreshToken))).toBe('refresh_invalid'))
  expect(await isLive(second.accessToken)).toBe(false)
  expect(await reasonOf(refresh(second.refreshToken))).toBe('refresh_invalid')
  expect(await setting.audited(member)).toContainEqual({
    action: 'session.token_reused',
    severity: 'high',
    actor_id: null,
  })
  expect(await setting.events(member)).toEqual(['sessions.changed', 'sessions.revoked'])
})

it('ends only the session whose token was stolen', async () => {
  const member = await setting.member()
  const [stolen, other] = [await setting.signIn(member), await setting.signIn(member)]
  await refresh(stolen.refreshToken)
  await atTime(DAY_MS, async () => {
    await reasonOf(refresh(stolen.refreshToken))
    expect((await refresh(other.refreshToken)).viewer.sessionId).toBe(other.viewer.sessionId)
  })
})

it('refuses tokens that are unknown or no tokens at all', async () => {
  for (const token of ['', 'x', 'A'.repeat(43), 'ü'.repeat(43), 'x'.repeat(10_000)])
    expect(await reasonOf(refresh(token))).toBe('refresh_invalid')
})

it('ends when unused for 30 days, and goes on when used', async () => {
  const idle = await setting.signIn(await setting.member())
  let used = await setting.signIn(await setting.member())
  for (const day of [29, 58, 87]) await atTime(day * DAY_MS, async () => void (used = await refresh(used.refreshToken)))
  await atTime(30 * DAY_MS, async () => expect(await reasonOf(refresh(idle.refreshToken))).toBe('refresh_invalid'))
  await atTime(90 * DAY_MS, async () => expect(await reasonOf(refresh(used.refreshToken))).toBe('refresh_invalid'))
})

it('gives a suspended person a limited session', async () => {
  const member = await setting.member()
  const { refreshToken } = await setting.signIn(member)
  await setting.setStatus(member, 'BANNED')
  expect((await refresh(refreshToken)).viewer.isLimited).toBe(true)
})
