import { keyedHash, whenTampered } from '../keys/keys.js'
import { transaction } from '../lib/db.js'
import type { Db, Tx } from '../lib/db.js'
import { insertAuditLog } from './queries.js'
import { redacted } from './redaction.js'
import type { AuditEntry } from './types.js'

export { findReason } from './queries.js'

const MAX_USER_AGENT_LENGTH = 200

/**
 * Writes one row of the audit trail in the transaction that does what it tells of. Personal values are stored as a marker
 * or a keyed hash, addresses as a keyed hash; the row can never be changed.
 */
export async function record(
  tx: Tx,
  { before, after, client = tx.origin.client, ...entry }: AuditEntry,
  now: Date,
): Promise<void> {
  const userId = entry.userId ?? (entry.subject.table === 'users' ? entry.subject.id : undefined)
  await insertAuditLog(
    tx,
    {
      ...entry,
      ...(userId !== undefined && { userId }),
      ...redacted(before, after),
      ipHash: client?.ip ? keyedHash('ip', client.ip) : null,
      userAgent: client ? cleaned(client.userAgent) : null,
    },
    now,
  )
}

const cleaned = (userAgent: string): string | null =>
  userAgent.replace(/\p{C}/gu, '').slice(0, MAX_USER_AGENT_LENGTH) || null

/** Has every ciphertext that does not open recorded, in a transaction of its own: what found it may be a mere read. */
export function auditTampering(db: Db): void {
  whenTampered(async ({ table, column, rowId, userId }, { kind }) => {
    await transaction({ db, actorId: null, sessionId: null, requestId: 'tampering' }, (tx, now) =>
      record(
        tx,
        {
          action: 'data.tampered',
          category: 'SECURITY',
          severity: 'CRITICAL',
          subject: { table, id: rowId },
          userId,
          after: { column, kind },
          description: `A ciphertext in ${table}.${column} does not open.`,
        },
        now,
      ),
    )
  })
}
