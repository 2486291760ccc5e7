import { findReason, record } from '../audit/audit.js'
import { addMs, DAY_MS } from '../lib/clock.js'
import type { Db, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Reason } from '../lib/errors.js'
import { enqueue } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'
import { revokeSessions } from '../sessions/sessions.js'
import { checkedReason, emitChange, enqueueStandingChanged, noSuchUser } from './changes.js'
import { getUsersForUpdate, holdActiveAdmins, updateUser } from './queries.js'
import type { HeldUser } from './queries.js'
import { isLegalStep, isStaffRole, refusalToSetStatus, statusAt } from './standing.js'
import { ROLE_CHANGED, STATUS_CHANGED, statusChangedJob } from './types.js'
import type { AccountStatus, AccountType, StatusChanged } from './types.js'

const MAX_SUSPENSION_MS = 3_653 * DAY_MS
const PATH = ['input', 'userId']

/** What a member of staff decides about somebody's standing. */
export interface StatusDecision {
  readonly userId: string
  readonly status: AccountStatus
  readonly reason: string
  readonly suspendedUntil: Date | null
}

/**
 * Suspends, bans or reinstates somebody. Whoever is closed out loses every session at once, and may sign in to a limited
 * one. The person is told. Audited.
 * @throws NOT_FOUND node_not_found; FORBIDDEN self_action, staff_target, role_required, account_limited;
 * CONFLICT status_transition; INVALID suspension_end_invalid, invalid_input
 */
export async function setAccountStatus(tx: Tx, viewer: Viewer, decision: StatusDecision, now: Date): Promise<void> {
  const reason = checkedReason(decision.reason)
  const { target } = await holdBoth(tx, viewer, decision.userId, now)
  const { id: userId } = target
  refuse(refusalToSetStatus(viewer, target))
  const { status } = decision
  if (!isDecidable(status) || !isLegalStep(statusAt(target, now), status)) throw transitionRefused(target, status, now)
  const suspendedUntil = checkedEnd(decision, now)
  const change = {
    accountStatus: status,
    suspendedUntil,
    statusReason: reason,
    statusChangedAt: now,
    statusChangedById: viewer.userId,
  }
  await updateUser(tx, userId, change)
  await record(
    tx,
    {
      action: ACTIONS[status],
      category: 'ADMINISTRATIVE',
      severity: status === 'ACTIVE' ? 'MEDIUM' : 'HIGH',
      subject: { table: 'users', id: userId },
      adminId: viewer.userId,
      before: { accountStatus: target.accountStatus, suspendedUntil: target.suspendedUntil },
      after: { accountStatus: status, suspendedUntil },
      description: 'Set the status of an account.',
      reason,
    },
    now,
  )
  const sequence = await emitChange(tx, userId, STATUS_CHANGED, now)
  if (status !== 'ACTIVE') await revokeSessions(tx, userId, { reason: 'ACCOUNT_STATUS' }, now)
  await enqueueStandingChanged(tx, userId)
  await enqueue(tx, statusChangedJob, {
    userId,
    status,
    suspendedUntil: suspendedUntil?.toISOString() ?? null,
    decidedAt: now.toISOString(),
    sequence: sequence.toString(),
  })
}

const ACTIONS = { ACTIVE: 'account.reinstated', SUSPENDED: 'account.suspended', BANNED: 'account.banned' } as const

/** Why staff decided so about somebody's standing, as they read it. */
export const statusReason = async (
  db: Db,
  { userId, status, decidedAt }: Pick<StatusChanged, 'userId' | 'status' | 'decidedAt'>,
): Promise<string> => {
  const subject = { table: 'users', id: userId }
  return (await findReason(db, { action: ACTIONS[status], subject, at: new Date(decidedAt) })) ?? ''
}

/** Deletion is the owner's to decide. */
const isDecidable = (status: AccountStatus): status is keyof typeof ACTIONS => status !== 'DELETED'

const transitionRefused = (target: HeldUser, status: AccountStatus, now: Date): AppError =>
  new AppError('CONFLICT', 'status_transition', `An account does not go from ${statusAt(target, now)} to ${status}.`, {
    path: ['input', 'status'],
  })

