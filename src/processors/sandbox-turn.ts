import assert from 'node:assert'
import { randomBytes } from 'node:crypto'
import type { SandboxKind } from '../generated/prisma/enums.js'
import { addMs, machineNow } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { enqueue } from '../lib/jobs.js'
import type { Entry } from './sandbox-books.js'
import { typeOf } from './sandbox-news.js'
import {
  findEntry,
  findEntryByKey,
  findEntryForUpdate,
  insertEntry,
  insertEvent,
  updateEntry,
} from './sandbox-queries.js'
import type { NewEntry } from './sandbox-queries.js'
import { deliverSandboxEventsJob } from './types.js'

/** One transaction of the sandbox's own, at the database's time. */
export interface Turn {
  readonly tx: Tx
  readonly now: Date
  /** How long what moves by itself takes to. */
  readonly settleAfterMs: number
  /** Where its pages are. */
  readonly baseUrl: string
}

const ID_BYTES = 12
const PREFIXES: Readonly<Record<SandboxKind, string>> = {
  CUSTOMER: 'cus',
  METHOD: 'pm',
  CHARGE: 'ch',
  REFUND: 're',
  DISPUTE: 'dp',
  PAYOUT_ACCOUNT: 'acct',
  PAYOUT: 'po',
}

const newName = (prefix: string): string => `${prefix}_sandbox_${randomBytes(ID_BYTES).toString('hex')}`
export const newId = (kind: SandboxKind): string => newName(PREFIXES[kind])

/** Whether this may be the name of something of that kind. */
export const isId = (text: string, kind: SandboxKind): boolean =>
  new RegExp(`^${PREFIXES[kind]}_sandbox_[0-9a-f]{${String(ID_BYTES * 2)}}$`).test(text)

/** What is made under a key, as an entry of its kind is. */
export type Made<E extends Entry> = Omit<NewEntry, 'key' | 'kind' | 'state' | 'data'> & Pick<E, 'state' | 'data'>

/**
 * What stands under a key: what stood there, or what `make` makes. Of calls at the same time one makes it and the others
 * wait for it.
 */
export async function underKey<E extends Entry>(
  { tx, now }: Turn,
  key: string,
  kind: SandboxKind,
  make: () => Promise<Made<E>> | Made<E>,
): Promise<{ readonly entry: E; readonly isNew: boolean }> {
  const known = await findEntryByKey<E>(tx, key)
  if (known) return { entry: ofKind(known, kind, key), isNew: false }
  const made = await insertEntry<E>(tx, { ...(await make()), kind, key }, now)
  if (made) return { entry: made, isNew: true }
  const winner = await findEntryByKey<E>(tx, key)
  assert(winner)
  return { entry: ofKind(winner, kind, key), isNew: false }
}

function ofKind<E extends Entry>(entry: E, kind: SandboxKind, key: string): E {
  assert(entry.kind === kind, `the key ${key} was used for a ${entry.kind} before, and now for a ${kind}`)
  return entry
}

/** Whether there is an entry of this kind; an unknown name is its caller's mistake. */
export async function assertKnown({ tx }: Turn, id: string, kind: SandboxKind): Promise<void> {
  const entry = await findEntry(tx, id)
  assert(entry?.kind === kind, `the sandbox has no ${kind} ${id}`)
}

/** An entry of this kind, held until the turn ends; an unknown name is its caller's mistake. */
export async function held<E extends Entry>({ tx }: Turn, id: string, kind: SandboxKind): Promise<E> {
  const entry = await findEntryForUpdate<E>(tx, id)
  assert(entry?.kind === kind, `the sandbox has no ${kind} ${id}`)
  return entry
}

/** Writes how an entry stands now, and tells of it. */
export async function move<E extends Entry>(
  turn: Turn,
  entry: E,
  change: { readonly state: E['state']; readonly data?: E['data'] },
): Promise<E> {
  const data = change.data ?? entry.data
  const moved = await updateEntry<E>(turn.tx, entry.id, { state: change.state, data }, turn.now)
  assert(moved)
  await tell(turn, moved)
  return moved
}

/** When something made in this turn moves on by itself. */
export async function settlingLater({ tx, now, settleAfterMs }: Turn): Promise<Date> {
  await wakeAfter(tx, settleAfterMs)
  return addMs(now, settleAfterMs)
}

/** Writes the message that an entry stands as it does; it is told after the turn. */
export async function tell({ tx, now }: Turn, entry: Entry): Promise<void> {
  const event = {
    id: newName('evt'),
    type: typeOf(entry),
    createdAt: now.toISOString(),
    object: { ...entry, createdAt: entry.createdAt.toISOString() },
  }
  await insertEvent(tx, { eventId: event.id, type: event.type, objectId: entry.id, payload: event }, now)
  await wakeAfter(tx, 0)
}

/** Has what is due be told so much later. The queue goes by the machine's clock, not by the platform's, which tests move. */
export const wakeAfter = (tx: Tx, ms: number): Promise<void> =>
  enqueue(
    tx,
    deliverSandboxEventsJob,
    {},
    ms > 0 ? { runAt: addMs(machineNow(), ms) } : { key: 'processors:deliver-sandbox-events' },
  )
