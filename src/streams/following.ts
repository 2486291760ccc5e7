import { setTimeout as sleep } from 'node:timers/promises'
import { accessTo, findReading, findVisibleContent, watchAccess } from '../content/content.js'
import type { Access, ContentAsking } from '../content/content.js'
import type { ContentRow } from '../content/types.js'
import type { Bus } from '../lib/bus.js'
import { earliestOf } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db, Origin } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { followStream } from '../lib/following.js'
import { uuidOf } from '../lib/ids.js'
import type { Admission, LiveEvent, LiveServices } from '../lib/live.js'
import { log } from '../lib/log.js'
import { begin, LISTENING, mapped } from '../lib/sources.js'
import type { Source } from '../lib/sources.js'
import type { Viewer } from '../lib/viewer.js'
import { findParted } from '../social/social.js'
import { BLOCKS_TOPIC } from '../social/types.js'
import { noSuchStream } from './airing.js'
import { beaterOf } from './beating.js'
import type { StreamsLoaders } from './loaders.js'
import { listLinesById } from './chat-queries.js'
import {
  CHAT_SAID,
  chatEvents,
  JOINED_TOPIC,
  SANCTIONS_TOPIC,
  sessionAt,
  STREAM_CANCELLED,
  STREAM_CHAT_CHANGED,
  STREAM_ENDED,
  STREAM_INTERRUPTED,
  STREAM_RESUMED,
  STREAM_SCHEDULED,
  STREAM_STARTED,
  streamEvents,
} from './types.js'
import type { ChatEventRow, StreamUpdateRow, ViewerCountRow } from './types.js'
import { asksForAge } from './watching.js'
import { findViewerCount, hasJoined, isBanned, writeViewerCount } from './watch-queries.js'
import type { Device } from './watch-queries.js'

/** Who follows a stream. */
export interface FollowAsking extends ContentAsking, Origin {
  readonly bus: Bus
  readonly loaders: ContentAsking['loaders'] & StreamsLoaders
  readonly signal?: AbortSignal
}

/** The arguments of what follows a stream. */
export interface FollowArgs {
  readonly streamId: string
  readonly after?: bigint | null | undefined
}

/** How often the people who watch are counted while anybody wants to know. */
const COUNT_EVERY_MS = 500

export const streamIdOf = ({ streamId }: FollowArgs): string => uuidOf('LiveStream', streamId, ['streamId'])

/**
 * How a stream that the viewer may know of opens for them, and until when, should nothing happen.
 * @throws NOT_FOUND node_not_found; FORBIDDEN banned_in_stream
 */
async function getFollowed(
  args: FollowArgs,
  asking: FollowAsking,
): Promise<{ readonly access: Access; readonly until: Date | null }> {
  const { loaders, viewer, db, now } = asking
  const stream = await loaders.stream.load(streamIdOf(args))
  const content = stream && (await findVisibleContent(stream.contentId, asking))
  if (!content) throw noSuchStream(['streamId'])
  if (viewer && (await isBanned(db, stream, viewer.userId, now)))
    throw new AppError('FORBIDDEN', 'banned_in_stream', 'You were banned from it.')
  const access = accessTo(content, asking)
  return { access, until: earliestOf([access.grant?.endsAt, await findEndOfProof(content, asking)]) }
}

/** When the viewer's proof of age ends, where the post asks for one; null without an end in sight. */
async function findEndOfProof(
  content: Pick<ContentRow, 'isAgeRestricted'>,
  { db, viewer, config }: FollowAsking,
): Promise<Date | null> {
  if (!viewer?.isAgeVerified || !asksForAge(content, config)) return null
  return (await findReading(db, viewer.userId, config.ageGate === 'platform')).ageVerifiedUntil
}

/** Admits whoever may know of a stream. */
export async function admitToNews(args: FollowArgs, asking: FollowAsking): Promise<Admission> {
  const { until } = await getFollowed(args, asking)
  return { until }
}

/** Admits whoever the stream opens for, to all but the words of those whom a block parts from them. @throws FORBIDDEN content_locked as well */
export async function admitToChat(args: FollowArgs, asking: FollowAsking): Promise<Admission> {
  const { access, until } = await getFollowed(args, asking)
  if (!access.isOpen) throw new AppError('FORBIDDEN', 'content_locked', 'The stream does not open, or not any more.')
  const { db, viewer } = asking
  const without = viewer && (await findParted(db, viewer.userId))
  return without && without.size > 0 ? { until, without } : { until }
}

/** Calls `listener` when what a stream's opening hangs on may have changed; answers how to stop. */
export async function watchAdmission(
  args: FollowArgs,
  { loaders, bus, viewer }: FollowAsking,
  listener: () => void,
): Promise<() => void> {
  const stream = await loaders.stream.load(streamIdOf(args))
  // of what is not there nobody is admitted to anything
  if (!stream) return () => undefined
  const { contentId, creatorId } = stream
  const stops = [watchAccess(bus, { id: contentId, creatorId }, viewer?.userId ?? null, listener)]
  if (viewer)
    for (const topic of [BLOCKS_TOPIC, SANCTIONS_TOPIC]) stops.push(bus.onSignal(topic, viewer.userId, listener))
  return () => {
    for (const stop of stops) stop()
  }
}

