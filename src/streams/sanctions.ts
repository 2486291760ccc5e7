import { getUsersForUpdate, holdActor, noSuchUser } from '../accounts/accounts.js'
import { record } from '../audit/audit.js'
import { addMs, MINUTE_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { signal } from '../lib/signals.js'
import type { Viewer } from '../lib/viewer.js'
import { getOwnStream, recordStream } from './airing.js'
import { insertSanction, liftSanctionRow, liftSanctions, listSanctionsById } from './chat-queries.js'
import type { SanctionPlace } from './chat-queries.js'
import { SANCTIONS_TOPIC } from './types.js'
import type { StreamSanctionKind } from './types.js'
import { listPresent, shortenPresence } from './watch-queries.js'

/** Whom a creator keeps from what, where, and for how long. */
export interface SanctionOrder {
  readonly streamId: string
  readonly userId: string
  readonly kind: StreamSanctionKind
  /** Whether in all of the creator's streams. */
  readonly isEverywhere: boolean
  /** Null for good. */
  readonly minutes: number | null
  readonly reason: string | null
}

/**
 * Keeps somebody from writing in a stream, or from watching it; in the place of what was decided before. Whoever is banned is
 * gone at once. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action; FORBIDDEN account_limited
 */
export async function sanction(tx: Tx, viewer: Viewer, order: SanctionOrder, now: Date): Promise<void> {
  // before the stream, as those who watch do: nobody shows life while they are banned
  if (order.kind === 'BAN') await getUsersForUpdate(tx, [viewer.userId, order.userId])
  const stream = await getOwnStream(tx, viewer, order.streamId, now)
  const { userId, kind, minutes, reason } = order
  if (userId === viewer.userId)
    throw new AppError('CONFLICT', 'self_action', 'Not oneself.', { path: ['input', 'userId'] })
  const place = placeOf(stream.creatorId, order)
  await liftSanctions(tx, place, { liftedById: viewer.userId, now })
  const expiresAt = minutes === null ? null : addMs(now, minutes * MINUTE_MS)
  if (!(await insertSanction(tx, place, { reason, expiresAt, now }))) throw noSuchUser(['input', 'userId'])
  if (kind === 'BAN') {
    const present = await listPresent(tx, stream.creatorId, userId)
    for (const { streamId } of present)
      if (order.isEverywhere || streamId === stream.id)
        await shortenPresence(tx, { streamId, userId, deviceId: null }, now)
    await signal(tx, SANCTIONS_TOPIC, [userId])
  }
  const action = kind === 'BAN' ? 'stream.viewer_banned' : 'stream.viewer_muted'
  const after = { userId, isEverywhere: order.isEverywhere, expiresAt }
  await recordStream(tx, stream, { action, after, description: 'Kept somebody from a stream or its chat.' }, now)
}

/**
 * Lets somebody write or watch again, where they were kept from it. Of nobody's concern it changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; FORBIDDEN account_limited
 */
export async function liftSanction(
  tx: Tx,
  viewer: Viewer,
  order: Pick<SanctionOrder, 'streamId' | 'userId' | 'kind' | 'isEverywhere'>,
  now: Date,
): Promise<void> {
  const stream = await getOwnStream(tx, viewer, order.streamId, now)
  const { userId, kind } = order
  const lifted = await liftSanctions(tx, placeOf(stream.creatorId, order), { liftedById: viewer.userId, now })
  if (lifted === 0) return
  const after = { userId, isEverywhere: order.isEverywhere }
  await recordStream(tx, stream, { action: liftedAction(kind), after, description: LIFTED }, now)
}

/**
 * Lifts one sanction of the viewer's streams, wherever it is. Lifting it again changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; FORBIDDEN account_limited
 */
export async function liftById(tx: Tx, { userId: creatorId }: Viewer, sanctionId: string, now: Date): Promise<void> {
  await holdActor(tx, creatorId, now)
  const [known] = await listSanctionsById(tx, creatorId, [sanctionId])
  if (!known)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such StreamSanction.', { path: ['input', 'sanctionId'] })
  const lifted = await liftSanctionRow(tx, sanctionId, { liftedById: creatorId, now })
  if (!lifted) return
  const { userId, streamId, kind } = lifted
  await record(
    tx,
    {
      action: liftedAction(kind),
      category: 'CONTENT_MODIFICATION',
      severity: 'LOW',
      subject: streamId === null ? { table: 'users', id: creatorId } : { table: 'live_streams', id: streamId },
      userId: creatorId,
      after: { userId, isEverywhere: streamId === null },
      description: LIFTED,
    },
    now,
  )
}

const LIFTED = 'Let somebody back into a stream or its chat.'
const liftedAction = (kind: StreamSanctionKind): string => (kind === 'BAN' ? 'stream.ban_lifted' : 'stream.mute_lifted')

const placeOf = (
  creatorId: string,
  { streamId, userId, kind, isEverywhere }: Pick<SanctionOrder, 'streamId' | 'userId' | 'kind' | 'isEverywhere'>,
): SanctionPlace => ({ creatorId, streamId: isEverywhere ? null : streamId, userId, kind })
