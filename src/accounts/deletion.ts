import { record } from '../audit/audit.js'
import { destroyUserKeys, keyedHash } from '../keys/keys.js'
import { hasMoney } from '../ledger/ledger.js'
import { addMs, DAY_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { doAllDue } from '../lib/due.js'
import { AppError } from '../lib/errors.js'
import { enqueue } from '../lib/jobs.js'
import type { Mailer } from '../lib/mail.js'
import type { Viewer } from '../lib/viewer.js'
import { reauthenticate, revokeSessions } from '../sessions/sessions.js'
import type { Request } from '../sessions/types.js'
import { emitChange, enqueueStandingChanged, noSuchUser } from './changes.js'
import { addressOf } from './emails.js'
import { eraseRows, listDueForErasure } from './erasure-queries.js'
import { deletionMail } from './mails.js'
import { erasedUsername, foldedUsername } from './names.js'
import { getUsersForUpdate, listAccountsById, reserveUsername, updateUser } from './queries.js'
import type { HeldUser } from './queries.js'
import { statusAt } from './standing.js'
import { checkAdminsLeft } from './statuses.js'
import { mailDeletionJob, STATUS_CHANGED } from './types.js'

/** How long a deleted account can come back. */
const COME_BACK_MS = 30 * DAY_MS

/**
 * Closes the account of whoever asks, by their password, and a code where a second factor is confirmed. Other sessions
 * end, this one becomes limited; others see a shell. Answers until when it can come back. What is in the wallet or was earned
 * is given up only by who says so; the ledger keeps it under their pseudonym. Audited.
 * @throws INVALID wrong_password, code_required, wrong_code; CONFLICT last_admin, money_left; LIMITED rate_limited
 */
export async function deleteAccount(
  request: Request,
  viewer: Viewer,
  {
    forfeitsMoney,
    ...proof
  }: { readonly password: string; readonly code: string | null; readonly forfeitsMoney: boolean },
): Promise<Date> {
  await reauthenticate(request, viewer, proof)
  return await transaction(request, async (tx, now) => {
    const user = await held(tx, viewer.userId)
    if (statusAt(user, now) !== 'ACTIVE')
      throw new AppError('CONFLICT', 'status_transition', 'Only an account in good standing can be deleted.')
    if (user.accountType === 'ADMIN') await checkAdminsLeft(tx, user.id, now)
    if (!forfeitsMoney && (await hasMoney(tx, user.id, now)))
      throw new AppError(
        'CONFLICT',
        'money_left',
        'There is money in the wallet, earned or on its way: spend it, have it paid out, or set forfeitsMoney.',
        { path: ['input', 'forfeitsMoney'] },
      )
    const purgeAfter = addMs(now, COME_BACK_MS)
    const change = { accountStatus: 'DELETED', deletedAt: now, purgeAfter, suspendedUntil: null } as const
    await updateUser(tx, user.id, { ...change, statusReason: null, statusChangedAt: now, statusChangedById: user.id })
    await recordStep(
      tx,
      user,
      {
        action: 'account.deleted',
        severity: 'HIGH',
        after: { ...change, forfeitsMoney },
        description: 'Deleted their account.',
      },
      now,
    )
    await emitChange(tx, user.id, STATUS_CHANGED, now)
    await revokeSessions(tx, user.id, { reason: 'ACCOUNT_STATUS', except: viewer.sessionId }, now)
    await enqueueStandingChanged(tx, user.id)
    await enqueue(tx, mailDeletionJob, { userId: user.id })
    return purgeAfter
  })
}

/**
 * Brings back the account of whoever asks, as it was. An account in good standing stays as it is. Audited.
 * @throws CONFLICT not_deleted of a suspended or banned account, restore_expired
 */
export async function restoreAccount(tx: Tx, viewer: Viewer, now: Date): Promise<void> {
  const user = await held(tx, viewer.userId)
  const status = statusAt(user, now)
  if (status === 'ACTIVE') return
  if (status !== 'DELETED') throw new AppError('CONFLICT', 'not_deleted', 'The account is not deleted.')
  if (!user.purgeAfter || user.purgeAfter <= now)
    throw new AppError('CONFLICT', 'restore_expired', 'The 30 days are over.')
  const change = { accountStatus: 'ACTIVE', deletedAt: null, purgeAfter: null } as const
  await updateUser(tx, user.id, { ...change, statusChangedAt: now, statusChangedById: user.id })
  await recordStep(
    tx,
    user,
    { action: 'account.restored', severity: 'MEDIUM', after: change, description: 'Brought back their account.' },
    now,
  )
  await emitChange(tx, user.id, STATUS_CHANGED, now)
  await enqueueStandingChanged(tx, user.id)
}

async function held(tx: Tx, userId: string): Promise<HeldUser> {
  const user = (await getUsersForUpdate(tx, [userId])).get(userId)
  if (!user || user.erasedAt) throw noSuchUser()
  return user
}

type Step = Pick<Parameters<typeof record>[1], 'action' | 'severity' | 'after' | 'description'>

const recordStep = (
  tx: Tx,
  { id, accountStatus, deletedAt, purgeAfter }: HeldUser,
  step: Step,
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      ...step,
      category: 'ACCOUNT_CHANGE',
      subject: { table: 'users', id },
      before: { accountStatus, deletedAt, purgeAfter },
    },
    now,
  )

