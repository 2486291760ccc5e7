import { expect, it } from 'vitest'
import { DAY_MS } from '../../src/lib/clock.js'
import { transaction } from '../../src/lib/db.js'
import { checkedPage, toConnection } from '../../src/lib/page.js'
import { revokeOne } from '../../src/sessions/lifecycle.js'
import { listLiveSessions } from '../../src/sessions/queries.js'
import { refreshSession } from '../../src/sessions/refresh-tokens.js'
import { authenticate, mintToken, revokeSessions, spendOneTimeToken } from '../../src/sessions/sessions.js'
import { clean } from '../../src/sessions/upkeep.js'
import { reasonOf, useSetting } from './setting.js'

const setting = useSetting()
const rowsOf = async (table: string, userId: string) =>
  (await setting.database.owner.query(`select * from ${table} where user_id = $1`, [userId])).rowCount
const atTime = async (ms: number, work: () => Promise<void>) => {
  await setting.database.setClock(ms)
  await work().finally(() => setting.database.setClock(0))
}

it('ends one session of its owner, once, and nobody else’s', async () => {
  const member = await setting.member()
  const [session, other] = [await setting.signIn(member), await setting.signIn(await setting.member())]
  const end = (sessionId: string) => {
    const { userId } = session.viewer
    return transaction(setting.request(), (tx, now) => revokeOne(tx, { userId, sessionId, reason: 'REVOKED' }, now))
  }
  expect(
    await Promise.all([end(session.viewer.sessionId), end(session.viewer.sessionId)]).then((all) => all.sort()),
  ).toEqual([false, true])
  expect(await end(other.viewer.sessionId)).toBe(false)
  expect(await reasonOf(authenticate(setting.database.db, session.accessToken))).toBe('invalid_token')
  expect(await reasonOf(authenticate(setting.database.db, other.accessToken))).toBeNull()
  expect((await setting.audited(member)).map(({ action }) => action)).toEqual(['session.started', 'session.revoked'])
})

it('ends all sessions, or all but one, and says how many', async () => {
  const member = await setting.member()
  const sessions = [await setting.signIn(member), await setting.signIn(member), await setting.signIn(member)]
  const revoke = (except?: string) =>
    transaction(setting.request(), (tx, now) =>
      revokeSessions(tx, member.id, { reason: 'LOGOUT', ...(except ? { except } : {}) }, now),
    )
  expect(await revoke(sessions[1]?.viewer.sessionId ?? '')).toBe(2)
  expect(await reasonOf(setting.requestOf(sessions[1] ?? expect.fail()))).toBeNull()
  expect([await revoke(), await revoke()]).toEqual([1, 0])
  expect((await setting.events(member)).filter((type) => type === 'sessions.revoked')).toHaveLength(2)
})

it('keeps the hundred most recently used sessions', async () => {
  const member = await setting.member()
  const first = await setting.signIn(member)
  await setting.database.owner.query(
    `insert into user_sessions (user_id, last_used_at, expires_at, absolute_expires_at)
     select $1, app_now() + interval '1 second', app_now() + interval '30 days', app_now() + interval '90 days' from generate_series(1, 100)`,
    [member.id],
  )
  const newest = await setting.signIn(member)
  expect(await reasonOf(setting.requestOf(first))).toBe('invalid_token')
  const { rows } = await setting.database.owner.query(
    `select e.subject_id as id from audit_logs e where e.user_id = $1 and e.action = 'session.revoked'
     intersect select id::text from user_sessions where user_id = $1 and revoked_reason = 'revoked'`,
    [member.id],
  )
  expect(rows).toHaveLength(2)
  expect(rows).toContainEqual({ id: first.viewer.sessionId })
  expect(rows).not.toContainEqual({ id: newest.viewer.sessionId })
})

