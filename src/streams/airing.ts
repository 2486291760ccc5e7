import { randomUUID } from 'node:crypto'
import { holdActor } from '../accounts/accounts.js'
import { record } from '../audit/audit.js'
import { stateAt } from '../content/content.js'
import { addMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { doAllDue } from '../lib/due.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { enqueue } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'
import { countEngagement } from './chat-queries.js'
import { RECONNECT_MS, standingAt, WAITING_MS } from './standing.js'
import {
  settleStreamJob,
  STREAM_CANCELLED,
  STREAM_ENDED,
  STREAM_INTERRUPTED,
  STREAM_RESUMED,
  STREAM_STARTED,
  streamEvents,
} from './types.js'
import type { StreamRow } from './types.js'
import {
  closeIngest,
  closeSomeAccess,
  findOnAirForUpdate,
  findOnAirOfAbsent,
  findStreamForUpdate,
  findStreamOfDeletedPost,
  insertIngest,
  listOverdue,
  setEnded,
  setInterrupted,
  setLive,
} from './write-queries.js'
import type { HeldStream, StreamEnd } from './write-queries.js'

const PATH = ['input', 'streamId']

export const noSuchStream = (path: readonly string[] = PATH): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such LiveStream.', { path })

const wrongState = (message: string): AppError => new AppError('CONFLICT', 'stream_state', message, { path: PATH })

/** Holds whoever acts and a stream of their own. @throws NOT_FOUND node_not_found; FORBIDDEN account_limited */
export async function getOwnStream(tx: Tx, viewer: Viewer, streamId: string, now: Date): Promise<HeldStream> {
  await holdActor(tx, viewer.userId, now)
  const stream = await findStreamForUpdate(tx, streamId)
  if (stream?.creatorId !== viewer.userId) throw noSuchStream()
  return stream
}

/**
 * Puts a stream on air; where encoders are asked for their keys, as soon as one comes. Starting one that is on air changes
 * nothing. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT stream_state, stream_on_air, content_state; FORBIDDEN account_limited
 */
export async function startStream(
  tx: Tx,
  viewer: Viewer,
  { streamId, asksEncoders }: { readonly streamId: string; readonly asksEncoders: boolean },
  now: Date,
): Promise<void> {
  const stream = await getOwnStream(tx, viewer, streamId, now)
  const { state } = standingAt(stream, now)
  if (state === 'LIVE' || state === 'INTERRUPTED') return
  if (state !== 'SCHEDULED') throw wrongState('A stream that is over does not begin again.')
  await checkMayAir(tx, stream, now)
  if (asksEncoders) await waitForEncoder(tx, stream, now)
  else await goOnAir(tx, stream, { keyId: null, connectionId: `creator:${randomUUID()}` }, now)
  await recordStream(tx, stream, { action: 'stream.started', description: 'Put a stream on air.' }, now)
}

/**
 * Whether a creator, who is held, may go on air with a stream: its post is there, and nothing else of theirs is on air.
 * @throws CONFLICT stream_on_air, content_state
 */
export async function checkMayAir(tx: Tx, stream: HeldStream, now: Date): Promise<void> {
  if (stateAt(stream.content, now) !== 'PUBLISHED')
    throw new AppError('CONFLICT', 'content_state', 'Its post is not published.', { path: PATH })
  const other = await findOnAirForUpdate(tx, stream.creatorId)
  if (!other || other.id === stream.id) return
  if (await settle(tx, other, now)) return
  throw new AppError('CONFLICT', 'stream_on_air', 'Another stream is on air: end it first.', { path: PATH })
}

/** A connection by which a stream is broadcast. */
export interface NewConnection {
  readonly keyId: string | null
  readonly connectionId: string
}

/** A stream that is held is on air from now on, by this connection. */
export async function goOnAir(tx: Tx, stream: HeldStream, connection: NewConnection, now: Date): Promise<void> {
  await insertIngest(tx, { ...connection, streamId: stream.id }, now)
  await setLive(tx, stream.id, now)
  await emitStream(tx, stream.startedAt ? STREAM_RESUMED : STREAM_STARTED, stream, now)
}

async function waitForEncoder(tx: Tx, stream: HeldStream, now: Date): Promise<void> {
  await holdUntil(tx, stream, now, addMs(now, WAITING_MS))
  await emitStream(tx, STREAM_INTERRUPTED, stream, now)
}

/** The encoder of a stream, which is held, has been away since `at`. */
export async function interruptStream(
  tx: Tx,
  stream: HeldStream,
  { at, reason }: { readonly at: Date; readonly reason: string },
  now: Date,
): Promise<void> {
  await closeIngest(tx, stream.id, at, reason)
  await holdUntil(tx, stream, at, addMs(at, RECONNECT_MS))
  await emitStream(tx, STREAM_INTERRUPTED, stream, now)
}

async function holdUntil(tx: Tx, { id }: HeldStream, at: Date, until: Date): Promise<void> {
  await setInterrupted(tx, id, at, until)
  await enqueue(tx, settleStreamJob, { streamId: id }, { runAt: until, key: `stream:${id}` })
}

/**
 * Ends a stream that is on air, for good. Ending one that is over changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT stream_state; FORBIDDEN account_limited
 */
export async function endStream(tx: Tx, viewer: Viewer, streamId: string, now: Date): Promise<void> {
  const stream = await getOwnStream(tx, viewer, streamId, now)
  const { state } = standingAt(stream, now)
  if (state === 'SCHEDULED') throw wrongState('What has not begun is called off, not ended.')
  if (state === 'ENDED' || state === 'CANCELLED') return
  const reason = stream.startedAt ? 'CREATOR' : 'NEVER_STARTED'
  await finishStream(tx, stream, { state: 'ENDED', at: now, reason }, now)
}

/**
 * Calls off a stream that has not begun. Calling it off again changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT stream_state; FORBIDDEN account_limited
 */
export async function cancelStream(tx: Tx, viewer: Viewer, streamId: string, now: Date): Promise<void> {
  const stream = await getOwnStream(tx, viewer, streamId, now)
  const { state } = standingAt(stream, now)
  if (state === 'CANCELLED') return
  if (state !== 'SCHEDULED') throw wrongState('What has begun is ended, not called off.')
  await finishStream(tx, stream, { state: 'CANCELLED', at: now, reason: 'CREATOR' }, now)
}

/** Ends a stream that is held, with all that hangs on it; what takes long follows in a job. Audited. */
export async function finishStream(tx: Tx, stream: HeldStream, end: StreamEnd, now: Date): Promise<void> {
  await closeIngest(tx, stream.id, end.at, end.reason.toLowerCase())
  await setEnded(tx, stream, end)
  await enqueue(tx, settleStreamJob, { streamId: stream.id }, { key: `stream:${stream.id}` })
  const isCancelled = end.state === 'CANCELLED'
  await emitStream(tx, isCancelled ? STREAM_CANCELLED : STREAM_ENDED, stream, now)
  const entry = {
    action: isCancelled ? 'stream.cancelled' : 'stream.ended',
    before: { state: stream.state },
    after: { state: end.state, endReason: end.reason },
    description: isCancelled ? 'A stream was called off.' : 'A stream ended.',
  }
  await recordStream(tx, stream, entry, now)
}

/** Writes down the end of a stream, which is held, whose time is over or whose post was taken down; false where neither is so. */
async function settle(tx: Tx, stream: HeldStream, now: Date): Promise<boolean> {
  const { state, endedAt, endReason } = standingAt(stream, now)
  if (stream.endedAt) return true
  if (stream.content.removedAt && state !== 'ENDED') {
    await finishStream(tx, stream, { state: 'ENDED', at: now, reason: 'MODERATION' }, now)
    return true
  }
  if (state !== 'ENDED' || !endedAt || !endReason) return false
  await finishStream(tx, stream, { state, at: endedAt, reason: endReason }, now)
  return true
}

/** Brings a stream to its end, if its time is over: its row, and everybody's presence. Doing it again changes nothing. */
export async function settleStream(origin: Origin, streamId: string): Promise<void> {
  const isOver = await transaction(origin, async (tx, now) => {
    const stream = await findStreamForUpdate(tx, streamId)
    return stream !== null && (await settle(tx, stream, now))
  })
  if (!isOver) return
  const closeNext = (): Promise<boolean> =>
    transaction(origin, async (tx) => {
      const stream = await findStreamForUpdate(tx, streamId)
      return stream?.endedAt ? closeSomeAccess(tx, streamId, stream.endedAt) : false
    })
  while (await closeNext());
  const countNext = (after: string | null): Promise<string | null> =>
    transaction(origin, (tx) => countEngagement(tx, streamId, after))
  for (let last = await countNext(null); last !== null;) last = await countNext(last)
}

/** Settles what is over by its time and was not settled then. */
export const settleDueStreams = (origin: Origin): Promise<void> =>
  doAllDue({
    list: (limit) => transaction(origin, (tx, now) => listOverdue(tx, now, limit)),
    act: ({ id }) => settleStream(origin, id),
    failure: { one: 'a stream could not be settled', many: 'streams could not be settled' },
    idName: 'streamId',
  })

/** Tells of what happens to a stream. */
export const emitStream = (
  tx: Tx,
  type: string,
  { id, contentId, creatorId }: Pick<StreamRow, 'id' | 'contentId' | 'creatorId'>,
  now: Date,
): Promise<bigint> => emit(tx, { stream: streamEvents(id), type, payload: { streamId: id, contentId, creatorId } }, now)

/** Writes down what became of a stream. */
export const recordStream = (
  tx: Tx,
  { id, creatorId }: Pick<StreamRow, 'id' | 'creatorId'>,
  entry: Pick<Parameters<typeof record>[1], 'action' | 'before' | 'after' | 'description'>,
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      ...entry,
      category: 'CONTENT_MODIFICATION',
      severity: 'LOW',
      subject: { table: 'live_streams', id },
      userId: creatorId,
    },
    now,
  )

/** Calls off a stream whose post was deleted; what is on air is ended first. */
export async function cancelWithPost(tx: Tx, contentId: string, now: Date): Promise<void> {
  const stream = await findStreamOfDeletedPost(tx, contentId)
  if (!stream || (await settle(tx, stream, now))) return
  await finishStream(tx, stream, { state: 'CANCELLED', at: now, reason: 'CREATOR' }, now)
}

/** Ends what is on air, and calls off what is announced, of somebody whose account is closed. Doing it again changes nothing. */
export async function streamsFollowStanding(origin: Origin, creatorId: string): Promise<void> {
  const endNext = (): Promise<boolean> =>
    transaction(origin, async (tx, now) => {
      const stream = await findOnAirOfAbsent(tx, creatorId, now)
      if (stream && !(await settle(tx, stream, now)))
        await finishStream(tx, stream, { state: 'ENDED', at: now, reason: 'MODERATION' }, now)
      return stream !== null
    })
  while (await endNext());
}
