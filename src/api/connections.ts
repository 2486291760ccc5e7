import { setTimeout } from 'node:timers/promises'
import { AppError } from '../lib/errors.js'
import { SECOND_MS } from '../lib/clock.js'
import { log } from '../lib/log.js'
import { networkOf } from '../lib/network.js'
import { CLOSE } from './connection.js'
import type { Connection } from './connection.js'
import type { Authenticated } from './context.js'
import { authenticatedRequest } from './prepare.js'
import type { Api } from './prepare.js'

const MAX_SOCKETS_PER_PERSON = 10
/** Sessions read at once when all are looked at again. */
const RECHECK_BATCH = 20
const RECHECK_RETRY_MS = SECOND_MS
/** How long clients get to answer a close before their sockets are cut. */
const CLOSE_GRACE_MS = 2 * SECOND_MS

/** The stream of what happens to a person's account and sessions. */
const accountStream = (userId: string): string => `user:${userId}`

/** The open sockets of this process, by person: whoever loses a session loses its sockets within a second. */
export class Connections {
  readonly #api: Api
  readonly #all = new Set<Connection>()
  readonly #byNetwork = new Map<string, number>()
  readonly #byPerson = new Map<string, { readonly connections: Set<Connection>; readonly stop: () => void }>()
  readonly #stopReconnects: () => void

  constructor(api: Api) {
    this.#api = api
    // events may have been missed while the bus was away
    this.#stopReconnects = api.services.bus.onReconnect(() => void this.#recheckAll())
  }

  get size(): number {
    return this.#all.size
  }

  /** How many sockets come from one network. */
  countFrom(network: string): number {
    return this.#byNetwork.get(network) ?? 0
  }

  add(connection: Connection): void {
    this.#all.add(connection)
    this.#count(networkOf(connection.client.ip), 1)
  }

  /**
   * Ties a socket to who signed in on it. Their session is read once more: what became of it between the first reading and
   * now was told to nobody here.
   * @throws AppError LIMITED rate_limited when the person has too many
   */
  identify(connection: Connection, credentials: string | null, authenticated: Authenticated): void {
    const isWatched = authenticated.viewer !== null && connection.isOpen
    if (isWatched) this.#register(authenticated.viewer.userId, connection)
    connection.identify(credentials, authenticated)
    if (isWatched) void this.#recheck(connection)
  }

  remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return
    this.#count(networkOf(connection.client.ip), -1)
    const userId = connection.viewer?.userId
    const entry = userId === undefined ? undefined : this.#byPerson.get(userId)
    if (!entry || userId === undefined) return
    entry.connections.delete(connection)
    if (entry.connections.size > 0) return
    entry.stop()
    this.#byPerson.delete(userId)
  }

  /** Pings every socket, and cuts those that left the last ping unanswered. */
  pingAll(): void {
    for (const connection of this.#all) {
      if (!connection.isAlive) connection.socket.terminate()
      connection.isAlive = false
      if (connection.isOpen) connection.socket.ping()
    }
  }

  /** Closes every socket; resolves when all are gone, those that do not answer cut. */
  async closeAll(code: number, reason: string): Promise<void> {
    this.#stopReconnects()
    for (const connection of this.#all) connection.close(code, reason)
    const deadline = performance.now() + CLOSE_GRACE_MS
    while (this.#all.size > 0 && performance.now() < deadline) await setTimeout(20)
    for (const connection of this.#all) connection.socket.terminate()
  }

  #count(network: string, change: number): void {
    const count = this.countFrom(network) + change
    if (count > 0) this.#byNetwork.set(network, count)
    else this.#byNetwork.delete(network)
  }

  #register(userId: string, connection: Connection): void {
    let entry = this.#byPerson.get(userId)
    if (!entry) {
      const connections = new Set<Connection>()
      const recheck = (): void => void Promise.all([...connections].map((each) => this.#recheck(each)))
      entry = { connections, stop: this.#api.services.bus.subscribe(accountStream(userId), recheck) }
      this.#byPerson.set(userId, entry)
    }
    if (entry.connections.size >= MAX_SOCKETS_PER_PERSON)
      throw new AppError('LIMITED', 'rate_limited', `At most ${String(MAX_SOCKETS_PER_PERSON)} sockets at once.`)
    entry.connections.add(connection)
  }

  async #recheckAll(): Promise<void> {
    const signedIn = [...this.#all].filter(({ viewer }) => viewer !== null)
    for (let start = 0; start < signedIn.length; start += RECHECK_BATCH)
      await Promise.all(signedIn.slice(start, start + RECHECK_BATCH).map((each) => this.#recheck(each)))
  }

  /** Reads the session again: closes the socket when it is gone, or has become a limited one. */
  async #recheck(connection: Connection): Promise<void> {
    while (connection.isOpen) {
      try {
        const { viewer } = await authenticatedRequest(this.#api, connection)
        const isNewlyLimited = viewer?.isLimited === true && connection.viewer?.isLimited === false
        if (isNewlyLimited)
          connection.close(CLOSE.forbidden, 'account_limited: the account is suspended, banned or deleted.')
        else if (viewer) connection.viewer = viewer
        return
      } catch (error) {
        if (error instanceof AppError && error.code !== 'UNAVAILABLE') {
          connection.closeRefused(error.reason)
          return
        }
        log.warn({ err: error }, 'socket: reading the session again')
        await setTimeout(RECHECK_RETRY_MS)
      }
    }
  }
}