it('pages live sessions, the most recently used first, each once in both directions', async () => {
  const member = await setting.member()
  await setting.database.owner.query(
    `insert into user_sessions (user_id, last_used_at, expires_at, absolute_expires_at, revoked_at, revoked_reason)
     select $1, app_now() - (n / 3) * interval '1 hour', app_now() + interval '30 days', app_now() + interval '90 days',
       case when n = 0 then app_now() end, case when n = 0 then 'revoked'::session_end_reason end
     from generate_series(0, 20) n`,
    [member.id],
  )
  const { now } = await authenticate(setting.database.db, null)
  const read = async (args: Parameters<typeof checkedPage>[0]) => {
    const page = checkedPage(args, 'sessions', ['time', 'uuid'])
    return toConnection(page, await listLiveSessions(setting.database.db, member.id, page, now), (row) => [
      row.lastUsedAt.toISOString(),
      row.id,
    ])
  }
  const all = (await read({ first: 100 })).nodes
  expect(all).toHaveLength(20)
  expect(all.every((row, at) => at === 0 || (all[at - 1]?.lastUsedAt ?? 0) >= row.lastUsedAt)).toBe(true)
  const forward = []
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof read>> = await read({ first: 7, after })
    forward.push(...page.nodes)
    after = page.pageInfo.endCursor
    if (!page.pageInfo.hasNextPage) break
  }
  expect(forward).toEqual(all)
  expect((await read({ last: 5 })).nodes).toEqual(all.slice(-5))
})

it('deletes sessions 30 days after their end, and what is left of sign-ins', async () => {
  const member = await setting.member()
  const [ended, live] = [await setting.signIn(member), await setting.signIn(member)]
  const { userId, sessionId } = ended.viewer
  await transaction(setting.request(), (tx, now) => revokeOne(tx, { userId, sessionId, reason: 'LOGOUT' }, now))
  await transaction(setting.request(), (tx, now) =>
    mintToken(tx, { userId, kind: 'VERIFY_EMAIL', lifeMs: DAY_MS }, now),
  )
  let renewed = live
  await atTime(29 * DAY_MS, async () => {
    renewed = await refreshSession(setting.request(), live.refreshToken)
    await clean(setting.database.db, '1')
    expect([await rowsOf('user_sessions', userId), await rowsOf('one_time_tokens', userId)]).toEqual([2, 1])
  })
  await atTime(31 * DAY_MS, async () => {
    await clean(setting.database.db, '2')
    expect([await rowsOf('user_sessions', userId), await rowsOf('one_time_tokens', userId)]).toEqual([1, 0])
  })
  await atTime(59 * DAY_MS + 1_000, async () => {
    await clean(setting.database.db, '3')
    const { rowCount } = await setting.database.owner.query('select from refresh_tokens where session_id = $1', [
      live.viewer.sessionId,
    ])
    expect(rowCount).toBe(1)
  })
  await atTime(58 * DAY_MS, async () => {
    await refreshSession(setting.request(), renewed.refreshToken)
  })
})

it('mints tokens of which the newest of its kind works, once', async () => {
  const { id: userId } = await setting.member()
  const mint = (kind: 'VERIFY_EMAIL' | 'RESET_PASSWORD') =>
    transaction(setting.request(), (tx, now) => mintToken(tx, { userId, kind, lifeMs: DAY_MS }, now))
  const spend = (token: string, kind: 'VERIFY_EMAIL' | 'RESET_PASSWORD' = 'VERIFY_EMAIL') =>
    reasonOf(transaction(setting.request(), (tx, now) => spendOneTimeToken(tx, kind, token, now)))
  const [older, newer] = [await mint('VERIFY_EMAIL'), await mint('VERIFY_EMAIL')]
  await Promise.all([mint('RESET_PASSWORD'), mint('RESET_PASSWORD'), mint('RESET_PASSWORD')])
  expect(await spend(older.token)).toBe('token_invalid')
  expect(await spend(newer.token, 'RESET_PASSWORD')).toBe('token_invalid')
  expect([await spend(newer.token), await spend(newer.token)]).toEqual([null, 'token_invalid'])
  const { token } = await mint('VERIFY_EMAIL')
  await atTime(DAY_MS, async () => expect(await spend(token)).toBe('token_invalid'))
})
