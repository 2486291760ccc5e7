import type { Db, Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { GrantRow } from './types.js'

const grantColumns = fragment`
  g.id::text as id, g.user_id::text as "userId", g.creator_id::text as "creatorId", g.content_id::text as "contentId",
  upper(g.source::text) as source, g.starts_at as "startsAt", g.ends_at as "endsAt", g.revoked_at as "revokedAt",
  g.suspended_at as "suspendedAt", g.version, g.created_at as "createdAt"`

/** Grants by id, in no order. */
export const listGrantsById = (db: Db, ids: readonly string[]): Promise<GrantRow[]> =>
  db.sql<GrantRow>`/* content.grantsById */
    select ${grantColumns} from entitlement_grants g where g.id = any(${ids}::uuid[])`

/** A grant held against others, as it then is. */
export async function findGrantForUpdate(tx: Tx, id: string): Promise<GrantRow | null> {
  const [row] = await tx.sql<GrantRow>`/* content.holdGrant */
    select ${grantColumns} from entitlement_grants g where g.id = ${id}::uuid for no key update`
  return row ?? null
}

/** Whether there is such a creator, whose account was not deleted. */
export async function findCreator(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.sql`/* content.creator */
    select from users where id = ${id}::uuid and account_type = 'creator' and account_status <> 'deleted'`
  return rows.length > 0
}

/** Whether there is such a person, neither deleted nor parted by a block from whoever gives. */
export async function findRecipient(tx: Tx, id: string, giverId: string): Promise<boolean> {
  const rows = await tx.sql`/* content.recipient */
    select from users u
    where u.id = ${id}::uuid and u.account_status in ('active', 'suspended') and not exists (
      select from blocks b
      where b.blocker_id = u.id and b.blocked_id = ${giverId}::uuid or b.blocker_id = ${giverId}::uuid and b.blocked_id = u.id
    )`
  return rows.length > 0
}
