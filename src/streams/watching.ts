import { holdActor } from '../accounts/accounts.js'
import { accessTo, listContentById, readingOf } from '../content/content.js'
import type { Access, ContentAsking } from '../content/content.js'
import type { ContentRow } from '../content/types.js'
import { addMs, DAY_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { signal } from '../lib/signals.js'
import { signedIn } from '../lib/viewer.js'
import type { DeviceType } from '../generated/prisma/enums.js'
import { noSuchStream } from './airing.js'
import { isOnAirAt } from './standing.js'
import { JOINED_TOPIC, sessionAt } from './types.js'
import type { StreamRow } from './types.js'
import {
  countOtherDevices,
  deleteSomeLeases,
  extendPresence,
  findStreamForShare,
  hasJoined,
  isBanned,
  shortenPresence,
} from './watch-queries.js'

/** How long after a sign of life somebody counts as present. */
export const LEASE_MS = 30 * SECOND_MS
/** Devices of one person at one stream. */
const MAX_DEVICES = 10
const LEASE_BATCH = 5_000

/** Who watches, as access is decided for them. */
export type Watching = Pick<ContentAsking, 'viewer' | 'config'>

/** Where somebody watches, and on what. */
export interface WatchOrder {
  readonly streamId: string
  readonly deviceId: string
  readonly deviceType: DeviceType
  /** Whether the device joins; otherwise it must have joined before. */
  readonly isNew: boolean
}

/** Somebody present: at which stream, by which right, until when unless they show life. */
export interface Present {
  readonly stream: StreamRow
  readonly content: ContentRow
  readonly access: Access
  readonly until: Date
}

/**
 * Counts somebody as present for half a minute more: on whatever device, they are one person. Presence ends with the grant that
 * opens the stream, should that come first. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT content_locked, stream_state, banned_in_stream, not_in_stream, too_many_devices;
 * FORBIDDEN account_limited
 */
export async function watchStream(tx: Tx, watching: Watching, order: WatchOrder, now: Date): Promise<Present> {
  const { userId, sessionId } = signedIn({ ...watching, now })
  // one device of a person after the other
  await holdActor(tx, userId, now)
  const { stream, content, access } = await getWatchable(tx, watching, order.streamId, now)
  if (!isOnAirAt(stream, now)) throw refused('stream_state', 'The stream is not on air.')
  const device = { streamId: stream.id, userId, deviceId: order.deviceId }
  if (!order.isNew && !(await hasJoined(tx, device))) throw refused('not_in_stream', 'Join the stream first.')
  if ((await countOtherDevices(tx, device, now)) >= MAX_DEVICES)
    throw refused('too_many_devices', `At most ${String(MAX_DEVICES)} devices at a time.`)
  const leaseEnd = addMs(now, LEASE_MS)
  const grantEnd = access.grant?.endsAt
  const until = grantEnd && grantEnd < leaseEnd ? grantEnd : leaseEnd
  await extendPresence(tx, { ...device, deviceType: order.deviceType, grantId: access.grant?.id ?? null, until }, now)
  if (order.isNew && order.deviceId === sessionId) await signal(tx, JOINED_TOPIC, [sessionAt(device)])
  return { stream, content, access, until }
}

const refused = (
  reason: 'stream_state' | 'not_in_stream' | 'too_many_devices' | 'content_locked' | 'banned_in_stream',
  message: string,
): AppError => new AppError('CONFLICT', reason, message, { path: ['input', 'streamId'] })

/**
 * A stream that opens for a viewer and cannot end until the transaction does.
 * @throws NOT_FOUND node_not_found; CONFLICT content_locked, banned_in_stream
 */
export async function getWatchable(
  tx: Tx,
  watching: Watching,
  streamId: string,
  now: Date,
): Promise<{ readonly stream: StreamRow; readonly content: ContentRow; readonly access: Access }> {
  const { userId } = signedIn({ ...watching, now })
  const stream = await findStreamForShare(tx, streamId)
  const [content] = stream ? await listContentById(tx, [stream.contentId], readingOf({ ...watching, now })) : []
  if (!stream || !content) throw noSuchStream()
  const access = accessTo(content, { ...watching, now })
  if (!access.isVisible) throw noSuchStream()
  if (!access.isOpen) throw refused('content_locked', 'The stream does not open.')
  if (await isBanned(tx, stream, userId, now)) throw refused('banned_in_stream', 'You were banned from it.')
  return { stream, content, access }
}

/** Whether a stream opens for people of proven age only. */
export const asksForAge = (
  { isAgeRestricted }: Pick<ContentRow, 'isAgeRestricted'>,
  { ageGate }: Watching['config'],
): boolean => isAgeRestricted || ageGate === 'platform'

/** Says that a device watches no more, until it joins again; whoever watches on another one stays present. */
export async function leaveStream(
  tx: Tx,
  { userId, streamId, deviceId }: { readonly userId: string; readonly streamId: string; readonly deviceId: string },
  now: Date,
): Promise<void> {
  await holdActor(tx, userId, now)
  await shortenPresence(tx, { streamId, userId, deviceId }, now)
}

/** Forgets leases that ran out long ago; the intervals stay. */
export async function forgetLeases(origin: Origin): Promise<void> {
  const forgetNext = (): Promise<number> =>
    transaction(origin, (tx, now) => deleteSomeLeases(tx, addMs(now, -DAY_MS), LEASE_BATCH))
  while ((await forgetNext()) === LEASE_BATCH);
}
