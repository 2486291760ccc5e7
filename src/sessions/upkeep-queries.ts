import type { Tx } from '../lib/db.js'

/** Deletes sessions that ended before `endedBefore`, with their refresh tokens; at most `limit`, and counts them. */
export async function deleteEndedSessions(tx: Tx, endedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.deleteEnded */
    delete from user_sessions where id in (
      select id from user_sessions where id in (
        (select id from user_sessions where expires_at <= ${endedBefore}::timestamptz
          order by expires_at limit ${limit}::int)
        union
        (select id from user_sessions where revoked_at <= ${endedBefore}::timestamptz
          order by revoked_at limit ${limit}::int)
      )
      limit ${limit}::int for update skip locked
    )
    returning id::text as id`
  return rows.length
}

/** Deletes refresh tokens spent before `spentBefore`. Children let go of them first: they would go with their parent. */
export async function deleteSpentRefreshTokens(tx: Tx, spentBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.spentTokens */
    select id::text as id from refresh_tokens where used_at <= ${spentBefore}::timestamptz
    order by used_at limit ${limit}::int for update skip locked`
  const ids = rows.map(({ id }) => id)
  await tx.refreshToken.updateMany({ where: { parentId: { in: ids } }, data: { parentId: null } })
  await tx.refreshToken.deleteMany({ where: { id: { in: ids } } })
  return ids.length
}

export async function deleteEndedTokens(tx: Tx, endedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.deleteTokens */
    delete from one_time_tokens where id in (
      select id from one_time_tokens where expires_at <= ${endedBefore}::timestamptz
      order by id limit ${limit}::int for update skip locked
    )
    returning id::text as id`
  return rows.length
}

export async function deleteEndedChallenges(tx: Tx, endedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.deleteChallenges */
    delete from login_challenges where id in (
      select id from login_challenges where expires_at <= ${endedBefore}::timestamptz
      order by id limit ${limit}::int for update skip locked
    )
    returning id::text as id`
  return rows.length
}

/** Deletes authenticator apps that were begun before `startedBefore` and never confirmed. */
export async function deleteStartedTotp(tx: Tx, startedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.deleteStartedTotp */
    delete from totp_credentials where id in (
      select id from totp_credentials where confirmed_at is null and created_at <= ${startedBefore}::timestamptz
      order by id limit ${limit}::int for update skip locked
    )
    returning id::text as id`
  return rows.length
}
