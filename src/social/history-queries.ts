import type { Someone } from '../accounts/accounts.js'
import type { AccountStatus, AccountType } from '../accounts/types.js'
import type { Db } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'

/** Whose rows: the subject's, and where there is one, those towards the object. */
export interface HistoryOf {
  readonly subjectId: Someone
  readonly objectId?: Someone
}

/**
 * The rows of a table whose past is kept, as they were at an instant: a relation `(id, state)`, `state` with the columns
 * that access depends on. `current` selects the id and the whole row as jsonb of those that are there now:
 * `fragment`select g.id, to_jsonb(g) from entitlement_grants g where …``.
 * A row is, until an entry of its history ends it, what the entry says; after the last one, what it is now.
 */
export const rowsAt = (table: string, { subjectId, objectId }: HistoryOf, at: Date, current: Fragment): Fragment =>
  fragment`(
    select id, state
    from (
      select distinct on (id) id, state
      from (
        select row_id as id, snapshot as state, ended_at, access_history.id as entry
        from access_history
        where source_table = ${table} and subject_id = ${subjectId}::uuid
          ${objectId === undefined ? fragment`` : fragment`and object_id = ${objectId}::uuid`}
          and ended_at > ${at}::timestamptz
        union all
        select id, state, 'infinity', null from (${current}) as now_there (id, state)
      ) versions
      order by id, ended_at, entry
    ) then_there
    where (state ->> 'created_at')::timestamptz <= ${at}::timestamptz
  )`

const followsAt = (follower: string, followed: string, at: Date): Fragment => fragment`exists (
  select from ${rowsAt(
    'follows',
    { subjectId: follower, objectId: followed },
    at,
    fragment`select f.id, to_jsonb(f) from follows f
      where f.follower_id = ${follower}::uuid and f.following_id = ${followed}::uuid`,
  )} row
  where (row.state ->> 'followed_at')::timestamptz <= ${at}::timestamptz
    and coalesce((row.state ->> 'unfollowed_at')::timestamptz > ${at}::timestamptz, true)
    and coalesce((row.state ->> 'withdrawn_at')::timestamptz > ${at}::timestamptz, true)
)`

const blocksAt = (blocker: string, blocked: string, at: Date): Fragment => fragment`exists (
  select from ${rowsAt(
    'blocks',
    { subjectId: blocker, objectId: blocked },
    at,
    fragment`select b.id, to_jsonb(b) from blocks b
      where b.blocker_id = ${blocker}::uuid and b.blocked_id = ${blocked}::uuid`,
  )} row
)`

/** What was between two people at an instant. */
export interface BondsThen {
  /** Whether the first followed the second. */
  readonly follows: boolean
  /** Whether the first blocked the second. */
  readonly blocks: boolean
  /** Whether the second blocked the first. */
  readonly isBlocked: boolean
}

/** What was between two people at `at`, as far as access depends on it. */
export async function findBondsAt(db: Db, one: string, other: string, at: Date): Promise<BondsThen> {
  const [row] = await db.sql<BondsThen>`/* social.bondsAt */
    select ${followsAt(one, other, at)} as follows, ${blocksAt(one, other, at)} as blocks,
      ${blocksAt(other, one, at)} as "isBlocked"`
  if (!row) throw new Error('a row without a table always is there')
  return row
}

/** How somebody stood at an instant. */
export interface StandingThen {
  readonly accountType: AccountType
  /** As it was set then; `statusAt` says what it counted as. */
  readonly accountStatus: AccountStatus
  readonly suspendedUntil: Date | null
  readonly isAgeVerified: boolean
}

/** How somebody stood at `at`; null for nobody, and before they had an account. */
export async function findStandingAt(db: Db, userId: string, at: Date): Promise<StandingThen | null> {
  const [row] = await db.sql<StandingThen>`/* social.standingAt */
    select upper(state ->> 'account_type') as "accountType", upper(state ->> 'account_status') as "accountStatus",
      (state ->> 'suspended_until')::timestamptz as "suspendedUntil", (state ->> 'age_verified')::boolean
        and coalesce((state ->> 'age_verified_until')::timestamptz > ${at}::timestamptz, true) as "isAgeVerified"
    from ${rowsAt(
      'users',
      { subjectId: userId },
      at,
      fragment`select u.id, to_jsonb(u) from users u where u.id = ${userId}::uuid`,
    )} row`
  return row ?? null
}
