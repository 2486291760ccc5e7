import type { AuditCategory, Severity } from '../generated/prisma/enums.js'

export type { AuditCategory, Severity }

/** One thing that was done, for the audit trail. */
export interface AuditEntry {
  /** What, as `<noun>.<past participle>`: `account.suspended`. */
  readonly action: string
  /** One of the five kinds that are audited at all; reading, liking, typing and the like are none of them. */
  readonly category: AuditCategory
  readonly severity: Severity
  /** The row that changed. */
  readonly subject: { readonly table: string; readonly id: string }
  /** Whose account it concerns; the subject where that is an account. */
  readonly userId?: string
  /** Who did it, where the transaction does not know: somebody who has just signed up or in. */
  readonly actorId?: string
  /** The member of staff, where staff powers were used. */
  readonly adminId?: string
  /** The values that changed, before and after; what is personal or secret in them is not stored. */
  readonly before?: AuditValues
  readonly after?: AuditValues
  /** One sentence without names, addresses or secrets. */
  readonly description: string
  /** Why, as its author wrote it; the transaction's reason where absent. */
  readonly reason?: string | null
  /** Where the request came from, where the transaction does not know. */
  readonly client?: { readonly ip: string; readonly userAgent: string }
}

export type AuditValues = Readonly<Record<string, unknown>>
