import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { enqueue } from '../lib/jobs.js'
import { userStream } from '../sessions/types.js'
import { getUsersForUpdate } from './queries.js'
import type { HeldUser } from './queries.js'
import { statusAt } from './standing.js'
import { standingChangedJob } from './types.js'
import type { ACCOUNT_CHANGED, ROLE_CHANGED, STATUS_CHANGED } from './types.js'

const MIN_REASON_LENGTH = 3
const MAX_REASON_LENGTH = 500

/** Tells a person's sockets, in every process, that something about their account changed; answers the event's sequence. */
export const emitChange = (
  tx: Tx,
  userId: string,
  type: typeof ACCOUNT_CHANGED | typeof ROLE_CHANGED | typeof STATUS_CHANGED,
  now: Date,
): Promise<bigint> => emit(tx, { stream: userStream(userId), type, payload: { userId } }, now)

/** Has what the person did follow their standing: it goes when they are deleted or banned, and comes back with them. */
export const enqueueStandingChanged = (tx: Tx, userId: string): Promise<void> =>
  enqueue(tx, standingChangedJob, { userId }, { key: `standing:${userId}` })

/** Why a member of staff acts, as the person will read it. @throws INVALID invalid_input */
export function checkedReason(unchecked: string): string {
  const reason = unchecked.trim()
  const isText = !/[^\n\t\P{Cc}]|\p{Surrogate}/u.test(reason)
  if (isText && reason.length >= MIN_REASON_LENGTH && reason.length <= MAX_REASON_LENGTH) return reason
  throw new AppError(
    'INVALID',
    'invalid_input',
    `A reason has ${String(MIN_REASON_LENGTH)} to ${String(MAX_REASON_LENGTH)} characters.`,
    {
      path: ['input', 'reason'],
    },
  )
}

/** No account with this id, or none that anything can be done to. */
export const noSuchUser = (path: readonly string[] = []): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such User.', { path })

/**
 * Holds the account of whoever acts, and asks again whether it is in good standing: an earlier mutation of the same
 * document, or somebody else, may have closed it.
 * @throws FORBIDDEN account_limited
 */
export async function holdActor(tx: Tx, userId: string, now: Date): Promise<HeldUser> {
  const user = (await getUsersForUpdate(tx, [userId])).get(userId)
  if (!user) throw noSuchUser()
  if (statusAt(user, now) !== 'ACTIVE')
    throw new AppError('FORBIDDEN', 'account_limited', 'This account is limited; see viewer.notices.')
  return user
}

/** Holds the account of whoever did something before, as `holdActor` does; whether it is still in good standing. */
export async function holdIfActive(tx: Tx, userId: string, now: Date): Promise<boolean> {
  const user = (await getUsersForUpdate(tx, [userId])).get(userId)
  return user !== undefined && statusAt(user, now) === 'ACTIVE'
}
