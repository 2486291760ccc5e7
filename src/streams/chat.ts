import { randomUUID } from 'node:crypto'
import { holdActor } from '../accounts/accounts.js'
import type { ContentRow } from '../content/types.js'
import { addMs, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Reason } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { signedIn } from '../lib/viewer.js'
import type { Viewer } from '../lib/viewer.js'
import { findTip } from '../tips/tips.js'
import { emitStream, getOwnStream, recordStream } from './airing.js'
import {
  findLastLineAt,
  findLineForUpdate,
  hasLine,
  insertLine,
  listSanctionsOn,
  markLineDeleted,
  updateChat,
} from './chat-queries.js'
import { refusalToChat } from './rules.js'
import { isOnAirAt, standingAt } from './standing.js'
import { CHAT_DELETED, CHAT_SAID, chatEvents, STREAM_CHAT_CHANGED } from './types.js'
import type { ChatSettings, StreamRow } from './types.js'
import { getWatchable } from './watching.js'
import type { Watching } from './watching.js'
import { findStreamForShare } from './watch-queries.js'

/** What somebody wants to say. */
export interface LineOrder {
  readonly streamId: string
  readonly text: string
  readonly idempotencyKey: string | null
}

/**
 * Says something in the chat of a stream that is on air. Lines of a chat have one order, that of their commits. Idempotent under
 * the key. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT content_locked, banned_in_stream, stream_state, chat_off, chat_subscribers_only,
 * muted_in_stream; LIMITED slow_mode with `retryAfterSeconds`; FORBIDDEN account_limited
 */
export async function sendStreamChat(
  tx: Tx,
  watching: Watching,
  { idempotencyKey, ...order }: LineOrder,
  now: Date,
): Promise<Remembered<{ lineId: string }>> {
  const { userId } = signedIn({ ...watching, now })
  const call = { scope: userId, mutation: 'sendStreamChat', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    // one line of a person after the other: of two at once, slow mode lets one through
    await holdActor(tx, userId, now)
    const { stream, content } = await getWatchable(tx, watching, order.streamId, now)
    await checkMayChat(tx, watching, { stream, content }, now)
    const lineId = await say(tx, { streamId: stream.id, authorId: userId, text: order.text, tipId: null }, now)
    return { lineId }
  })
}

const MESSAGES: Readonly<Partial<Record<Reason, string>>> = {
  stream_state: 'The stream is not on air.',
  chat_off: 'Nobody writes in this chat.',
  chat_subscribers_only: 'Only subscribers write in this chat.',
  muted_in_stream: 'You may read this chat, not write in it.',
}

async function checkMayChat(
  tx: Tx,
  watching: Watching,
  { stream, content }: { readonly stream: StreamRow; readonly content: ContentRow },
  now: Date,
): Promise<void> {
  const { userId } = signedIn({ ...watching, now })
  const [sanctions] = await listSanctionsOn(tx, userId, [stream.id], now)
  const circumstances = {
    isOnAir: isOnAirAt(stream, now),
    isOpen: true,
    isSubscriber: content.bonds.creatorGrant !== null,
    isMuted: sanctions?.isMuted ?? false,
    isBanned: sanctions?.isBanned ?? false,
  }
  const refusal = refusalToChat(watching.viewer, stream, circumstances)
  if (refusal)
    throw new AppError('CONFLICT', refusal, MESSAGES[refusal] ?? 'Not for you to do.', { path: ['input', 'streamId'] })
  if (stream.creatorId === userId || stream.slowModeSeconds === 0) return
  const pauseMs = stream.slowModeSeconds * SECOND_MS
  const lastAt = await findLastLineAt(tx, stream.id, userId, addMs(now, -pauseMs))
  if (lastAt)
    throw new AppError('LIMITED', 'slow_mode', 'The creator lets everybody write only so often.', {
      retryAfterSeconds: Math.ceil((lastAt.getTime() + pauseMs - now.getTime()) / SECOND_MS),
      path: ['input', 'streamId'],
    })
}

/** Writes a line under the next number of its chat. */
async function say(
  tx: Tx,
  line: { readonly streamId: string; readonly authorId: string; readonly text: string; readonly tipId: string | null },
  now: Date,
): Promise<string> {
  const id = randomUUID()
  const { streamId } = line
  const sequence = await emit(
    tx,
    { stream: chatEvents(streamId), type: CHAT_SAID, payload: { streamId, lineId: id } },
    now,
  )
  await insertLine(tx, { id, sequence, ...line }, now)
  return id
}

/**
 * Puts the words of a tip that was given in a stream into its chat, once, as soon as its creator may see it, unless nobody writes
 * there, or the giver does not. The database has one line of a tip: of two jobs at the same time one fails, and finds the line
 * when it is tried again.
 */
export async function sayTip(tx: Tx, tipId: string, now: Date): Promise<void> {
  const tip = await findTip(tx, tipId)
  if (!tip?.streamId || tip.message === null) return
  const stream = await findStreamForShare(tx, tip.streamId)
  if (!stream?.chatEnabled || !isOnAirAt(stream, now) || (await hasLine(tx, tipId))) return
  const [sanctions] = await listSanctionsOn(tx, tip.senderId, [stream.id], now)
  // that a line is missing would tell who gave an anonymous tip
  if (sanctions && !tip.isAnonymous) return
  await say(tx, { streamId: stream.id, authorId: tip.senderId, text: tip.message, tipId }, now)
}

/**
 * Takes a line down: whoever wrote it, or the creator. Taking it down again changes nothing. Audited where the creator does it.
 * @throws NOT_FOUND node_not_found; FORBIDDEN account_limited
 */
export async function deleteStreamChat(tx: Tx, viewer: Viewer, lineId: string, now: Date): Promise<string> {
  await holdActor(tx, viewer.userId, now)
  const line = await findLineForUpdate(tx, lineId)
  if (!line || (line.authorId !== viewer.userId && line.creatorId !== viewer.userId))
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such StreamChatLine.', { path: ['input', 'lineId'] })
  const { streamId, creatorId, authorId } = line
  if (line.deletedAt) return streamId
  await markLineDeleted(tx, lineId, viewer.userId, now)
  await emit(tx, { stream: chatEvents(streamId), type: CHAT_DELETED, payload: { streamId, lineId } }, now)
  if (authorId !== viewer.userId)
    await recordStream(
      tx,
      { id: streamId, creatorId },
      { action: 'stream_chat.deleted', after: { lineId }, description: 'Took a line of a chat down.' },
      now,
    )
  return streamId
}

/**
 * Sets how the chat of a stream is kept, from the next line on. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT stream_state; FORBIDDEN account_limited
 */
export async function updateStreamChat(
  tx: Tx,
  viewer: Viewer,
  { streamId, chat }: { readonly streamId: string; readonly chat: ChatSettings },
  now: Date,
): Promise<void> {
  const stream = await getOwnStream(tx, viewer, streamId, now)
  const { state } = standingAt(stream, now)
  if (state === 'ENDED' || state === 'CANCELLED')
    throw new AppError('CONFLICT', 'stream_state', 'The stream is over.', { path: ['input', 'streamId'] })
  await updateChat(tx, streamId, chat)
  const { chatEnabled, chatSubscribersOnly, slowModeSeconds } = stream
  const before = { chatEnabled, chatSubscribersOnly, slowModeSeconds }
  const entry = {
    action: 'stream.chat_changed',
    before,
    after: { ...chat },
    description: 'Changed how a chat is kept.',
  }
  await recordStream(tx, stream, entry, now)
  await emitStream(tx, STREAM_CHAT_CHANGED, stream, now)
}
