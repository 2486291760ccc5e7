import { randomInt } from 'node:crypto'
import { findReading } from '../content/content.js'
import type { Bus } from '../lib/bus.js'
import { addMs, earliestOf } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { log } from '../lib/log.js'
import type { Viewer } from '../lib/viewer.js'
import { extendTogether, holdAtHand, holdOnAir } from './beat-queries.js'
import { sessionAt } from './types.js'
import type { Device } from './watch-queries.js'
import { asksForAge, LEASE_MS, watchStream } from './watching.js'
import type { Watching } from './watching.js'

const BEAT_EVERY_MS = LEASE_MS / 3
/** Processes that began at once shall not beat at once. */
const JITTER_MS = BEAT_EVERY_MS / 10
/** Sessions that one transaction extends. */
const TOGETHER = 1_000
/** Sessions that are asked alone at once. */
const ALONE = 4

/** A device that showed life before, and when what opened the stream to it then ends. */
export interface KnownSign extends Device {
  /** Null without an end in sight. */
  readonly endsAt: Date | null
}

/**
 * Extends the presence of many at once, as `watchStream` does of each, where nothing that opens their streams to them may have
 * changed since that was decided. Answers for whom it did: the others are to be asked alone, for they have run out, are banned
 * or not in good standing, are held by somebody else, or their stream is over.
 */
export async function beatTogether(tx: Tx, signs: readonly KnownSign[], now: Date): Promise<Device[]> {
  const people = await holdAtHand(tx, [...new Set(signs.map(({ userId }) => userId))], now)
  const streams = await holdOnAir(tx, [...new Set(signs.map(({ streamId }) => streamId))], now)
  const leaseEnd = addMs(now, LEASE_MS)
  const extended = signs
    .filter(({ userId, streamId, endsAt }) => people.has(userId) && streams.has(streamId) && (!endsAt || endsAt > now))
    .map(({ endsAt, ...device }) => ({ ...device, until: endsAt && endsAt < leaseEnd ? endsAt : leaseEnd }))
  // a statement of its own: it sees what was committed until everybody was held
  return extended.length === 0 ? [] : extendTogether(tx, extended, now)
}

/** A session that listens to a stream that it joined. */
export interface Listener extends Origin {
  readonly device: Device
  readonly viewer: Viewer
  readonly config: Watching['config']
  /** Called when it may not watch any more. */
  readonly onRefused: () => void
}

/** What is known of a session: several subscriptions of it are one device. */
interface State {
  readonly listeners: Set<Listener>
  /** Counts what may have changed what opens the stream. */
  doubts: number
  /** When that ends, as it was decided last; absent where it has to be decided. */
  decided?: { readonly endsAt: Date | null }
  isAsked: boolean
}

/** Shows life for all sessions of a process that listen, some seconds apart. */
export class Beater {
  readonly #states = new Map<string, State>()
  #timer: NodeJS.Timeout | undefined
  #isBeating = false
  /** Sessions that wait to be asked alone, and how many are asked. */
  readonly #line: Session[] = []
  #asking = 0

  /** Begins to show life for a session; where that has ended by itself, another `add` begins anew. */
  add(listener: Listener): void {
    const key = sessionAt(listener.device)
    const state = this.#states.get(key) ?? { listeners: new Set(), doubts: 0, isAsked: false }
    this.#states.set(key, state)
    state.listeners.add(listener)
    this.#wait()
  }

  /** Has what opens the stream to a session decided anew. */
  doubt(device: Device): void {
    const state = this.#states.get(sessionAt(device))
    if (!state) return
    state.doubts += 1
    delete state.decided
  }

  remove(listener: Listener): void {
    const key = sessionAt(listener.device)
    const state = this.#states.get(key)
    state?.listeners.delete(listener)
    if (state?.listeners.size === 0) this.#states.delete(key)
    if (this.#states.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Rounds follow each other by the clock, however long those take who are asked alone. */
  #wait(): void {
    if (this.#timer || this.#states.size === 0) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#wait()
        void this.#round()
      },
      BEAT_EVERY_MS + randomInt(-JITTER_MS, JITTER_MS),
    )
  }

  /** Never rejects. */
  async #round(): Promise<void> {
    if (this.#isBeating) return
    this.#isBeating = true
    const all = [...this.#states].flatMap(([key, state]) => {
      const [listener] = state.listeners
      return listener ? [{ key, state, listener }] : []
    })
    const done = new Set<string>()
    const known = all.filter(({ state }) => state.decided !== undefined)
    for (let from = 0; from < known.length; from += TOGETHER)
      for (const key of await this.#beat(known.slice(from, from + TOGETHER))) done.add(key)
    this.#isBeating = false
    for (const session of all) if (!done.has(session.key) && !session.state.isAsked) this.#askInTurn(session)
  }

  /** Asks as soon as fewer than so many are asked. */
  #askInTurn(session: Session): void {
    session.state.isAsked = true
    this.#line.push(session)
    if (this.#asking === ALONE) return
    this.#asking += 1
    void this.#askAll().finally(() => (this.#asking -= 1))
  }

  async #askAll(): Promise<void> {
    for (let session = this.#line.shift(); session; session = this.#line.shift()) {
      await this.#ask(session)
      session.state.isAsked = false
    }
  }

  /** Those of these who are present for longer now. */
  async #beat(sessions: readonly Session[]): Promise<string[]> {
    const signs = sessions.map(({ state, listener: { device } }) => ({
      ...device,
      endsAt: state.decided?.endsAt ?? null,
    }))
    const [first] = sessions
    if (!first) return []
    const origin = { db: first.listener.db, actorId: null, sessionId: null, requestId: 'stream-beats' }
    try {
      return (await transaction(origin, (tx, now) => beatTogether(tx, signs, now))).map(sessionAt)
    } catch (error) {
      log.warn({ err: error }, 'streams: presences were not extended together')
      return []
    }
  }

  async #ask({ key, state, listener }: Session): Promise<void> {
    const { doubts } = state
    const { device, viewer, config, db, actorId, sessionId, requestId } = listener
    if (this.#states.get(key) !== state) return
    try {
      const order = { ...device, deviceType: 'OTHER', isNew: false } as const
      const endsAt = await transaction({ db, actorId, sessionId, requestId }, async (tx, now) => {
        // it may be another than when they began to listen
        const { isAgeVerified, ageVerifiedUntil } = await findReading(tx, viewer.userId, config.ageGate === 'platform')
        const watching = { viewer: { ...viewer, isAgeVerified }, config }
        const { content, access } = await watchStream(tx, watching, order, now)
        return earliestOf([access.grant?.endsAt, asksForAge(content, config) ? ageVerifiedUntil : null])
      })
      if (state.doubts === doubts) state.decided = { endsAt }
    } catch (error) {
      delete state.decided
      if (!(error instanceof AppError)) log.warn({ err: error }, 'streams: a presence was not extended')
      else if (error.reason === 'not_in_stream' || error.reason === 'stream_state') this.#states.delete(key)
      else for (const { onRefused } of state.listeners) onRefused()
    }
  }
}

/** A session as one of its listeners speaks for it. */
interface Session {
  readonly key: string
  readonly state: State
  readonly listener: Listener
}

const beaters = new WeakMap<Bus, Beater>()

/** The one of a process. */
export function beaterOf(bus: Bus): Beater {
  const known = beaters.get(bus) ?? new Beater()
  beaters.set(bus, known)
  return known
}
