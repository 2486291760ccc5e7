import type { Prisma } from '../generated/prisma/client.js'
import type { Db, Tx } from '../lib/db.js'
import type { AgeVerificationRow } from './types.js'

const columns = {
  id: true,
  userId: true,
  provider: true,
  providerReference: true,
  status: true,
  rejectionReason: true,
  createdAt: true,
  decidedAt: true,
  expiresAt: true,
} as const satisfies Prisma.AgeVerificationSelect

/** What was decided, and by whom: a provider's proof or a member of staff. */
export interface AgeDecision {
  readonly isOfAge: boolean
  readonly rejectionReason: string | null
  readonly proofHash: Uint8Array<ArrayBuffer> | null
  readonly reviewedById: string | null
  /** When an approval is due again. */
  readonly expiresAt: Date
}

export const findAgeVerification = (db: Db, id: string): Promise<AgeVerificationRow | null> =>
  db.ageVerification.findUnique({ where: { id }, select: columns })

/** Attempts by id, in no order. */
export const listAgeVerificationsById = (db: Db, ids: readonly string[]): Promise<AgeVerificationRow[]> =>
  db.ageVerification.findMany({ where: { id: { in: [...ids] } }, select: columns })

/** The newest attempts of these people, at most `limit` of each, the newest first. */
export const listAgeVerifications = (
  db: Db,
  userIds: readonly string[],
  limit: number,
): Promise<AgeVerificationRow[]> =>
  db.sql<AgeVerificationRow>`/* accounts.ageVerifications */
    select v.id::text, v.user_id::text as "userId", v.provider, v.provider_reference as "providerReference",
      upper(v.status::text) as status, v.rejection_reason as "rejectionReason", v.created_at as "createdAt",
      v.decided_at as "decidedAt", v.expires_at as "expiresAt"
    from unnest(${userIds}::uuid[]) as people (id)
    cross join lateral (
      select * from age_verifications where user_id = people.id order by created_at desc, id desc limit ${limit}::int
    ) v
    order by v.created_at desc, v.id desc`

/** The attempt that stands in the way of another one: pending, or approved and not over. */
export const findStandingAgeVerification = (tx: Tx, userId: string, now: Date): Promise<AgeVerificationRow | null> =>
  tx.ageVerification.findFirst({
    where: { userId, OR: [{ status: 'PENDING' }, { status: 'APPROVED', expiresAt: { gt: now } }] },
    select: columns,
  })

export const insertAgeVerification = (
  tx: Tx,
  attempt: { readonly userId: string; readonly provider: string; readonly countryCode: string },
  now: Date,
): Promise<{ id: string }> =>
  tx.ageVerification.create({ data: { ...attempt, status: 'PENDING', createdAt: now }, select: { id: true } })

/** Decides a pending attempt; answers whose it was, or null when it was decided already. */
export async function decideAgeVerification(
  tx: Tx,
  id: string,
  decision: AgeDecision,
  now: Date,
): Promise<string | null> {
  const { isOfAge, reviewedById, expiresAt, ...facts } = decision
  const [row] = await tx.ageVerification.updateManyAndReturn({
    where: { id, status: 'PENDING' },
    data: {
      ...facts,
      isOfAge,
      status: isOfAge ? 'APPROVED' : 'REJECTED',
      reviewedById,
      reviewedAt: reviewedById === null ? null : now,
      decidedAt: now,
      expiresAt: isOfAge ? expiresAt : null,
    },
    select: { userId: true },
  })
  return row?.userId ?? null
}

/** Writes down that approvals have ended, at most `limit`: what they opened closed at the instant. Answers whose they were. */
export async function expireAgeVerifications(tx: Tx, now: Date, limit: number): Promise<string[]> {
  const rows = await tx.sql<{ userId: string }>`/* accounts.expireAge */
    with due as (
      select id from age_verifications
      where status = 'approved' and expires_at <= ${now}::timestamptz
      order by expires_at limit ${limit}::int for update skip locked
    ), ended as (
      update age_verifications v set status = 'expired' from due where v.id = due.id returning v.user_id
    ), closed as (
      update users u
      set age_verified = false, age_verified_at = null, age_verified_until = null, version = version + 1
      from ended
      where u.id = ended.user_id and not exists (
        select from age_verifications v
        where v.user_id = u.id and v.status = 'approved' and v.expires_at > ${now}::timestamptz
      )
    )
    select user_id::text as "userId" from ended`
  return rows.map(({ userId }) => userId)
}
