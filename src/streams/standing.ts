import { addMs, HOUR_MS, MINUTE_MS } from '../lib/clock.js'
import type { StreamEndReason, StreamKeyRow, StreamState, StreamTimes } from './types.js'

/** How long after the time that it was announced for a stream can still begin. */
export const NO_SHOW_MS = HOUR_MS
/** How long an encoder may be away. */
export const RECONNECT_MS = 3 * MINUTE_MS
/** How long a stream that was put on air waits for its encoder the first time. */
export const WAITING_MS = 10 * MINUTE_MS

/** How a stream stands at an instant, whether or not anybody has written it down. */
export interface Standing {
  readonly state: StreamState
  readonly endedAt: Date | null
  readonly endReason: StreamEndReason | null
}

/** How far a stream is at `at`: what is over by its time is over, whatever its row says. */
export function standingAt(stream: StreamTimes, at: Date): Standing {
  const { state, endedAt, endReason } = stream
  const over = (when: Date, why: StreamEndReason): Standing => ({ state: 'ENDED', endedAt: when, endReason: why })
  const noShowAt = addMs(stream.scheduledAt, NO_SHOW_MS)
  if (state === 'SCHEDULED' && noShowAt <= at) return over(noShowAt, 'NEVER_STARTED')
  if (state === 'INTERRUPTED' && stream.reconnectUntil && stream.reconnectUntil <= at)
    return stream.startedAt
      ? over(stream.interruptedAt ?? stream.reconnectUntil, 'TIMEOUT')
      : over(stream.reconnectUntil, 'NEVER_STARTED')
  return { state, endedAt, endReason }
}

/** Whether a stream goes on at `at`, with or without its encoder. */
export const isOnAirAt = (stream: StreamTimes, at: Date): boolean => {
  const { state } = standingAt(stream, at)
  return state === 'LIVE' || state === 'INTERRUPTED'
}

/** Whether a stream was called off, or has ended, at `at`. */
export const isOverAt = (stream: StreamTimes, at: Date): boolean => {
  const { state } = standingAt(stream, at)
  return state === 'ENDED' || state === 'CANCELLED'
}

/** Whether a key works at `at`. */
export const isValidAt = ({ revokedAt, expiresAt }: Pick<StreamKeyRow, 'revokedAt' | 'expiresAt'>, at: Date): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt > at)
