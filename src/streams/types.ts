import type { StreamChatEventKind, StreamUpdateKind } from '../generated/graphql.js'
import type { StreamEndReason, StreamSanctionKind, StreamState } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type { StreamEndReason, StreamSanctionKind, StreamState }

/** What decides how far a stream is. */
export interface StreamTimes {
  readonly state: StreamState
  readonly scheduledAt: Date
  readonly startedAt: Date | null
  readonly interruptedAt: Date | null
  readonly reconnectUntil: Date | null
  readonly endedAt: Date | null
  readonly endReason: StreamEndReason | null
}

/** How a chat is kept. */
export interface ChatSettings {
  readonly chatEnabled: boolean
  readonly chatSubscribersOnly: boolean
  readonly slowModeSeconds: number
}

/** A row of `live_streams`. */
export interface StreamRow extends StreamTimes, ChatSettings {
  readonly id: string
  readonly contentId: string
  readonly creatorId: string
  readonly playbackId: string
  readonly isPremium: boolean
  readonly plannedMinutes: number | null
  readonly deliveredSeconds: number
  readonly peakViewers: number
  readonly totalViewers: number
  readonly watchSeconds: bigint
  readonly createdAt: Date
  readonly version: number
}

/** A row of `stream_keys`. */
export interface StreamKeyRow {
  readonly id: string
  readonly creatorId: string
  readonly prefix: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

/** A row of `stream_sanctions`. */
export interface SanctionRow {
  readonly id: string
  readonly creatorId: string
  /** Null for all of the creator's. */
  readonly streamId: string | null
  readonly userId: string
  readonly kind: StreamSanctionKind
  readonly reason: string | null
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly liftedAt: Date | null
}

/** The stream of what happens to a broadcast. Payload of its events: streamId, contentId, creatorId. */
export const streamEvents = (streamId: string): string => `stream:${streamId}`

export const STREAM_SCHEDULED = 'stream.scheduled'
/** It is on air for the first time. */
export const STREAM_STARTED = 'stream.started'
export const STREAM_INTERRUPTED = 'stream.interrupted'
export const STREAM_RESUMED = 'stream.resumed'
export const STREAM_ENDED = 'stream.ended'
export const STREAM_CANCELLED = 'stream.cancelled'

/** An encoder came while another one was on air. Payload: streamId, contentId, creatorId. */
export const SECOND_ENCODER = 'stream.second_encoder'
/** How the chat is kept is another now. */
export const STREAM_CHAT_CHANGED = 'stream.chat_changed'

/** The topic of signals that somebody was banned from streams, or may come back; their key is the person's id. */
export const SANCTIONS_TOPIC = 'stream-sanctions'

/** The topic of signals that a session joined a stream; their key is `sessionAt`. */
export const JOINED_TOPIC = 'stream-joined'

/** A session at a stream, for signals. */
export const sessionAt = ({ streamId, deviceId }: { readonly streamId: string; readonly deviceId: string }): string =>
  `${streamId}:${deviceId}`

/** Writes down the end of a stream whose time is over, and brings to an end what hangs on it. */
export const settleStreamJob = jobName<{ readonly streamId: string }>('streams.settle')

/** Finds the streams whose time is over. */
export const settleDueStreamsJob = jobName<Record<string, never>>('streams.settle_due')

/** How many watch a stream, as often as it is another number. */
export interface ViewerCountRow {
  readonly streamId: string
  readonly sequence: bigint
  readonly viewers: number
  readonly peakViewers: number
}

/** Something that happened to a stream. */
export interface StreamUpdateRow {
  readonly id: bigint
  readonly streamId: string
  readonly sequence: bigint
  readonly kind: StreamUpdateKind
  readonly createdAt: Date
}

/** Interrupts streams of which the media server says nothing any more. */
export const interruptSilentJob = jobName<Record<string, never>>('streams.interrupt_silent')

/** Forgets leases that ran out long ago. */
export const forgetLeasesJob = jobName<Record<string, never>>('streams.forget_leases')

/** The stream of what is said in a chat, which has its own numbers. Payload of its events: streamId, lineId. */
export const chatEvents = (streamId: string): string => `stream-chat:${streamId}`

export const CHAT_SAID = 'stream_chat.said'
export const CHAT_DELETED = 'stream_chat.deleted'

/** A line of a chat, the same for everybody. */
export interface ChatLineRow {
  readonly id: string
  readonly streamId: string
  readonly sequence: bigint
  readonly authorId: string
  /** Null once it was taken down. */
  readonly text: string | null
  readonly deletedAt: Date | null
  readonly createdAt: Date
  /** Null of an anonymous tip, and where the account is gone. */
  readonly author: ChatAuthorRow | null
  readonly tipMinor: bigint | null
  readonly tipCurrency: string | null
  readonly tipIsAnonymous: boolean | null
}

/** Who wrote a line, as everybody sees them. */
export interface ChatAuthorRow {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly isCreator: boolean
}

/** Something that happened in a chat. */
export interface ChatEventRow {
  readonly id: bigint
  readonly sequence: bigint
  readonly kind: StreamChatEventKind
  readonly line: ChatLineRow
}
