import { record } from '../audit/audit.js'
import type { AuditEntry } from '../audit/types.js'
import type { Tx } from '../lib/db.js'

/** What happened to the security of somebody's account; about the account itself where no other row is named. */
export interface SecurityEvent extends Pick<AuditEntry, 'action' | 'description' | 'after'> {
  readonly userId: string
  readonly subject?: AuditEntry['subject']
  readonly severity?: AuditEntry['severity']
}

/** Writes it to the audit trail, within the transaction that does it. */
export const recordSecurity = (
  tx: Tx,
  { severity = 'LOW', subject, ...event }: SecurityEvent,
  now: Date,
): Promise<void> =>
  record(
    tx,
    { ...event, category: 'SECURITY', severity, subject: subject ?? { table: 'users', id: event.userId } },
    now,
  )