/** Mails word of the deletion, unless it was taken back meanwhile. */
export async function mailDeletion({ db }: Origin, mailer: Mailer, userId: string, jobId: string): Promise<void> {
  const [account] = await listAccountsById(db, [userId])
  const address = await addressOf(db, userId)
  if (!address || !account?.purgeAfter) return
  const mail = deletionMail({ displayName: address.displayName, purgeAfter: account.purgeAfter })
  await mailer.send({ to: address.email, messageId: `deletion-${jobId}`, ...mail })
}

/** Erases the accounts whose 30 days are over, each in a transaction of its own, until none is left. */
export const eraseDueAccounts = (origin: Origin): Promise<void> =>
  doAllDue({
    list: async (limit) =>
      (await transaction(origin, (tx, now) => listDueForErasure(tx, now, limit))).map((id) => ({ id })),
    act: ({ id }) => transaction(origin, (tx, now) => eraseAccount(tx, id, now)),
    failure: { one: 'an account could not be erased', many: 'accounts could not be erased' },
    idName: 'userId',
  })

/**
 * Makes an account's personal data unreadable and takes it away; the row stays as a pseudonym that ledger, decisions and
 * the audit trail refer to. The name stays nobody's. Idempotent. Audited.
 */
async function eraseAccount(tx: Tx, userId: string, now: Date): Promise<void> {
  const user = (await getUsersForUpdate(tx, [userId])).get(userId)
  if (!user || user.erasedAt || user.accountStatus !== 'DELETED' || !user.purgeAfter || user.purgeAfter > now) return
  await destroyUserKeys(tx, userId, now)
  await reserveUsername(tx, keyedHash('username', foldedUsername(user.username)))
  await eraseRows(tx, userId)
  await updateUser(tx, userId, {
    username: erasedUsername(userId),
    displayName: '[deleted]',
    email: null,
    emailIndex: null,
    emailKeyId: null,
    emailVerifiedAt: null,
    passwordHash: null,
    statusReason: null,
    locale: 'en',
    timeZone: 'UTC',
    erasedAt: now,
  })
  await record(
    tx,
    {
      action: 'account.erased',
      category: 'ACCOUNT_CHANGE',
      severity: 'HIGH',
      subject: { table: 'users', id: userId },
      after: { erasedAt: now },
      description: 'Erased an account whose time to come back was over.',
    },
    now,
  )
  await enqueueStandingChanged(tx, userId)
}
