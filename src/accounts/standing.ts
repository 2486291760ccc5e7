import type { Reason } from '../lib/errors.js'
import type { AccountStatus, AgeVerificationRow, Asker, Bonds, Relation, UserRow } from './types.js'

/** What somebody's status counts as at `now`: a suspension ends by itself, at the instant. */
export const statusAt = (
  { accountStatus, suspendedUntil }: Pick<UserRow, 'accountStatus' | 'suspendedUntil'>,
  now: Date,
): AccountStatus =>
  accountStatus === 'SUSPENDED' && suspendedUntil !== null && suspendedUntil <= now ? 'ACTIVE' : accountStatus

/** Whether somebody's age is proven at `now`: a proof ends by itself, at the instant. */
export const isAgeVerifiedAt = (
  { ageVerified, ageVerifiedUntil }: Pick<UserRow, 'ageVerified' | 'ageVerifiedUntil'>,
  now: Date,
): boolean => ageVerified && (ageVerifiedUntil === null || ageVerifiedUntil > now)

/** Whether an account was closed by its owner; it can come back, or is gone for good. */
export const isDeleted = ({ accountStatus }: Pick<UserRow, 'accountStatus'>): boolean => accountStatus === 'DELETED'

/** Whether somebody has staff powers now, in this session. */
export const isActingStaff = (viewer: Asker): boolean =>
  viewer !== null && !viewer.isLimited && viewer.hasSecondFactor && isStaffRole(viewer.role)

/** Whether a role has staff powers. */
export const isStaffRole = (role: UserRow['accountType']): boolean => role === 'MODERATOR' || role === 'ADMIN'

/** Whether others see only that there was somebody. */
export const isShell = (user: UserRow, viewer: Asker): boolean =>
  isDeleted(user) && viewer?.userId !== user.id && !isActingStaff(viewer)

/** Whether the viewer must not learn of a person: who blocks them. Staff see whom they decide about. */
export const isHidden = ({ isBlocked }: Pick<Bonds, 'isBlocked'>, viewer: Asker): boolean =>
  isBlocked && !isActingStaff(viewer)

/** Somebody's relation to a person they neither follow nor subscribe to. */
export const bareRelation = (userId: string, viewer: Asker): Relation => ({
  isSelf: viewer?.userId === userId,
  isStaff: isActingStaff(viewer),
  follows: false,
  subscribes: false,
})

/** Why `viewer` may not set this person's status; null when they may. Whether the step is a legal one is not said. */
export function refusalToSetStatus(
  viewer: Asker,
  target: Pick<UserRow, 'id' | 'accountType' | 'accountStatus'>,
): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  if (!isStaffRole(viewer.role)) return 'role_required'
  if (!viewer.hasSecondFactor) return 'second_factor_required'
  if (viewer.userId === target.id) return 'self_action'
  if (isStaffRole(target.accountType) && viewer.role !== 'ADMIN') return 'staff_target'
  return isDeleted(target) ? 'status_transition' : null
}

/** The steps that staff may take from the status as it counts now. A ban is lifted, not shortened. */
const STEPS: Readonly<Record<AccountStatus, readonly AccountStatus[]>> = {
  ACTIVE: ['SUSPENDED', 'BANNED'],
  SUSPENDED: ['ACTIVE', 'SUSPENDED', 'BANNED'],
  BANNED: ['ACTIVE'],
  DELETED: [],
}

/** Whether staff may take somebody from one status to another. */
export const isLegalStep = (from: AccountStatus, to: AccountStatus): boolean => STEPS[from].includes(to)

/** Where an age verification stands at `now`: an approval ends by itself. One that was taken back counts as refused. */
export function ageStatusAt(
  { status, expiresAt }: Pick<AgeVerificationRow, 'status' | 'expiresAt'>,
  now: Date,
): 'PENDING' | 'APPROVED' | 'REJECTED' | 'EXPIRED' {
  if (status === 'REVOKED') return 'REJECTED'
  return status === 'APPROVED' && expiresAt !== null && expiresAt <= now ? 'EXPIRED' : status
}
