import type { Db, Tx } from '../lib/db.js'
import type { SettingsRow, Wish } from './types.js'

/** What a person said of types and channels; at most one row per each. */
export async function listPreferences(db: Db, userId: string): Promise<Wish[]> {
  const rows = await db.notificationPreference.findMany({
    where: { userId },
    select: { type: true, channel: true, enabled: true },
  })
  return rows.map(({ enabled, ...place }) => ({ ...place, isEnabled: enabled }))
}

export async function upsertPreferences(tx: Tx, userId: string, wishes: readonly Wish[], now: Date): Promise<void> {
  await tx.sql`/* notifications.savePreferences */
    insert into notification_preferences (user_id, type, channel, enabled, updated_at)
    select ${userId}::uuid, wish.type, wish.channel, wish.enabled, ${now}::timestamptz
    from unnest(
      ${wishes.map(({ type }) => type.toLowerCase())}::notification_type[],
      ${wishes.map(({ channel }) => channel.toLowerCase())}::notification_channel[],
      ${wishes.map(({ isEnabled }) => isEnabled)}::boolean[]
    ) as wish (type, channel, enabled)
    order by wish.type, wish.channel
    on conflict (user_id, type, channel) do update set enabled = excluded.enabled, updated_at = excluded.updated_at`
}

/** A person's settings; without a row there are no quiet hours. */
export async function findSettings(db: Db, userId: string): Promise<SettingsRow> {
  const row = await db.notificationSettings.findUnique({
    where: { userId },
    select: { quietFromMinute: true, quietToMinute: true, timeZone: true },
  })
  return row ?? { quietFromMinute: null, quietToMinute: null, timeZone: 'UTC' }
}

export async function upsertSettings(tx: Tx, userId: string, settings: SettingsRow, now: Date): Promise<void> {
  await tx.notificationSettings.upsert({
    where: { userId },
    create: { userId, ...settings, updatedAt: now },
    update: { ...settings, updatedAt: now },
    select: { userId: true },
  })
}
