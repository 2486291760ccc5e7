import type { Db, Tx } from '../lib/db.js'

/** What a person lets others know of them. */
export interface SettingsRow {
  readonly sharesPresence: boolean
}

export async function findSettings(db: Db, userId: string): Promise<SettingsRow> {
  const row = await db.messagingSettings.findUnique({ where: { userId }, select: { sharesPresence: true } })
  return row ?? { sharesPresence: false }
}

/** Writes whether a person lets others know that they are there; when they were is forgotten with it. */
export async function upsertSettings(
  tx: Tx,
  userId: string,
  { sharesPresence }: SettingsRow,
  now: Date,
): Promise<void> {
  const data = { sharesPresence, seenAt: null, updatedAt: now }
  await tx.messagingSettings.upsert({
    where: { userId },
    create: { userId, ...data },
    update: data,
    select: { userId: true },
  })
}

/** Notes that a person is there, where they let others know; true where they were not there at `since` yet. */
export async function noteSeen(tx: Tx, userId: string, since: Date, now: Date): Promise<boolean> {
  const [row] = await tx.sql<{ hasCome: boolean }>`/* messages.noteSeen */
    with before as (
      select seen_at from messaging_settings where user_id = ${userId}::uuid and shares_presence for no key update
    ), noted as (
      update messaging_settings s set seen_at = ${now}::timestamptz from before where s.user_id = ${userId}::uuid
    )
    select before.seen_at is null or before.seen_at < ${since}::timestamptz as "hasCome" from before`
  return row?.hasCome ?? false
}

/** Whether a person lets others know that they are there, and whether they were seen within so many milliseconds. */
export async function findPresence(
  db: Db,
  userId: string,
  withinMs: number,
): Promise<{ readonly isShared: boolean; readonly isThere: boolean }> {
  const [row] = await db.sql<{ isShared: boolean; isThere: boolean }>`/* messages.presence */
    select s.shares_presence as "isShared",
      coalesce(s.seen_at > app_now() - make_interval(secs => ${withinMs}::float8 / 1000), false) as "isThere"
    from messaging_settings s where s.user_id = ${userId}::uuid`
  return row ?? { isShared: false, isThere: false }
}
