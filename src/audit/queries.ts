import type { Db, Tx } from '../lib/db.js'
import type { AuditEntry } from './types.js'

/** An entry as it is stored: redacted, and with where it came from. */
export interface AuditRow extends Omit<AuditEntry, 'before' | 'after' | 'client'> {
  readonly before: Record<string, unknown> | null
  readonly after: Record<string, unknown> | null
  readonly ipHash: Uint8Array | null
  readonly userAgent: string | null
}

/** Who, in which session and request, and why come from the transaction's settings where the entry does not say. */
export async function insertAuditLog(tx: Tx, row: AuditRow, now: Date): Promise<void> {
  await tx.sql`/* audit.insert */
    insert into audit_logs (
      created_at, category, action, severity, actor_id, user_id, admin_id, subject_table, subject_id,
      before, after, description, reason, ip_hash, user_agent, session_id, request_id
    )
    values (
      ${now}::timestamptz,
      ${row.category.toLowerCase()}::audit_category,
      ${row.action},
      ${row.severity.toLowerCase()}::severity,
      coalesce(${row.actorId ?? null}::uuid, app_actor_id()),
      ${row.userId ?? null}::uuid,
      ${row.adminId ?? null}::uuid,
      ${row.subject.table},
      ${row.subject.id},
      ${row.before && { json: row.before }}::jsonb,
      ${row.after && { json: row.after }}::jsonb,
      ${row.description},
      coalesce(${row.reason ?? null}::text, app_reason()),
      ${row.ipHash}::bytea,
      ${row.userAgent}::text,
      app_session_id(),
      app_request_id()
    )`
}

/** Why something was done, as the trail has it; null where nobody said. */
export async function findReason(
  db: Db,
  { action, subject, at }: Pick<AuditEntry, 'action' | 'subject'> & { readonly at: Date },
): Promise<string | null> {
  const [row] = await db.sql<{ reason: string | null }>`/* audit.reason */
    select reason from audit_logs
    where created_at = ${at}::timestamptz and subject_table = ${subject.table} and subject_id = ${subject.id}
      and action = ${action}
    limit 1`
  return row?.reason ?? null
}