/** @throws INVALID suspension_end_invalid */
function checkedEnd({ status, suspendedUntil }: StatusDecision, now: Date): Date | null {
  const isSuspension = status === 'SUSPENDED'
  const lies = suspendedUntil !== null && suspendedUntil > now && suspendedUntil <= addMs(now, MAX_SUSPENSION_MS)
  if (isSuspension === lies && (isSuspension || suspendedUntil === null)) return suspendedUntil
  throw new AppError(
    'INVALID',
    'suspension_end_invalid',
    isSuspension ? 'Say when the suspension ends, within ten years.' : 'Only a suspension has an end.',
    {
      path: ['input', 'suspendedUntil'],
    },
  )
}

/** What an admin decides about somebody's role. */
export interface TypeDecision {
  readonly userId: string
  readonly accountType: AccountType
  readonly reason: string
}

/**
 * Changes somebody's role; it counts from the next request and event on. The same role again changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; FORBIDDEN self_action, role_required, account_limited; CONFLICT last_admin,
 * status_transition; INVALID invalid_input
 */
export async function setAccountType(tx: Tx, viewer: Viewer, decision: TypeDecision, now: Date): Promise<void> {
  const reason = checkedReason(decision.reason)
  const { accountType } = decision
  const { target } = await holdBoth(tx, viewer, decision.userId, now)
  if (target.id === viewer.userId) refuse('self_action')
  if (target.accountType === accountType) return
  if (statusAt(target, now) !== 'ACTIVE') throw transitionRefused(target, 'ACTIVE', now)
  if (accountType === 'CREATOR' && target.creatorSince === null)
    throw new AppError('INVALID', 'invalid_input', 'Only the person can become a creator: it takes a currency.', {
      path: ['input', 'accountType'],
    })
  if (target.accountType === 'ADMIN') await checkAdminsLeft(tx, target.id, now)
  await updateUser(tx, target.id, { accountType })
  await record(
    tx,
    {
      action: 'account.role_changed',
      category: 'ADMINISTRATIVE',
      severity: isStaffRole(accountType) || isStaffRole(target.accountType) ? 'HIGH' : 'MEDIUM',
      subject: { table: 'users', id: target.id },
      adminId: viewer.userId,
      before: { accountType: target.accountType },
      after: { accountType },
      description: 'Changed the role of an account.',
      reason,
    },
    now,
  )
  await emitChange(tx, target.id, ROLE_CHANGED, now)
}

/**
 * The last admin stays one: otherwise nobody could make another.
 * @throws CONFLICT last_admin
 */
export async function checkAdminsLeft(tx: Tx, leavingId: string, now: Date): Promise<void> {
  const adminIds = await holdActiveAdmins(tx, now)
  if (adminIds.some((id) => id !== leavingId)) return
  throw new AppError('CONFLICT', 'last_admin', 'The last admin stays one.', { path: PATH })
}

/**
 * Holds whoever acts and whoever is acted on, in order of id, and asks again who acts: of two members of staff who act on
 * each other at the same time, the second has lost their powers by then.
 */
async function holdBoth(tx: Tx, viewer: Viewer, targetId: string, now: Date): Promise<{ target: HeldUser }> {
  const held = await getUsersForUpdate(tx, [viewer.userId, targetId])
  const [actor, target] = [held.get(viewer.userId), held.get(targetId)]
  if (!actor || statusAt(actor, now) !== 'ACTIVE') refuse('account_limited')
  if (actor?.accountType !== viewer.role) refuse('role_required')
  if (!target || target.erasedAt) throw noSuchUser(PATH)
  return { target }
}

const MESSAGES: Readonly<Partial<Record<Reason, string>>> = {
  self_action: 'Nobody acts on themselves here.',
  staff_target: 'Only admins act on staff.',
  role_required: 'This takes another role.',
  account_limited: 'This account is limited; see viewer.notices.',
}

function refuse(reason: Reason | null): void {
  if (reason === null) return
  if (reason === 'status_transition')
    throw new AppError('CONFLICT', reason, "A deleted account is its owner's to bring back.", { path: PATH })
  throw new AppError('FORBIDDEN', reason, MESSAGES[reason] ?? 'Not for you to do.')
}