/**
 * As `watchAdmission`, and keeps present for as long as it lasts whoever has joined the stream in this session, or joins it
 * meanwhile, without a device of their own naming.
 */
export async function watchPresence(args: FollowArgs, asking: FollowAsking, listener: () => void): Promise<() => void> {
  const { viewer, bus } = asking
  if (!viewer) return watchAdmission(args, asking, listener)
  const device = { streamId: streamIdOf(args), userId: viewer.userId, deviceId: viewer.sessionId }
  const stop = await watchAdmission(args, asking, () => {
    beaterOf(bus).doubt(device)
    listener()
  })
  const stopBeating = beatOnceJoined(device, viewer, asking, listener)
  return () => {
    stopBeating()
    stop()
  }
}

/** Shows life for a session once it has joined, and costs nothing before: most of those who want to know the number never do. */
function beatOnceJoined(
  device: Device,
  viewer: Viewer,
  { db, bus, config, actorId, sessionId, requestId }: FollowAsking,
  onRefused: () => void,
): () => void {
  const beater = beaterOf(bus)
  const listener = { device, viewer, config, onRefused, db, actorId, sessionId, requestId }
  let isOver = false
  const begin = (): void => {
    hasJoined(db, device).then(
      (isJoined) => {
        if (isJoined && !isOver) beater.add(listener)
      },
      (error: unknown) => {
        log.warn({ err: error }, 'streams: whether somebody has joined is not known')
      },
    )
  }
  const stopListening = bus.onSignal(JOINED_TOPIC, sessionAt(device), begin)
  begin()
  return () => {
    isOver = true
    stopListening()
    beater.remove(listener)
  }
}

/** How many watch a stream: at once, and whenever it is another number, at most twice a second. Ends with the stream. */
export const viewerCounts = (
  args: FollowArgs,
  { db }: LiveServices,
  signal: AbortSignal,
): Promise<AsyncIterable<LiveEvent<ViewerCountRow>>> => begin(counts(db, streamIdOf(args), signal), signal)

async function* counts(db: Db, streamId: string, signal: AbortSignal): Source<LiveEvent<ViewerCountRow>> {
  let count = await countViewers(db, streamId)
  yield LISTENING
  for (let last: bigint | null = null; count; count = signal.aborted ? null : await countViewers(db, streamId)) {
    const { sequence, written: viewers, peakViewers, isOver } = count
    if (sequence !== last) yield { sequence: null, value: { streamId, sequence, viewers, peakViewers } }
    last = sequence
    if (isOver) return
    await sleep(COUNT_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function countViewers(db: Db, streamId: string) {
  const count = await findViewerCount(db, streamId)
  if (!count || count.isOver || count.viewers === count.written) return count
  const origin = { db, actorId: null, sessionId: null, requestId: 'stream-count' }
  await transaction(origin, (tx) => writeViewerCount(tx, streamId, count.viewers))
  return findViewerCount(db, streamId)
}

/** What is said in a stream's chat, and what is taken down. @throws NOT_FOUND invalid_cursor */
export async function chatOf(
  args: FollowArgs,
  { db, bus }: LiveServices,
  signal: AbortSignal,
): Promise<AsyncIterable<LiveEvent<ChatEventRow>>> {
  const events = await followStream(db, bus, chatEvents(streamIdOf(args)), { after: args.after ?? null, signal })
  return mapped(events, async ({ id, sequence, type, payload }) => {
    const { lineId } = payload as { lineId: string }
    const [line] = await listLinesById(db, [lineId])
    if (!line) return null
    const value: ChatEventRow = { id, sequence, kind: type === CHAT_SAID ? 'SAID' : 'DELETED', line }
    // that a line is missing would tell who gave an anonymous tip
    return line.tipIsAnonymous ? { sequence, value } : { sequence, value, actorId: line.authorId }
  })
}

const KINDS: Readonly<Record<string, StreamUpdateRow['kind']>> = {
  [STREAM_SCHEDULED]: 'SCHEDULED',
  [STREAM_STARTED]: 'STARTED',
  [STREAM_INTERRUPTED]: 'INTERRUPTED',
  [STREAM_RESUMED]: 'RESUMED',
  [STREAM_ENDED]: 'ENDED',
  [STREAM_CANCELLED]: 'CANCELLED',
  [STREAM_CHAT_CHANGED]: 'CHAT_CHANGED',
}

/** What happens to a stream. @throws NOT_FOUND invalid_cursor */
export async function streamUpdates(
  args: FollowArgs,
  { db, bus }: LiveServices,
  signal: AbortSignal,
): Promise<AsyncIterable<LiveEvent<StreamUpdateRow>>> {
  const streamId = streamIdOf(args)
  const events = await followStream(db, bus, streamEvents(streamId), { after: args.after ?? null, signal })
  return mapped(events, ({ id, sequence, type, createdAt }) => {
    const kind = KINDS[type]
    // an alarm is for the creator alone, who is told of it
    return kind ? { sequence, value: { id, streamId, sequence, kind, createdAt } } : null
  })
}
