import type { Tx } from '../lib/db.js'

/** Deleted accounts that can no longer come back. */
export async function listDueForErasure(tx: Tx, now: Date, limit: number): Promise<string[]> {
  const rows = await tx.sql<{ id: string }>`/* accounts.dueForErasure */
    select id::text from users
    where purge_after <= ${now}::timestamptz and erased_at is null and account_status = 'deleted'
    order by purge_after limit ${limit}::int`
  return rows.map(({ id }) => id)
}

/** Deletes what is only about the person: profiles, proofs, sessions, tokens, second factors, webhooks, and what they were told. */
export async function eraseRows(tx: Tx, userId: string): Promise<void> {
  const own = { where: { userId } }
  await tx.userProfile.deleteMany(own)
  await tx.ageVerification.deleteMany(own)
  await tx.oneTimeToken.deleteMany(own)
  await tx.loginChallenge.deleteMany(own)
  await tx.totpCredential.deleteMany(own)
  await tx.userSession.deleteMany(own)
  await tx.notification.deleteMany(own)
  await tx.notificationInbox.deleteMany(own)
  await tx.notificationPreference.deleteMany(own)
  await tx.notificationSettings.deleteMany(own)
  await tx.webhookEndpoint.deleteMany({ where: { ownerId: userId } })
  await tx.idempotencyRecord.deleteMany({ where: { scope: userId } })
}
