import { record } from '../audit/audit.js'
import { holdActor, isActingStaff, noSuchUser } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Viewer } from '../lib/viewer.js'
import { noSuchContent } from './authoring.js'
import { findCreator, findGrantForUpdate, findRecipient } from './grant-queries.js'
import { GRANT_CHANGED } from './types.js'
import type { GrantRow } from './types.js'
import { endGrant, findContentForUpdate, insertGrant } from './write-queries.js'

/** What is to be opened, to whom, until when and why. */
export interface GrantOrder {
  readonly userId: string
  readonly target: { readonly contentId: string } | { readonly creatorId: string }
  readonly endsAt: Date | null
  readonly reason: string
  readonly idempotencyKey: string | null
}

/**
 * Lets somebody open one post, or all that subscribers of a creator see: a creator their own, as a gift; staff any, for a
 * reason. Idempotent under the key. Audited.
 * @throws NOT_FOUND node_not_found; FORBIDDEN account_limited; CONFLICT self_action; INVALID instant_in_past
 */
export async function grantAccess(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...order }: GrantOrder,
  now: Date,
): Promise<Remembered<{ grantId: string }>> {
  const call = { scope: viewer.userId, mutation: 'grantAccess', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const { creatorId, contentId } = await getTarget(tx, viewer, order)
    if (order.userId === creatorId)
      throw new AppError('CONFLICT', 'self_action', 'Creators open their own posts anyway.', {
        path: ['input', 'userId'],
      })
    if (!(await findRecipient(tx, order.userId, viewer.userId))) throw noSuchUser(['input', 'userId'])
    if (order.endsAt && order.endsAt <= now)
      throw new AppError('INVALID', 'grant_ended', 'A grant ends in the future.', { path: ['input', 'endsAt'] })
    const isOwn = creatorId === viewer.userId
    const terms = {
      userId: order.userId,
      creatorId,
      contentId,
      source: isOwn ? 'GIFT' : 'STAFF',
      startsAt: now,
      endsAt: order.endsAt,
    } as const
    const { id } = await insertGrant(tx, { ...terms, grantedById: viewer.userId, note: order.reason })
    const step = { action: 'grant.given', grant: { id, ...terms }, reason: order.reason, after: terms } as const
    await recordGrant(tx, viewer, step, now)
    await emitGrant(tx, { id, ...terms }, now)
    return { grantId: id }
  })
}

/** The creator and the post to be opened. Whatever is not the viewer's own is not there, but for staff. */
async function getTarget(
  tx: Tx,
  viewer: Viewer,
  { target }: Pick<GrantOrder, 'target'>,
): Promise<{ creatorId: string; contentId: string | null }> {
  const mayGive = (creatorId: string): boolean => creatorId === viewer.userId || isActingStaff(viewer)
  if ('contentId' in target) {
    const post = await findContentForUpdate(tx, target.contentId)
    if (!post || post.purgedAt || !mayGive(post.creatorId)) throw noSuchContent()
    return { creatorId: post.creatorId, contentId: post.id }
  }
  if (!mayGive(target.creatorId) || !(await findCreator(tx, target.creatorId))) throw noSuchUser(['input', 'creatorId'])
  return { creatorId: target.creatorId, contentId: null }
}

/**
 * Takes back a grant that was given, not bought; whatever it opened closes at once. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT grant_ended
 */
export async function revokeGrant(
  tx: Tx,
  viewer: Viewer,
  { grantId, reason }: { readonly grantId: string; readonly reason: string },
  now: Date,
): Promise<void> {
  await holdActor(tx, viewer.userId, now)
  const grant = await findGrantForUpdate(tx, grantId)
  if (!grant || !mayRevoke(viewer, grant))
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such EntitlementGrant.', { path: ['input', 'grantId'] })
  if (grant.revokedAt || (grant.endsAt && grant.endsAt <= now))
    throw new AppError('CONFLICT', 'grant_ended', 'The grant has ended already.', { path: ['input', 'grantId'] })
  const isOwn = grant.creatorId === viewer.userId
  await endGrant(tx, grantId, isOwn ? 'CANCELLED' : 'STAFF', now)
  const change = { before: { revokedAt: null }, after: { revokedAt: now } }
  await recordGrant(tx, viewer, { action: 'grant.revoked', grant, reason, ...change }, now)
  await emitGrant(tx, grant, now)
}

/** What was bought ends by a refund; a creator takes back their own gifts, staff whatever was given. */
const mayRevoke = (viewer: Viewer, { source, creatorId }: GrantRow): boolean =>
  (source === 'GIFT' && creatorId === viewer.userId) ||
  ((source === 'GIFT' || source === 'STAFF') && isActingStaff(viewer))

interface GrantStep {
  readonly action: 'grant.given' | 'grant.revoked'
  readonly grant: Pick<GrantRow, 'id' | 'userId' | 'creatorId'>
  readonly reason: string
  readonly before?: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
}

function recordGrant(tx: Tx, viewer: Viewer, { grant, ...step }: GrantStep, now: Date): Promise<void> {
  const isOwn = grant.creatorId === viewer.userId
  return record(
    tx,
    {
      ...step,
      category: isOwn ? 'CONTENT_MODIFICATION' : 'ADMINISTRATIVE',
      severity: isOwn ? 'LOW' : 'MEDIUM',
      subject: { table: 'entitlement_grants', id: grant.id },
      userId: grant.userId,
      ...(!isOwn && { adminId: viewer.userId }),
      description: step.action === 'grant.given' ? 'Gave access.' : 'Took access back.',
    },
    now,
  )
}

const emitGrant = (
  tx: Tx,
  { id, userId, creatorId, contentId }: Pick<GrantRow, 'id' | 'userId' | 'creatorId' | 'contentId'>,
  now: Date,
): Promise<bigint> =>
  emit(
    tx,
    { stream: `grants:${userId}`, type: GRANT_CHANGED, payload: { grantId: id, userId, creatorId, contentId } },
    now,
  )
