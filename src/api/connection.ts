import { setImmediate } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import { monotonicMs, SECOND_MS } from '../lib/clock.js'
import type { Viewer } from '../lib/viewer.js'
import type { Authenticated, Client } from './context.js'

/**
 * Why a socket is closed, in the words of the protocol. Clients of it come back by themselves after 4403, with what
 * `connectionParams` answers by then, and never after 4401; 1013 asks them to come back.
 */
export const CLOSE = {
  goingAway: 1001,
  unsupportedData: 1003,
  tryAgain: 1013,
  badRequest: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  tooMany: 4429,
  internal: 4500,
} as const

const MAX_MESSAGES = 100
const MESSAGE_WINDOW_MS = 10 * SECOND_MS
/** What may wait in memory for a client that reads too slowly. */
const MAX_BUFFERED_BYTES = 1_048_576
/** A token that is refused this shortly before the timer rings is over by the time of the database. */
const EXPIRY_SLACK_MS = SECOND_MS
const LONGEST_TIMER_MS = 2_147_483_647
const MAX_REASON_BYTES = 120

/** One client's socket: who it is, and what it may still do. */
export class Connection {
  readonly socket: WebSocket
  readonly client: Client
  /** The bearer token of `connection_init`; null for a stranger. */
  credentials: string | null = null
  viewer: Viewer | null = null
  /** Whether it answered the last ping. */
  isAlive = true
  /** The operations being prepared, by id. */
  readonly #turns = new Map<string, Promise<unknown>>()
  #windowStartMs = 0
  #messages = 0
  #expiry: NodeJS.Timeout | undefined
  #tokenEndsAtMs = Number.POSITIVE_INFINITY

  constructor(socket: WebSocket, client: Client) {
    this.socket = socket
    this.client = client
    socket.once('close', () => {
      clearTimeout(this.#expiry)
    })
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN
  }

  /** Who has signed in by `connection_init`; the socket closes when the token ends. */
  identify(credentials: string | null, { viewer, tokenExpiresAt, now }: Authenticated): void {
    this.credentials = credentials
    this.viewer = viewer
    if (!tokenExpiresAt) return
    const leftMs = tokenExpiresAt.getTime() - now.getTime()
    this.#tokenEndsAtMs = monotonicMs() + leftMs
    this.#expiry = setTimeout(
      () => {
        this.#closeExpired()
      },
      Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS),
    )
  }

  /** Whether its token is over: whoever refreshes it may go on. */
  get isExpired(): boolean {
    return monotonicMs() >= this.#tokenEndsAtMs - EXPIRY_SLACK_MS
  }

  /** Closes because the token was refused: it is over, or else its session is. */
  closeRefused(reason: string): void {
    if (this.isExpired) this.#closeExpired()
    else this.close(CLOSE.unauthorized, `${reason}: the session has ended.`)
  }

  /** Says that an operation is being prepared under `id`; one that was already under it has lost its turn. */
  takeTurn(id: string, preparing: Promise<unknown>): void {
    this.#turns.set(id, preparing)
  }

  /** Whether the operation is still the newest under `id`. */
  endTurn(id: string, preparing: Promise<unknown>): boolean {
    return this.#turns.get(id) === preparing && this.#turns.delete(id)
  }

  /** Resolves once every operation that is being prepared by now listens, or was told why not. */
  async prepared(): Promise<void> {
    if (this.#turns.size === 0) return
    await Promise.allSettled(this.#turns.values())
    // the refusals are sent first
    await setImmediate()
  }

  /** Whether a message may be read; closes the socket when not. */
  accepts(isBinary: boolean): boolean {
    if (!this.isOpen) return false
    if (isBinary) {
      this.close(CLOSE.unsupportedData, 'Messages are JSON text.')
      return false
    }
    const nowMs = monotonicMs()
    if (nowMs - this.#windowStartMs > MESSAGE_WINDOW_MS) [this.#windowStartMs, this.#messages] = [nowMs, 0]
    this.#messages += 1
    if (this.#messages <= MAX_MESSAGES) return true
    this.close(CLOSE.tooMany, `rate_limited: at most ${String(MAX_MESSAGES)} messages in ten seconds.`)
    return false
  }

  /** Resolves when the message has left the process; a client that does not read is closed. */
  send(text: string): Promise<void> {
    if (!this.isOpen) return Promise.resolve()
    if (this.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.close(CLOSE.tryAgain, 'too_slow: connect again and resume.')
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      // an error means that the socket is closing: `close` follows and ends the operations
      this.socket.send(text, () => {
        resolve()
      })
    })
  }

  close(code: number, reason: string): void {
    this.socket.close(code, Buffer.from(reason).subarray(0, MAX_REASON_BYTES).toString('utf8'))
  }

  #closeExpired(): void {
    this.close(CLOSE.forbidden, 'token_expired: refresh the session and connect again.')
  }
}
