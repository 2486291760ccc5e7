import { addMs, MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { databaseNow, transaction } from '../lib/db.js'
import type { Db, Origin } from '../lib/db.js'
import { doAllDue } from '../lib/due.js'
import type { Faults } from './faults.js'
import type { Charge, Entry, Refund } from './sandbox-books.js'
import { SANDBOX_SIGNATURE } from './sandbox-news.js'
import { findSettlingForUpdate, listDueEvents, listSettling, markEvent, updateEntry } from './sandbox-queries.js'
import type { EventFate, WaitingEvent } from './sandbox-queries.js'
import { disputeIfAny } from './sandbox-returning.js'
import { move, wakeAfter } from './sandbox-turn.js'
import type { Turn } from './sandbox-turn.js'
import { signatureHeader } from './signatures.js'
import type { ReceiveEvent } from './types.js'

/** How far a message falls behind that a fault has come late. */
const LATE_MS = 2 * SECOND_MS
/** After this a message that was not taken is told again, twice as long after each time. */
const RETRY_BASE_MS = 5 * SECOND_MS
const LONGEST_RETRY_MS = 10 * MINUTE_MS
const MAX_DOUBLINGS = 10
/** Stripe's word for a refund whose card no longer takes any. */
const REFUND_FAILURE = 'lost_or_stolen_card'

/** Lets everything move on that has to by itself. */
export async function settleDue(db: Db, inTurn: <T>(work: (turn: Turn) => Promise<T>) => Promise<T>): Promise<void> {
  await doAllDue({
    list: async (limit) => listSettling(db, await databaseNow(db), limit),
    act: ({ id }) => inTurn((turn) => settle(turn, id)),
    failure: { one: 'sandbox: something could not move on', many: 'things in the sandbox could not move on' },
    idName: 'objectId',
  })
}

async function settle(turn: Turn, id: string): Promise<void> {
  const entry = await findSettlingForUpdate<Entry>(turn.tx, id, turn.now)
  if (entry?.kind === 'CHARGE') await settleCharge(turn, entry as Charge)
  else if (entry?.kind === 'REFUND') await settleRefund(turn, entry as Refund)
}

async function settleCharge(turn: Turn, charge: Charge): Promise<void> {
  if (charge.state === 'PROCESSING') {
    await move(turn, charge, { state: 'SUCCEEDED' })
    return
  }
  await updateEntry(turn.tx, charge.id, charge, turn.now)
  await disputeIfAny(turn, charge)
}

async function settleRefund(turn: Turn, refund: Refund): Promise<void> {
  if (refund.state === 'PROCESSING') await move(turn, refund, { state: 'SUCCEEDED' })
  else await move(turn, refund, { state: 'FAILED', data: { ...refund.data, failureCode: REFUND_FAILURE } })
}

/** How messages leave the sandbox. */
export interface Telling {
  readonly origin: Origin
  readonly faults: Faults
  /** Signs; newest first. */
  readonly secrets: readonly string[]
  readonly receive: ReceiveEvent
}

/**
 * Tells everything that is due, in order of writing but for faults. A message counts as told once `receive` returned, so one
 * may come again after a crash.
 * @throws Error when one was not taken; it is told again later
 */
export async function tellDue(telling: Telling): Promise<void> {
  const { db } = telling.origin
  await doAllDue({
    list: async (limit) => listDueEvents(db, await databaseNow(db), limit),
    act: (event) => tellOne(telling, event),
    failure: { one: 'sandbox: a message was not taken', many: 'messages of the sandbox were not taken' },
    idName: 'eventId',
  })
}

async function tellOne(telling: Telling, event: WaitingEvent): Promise<void> {
  const now = await databaseNow(telling.origin.db)
  if (telling.faults.strikes('event', 'drop')) {
    await mark(telling, event, { end: 'dropped' })
    return
  }
  // one that came late once is not held back for ever
  if (event.attemptCount === 0 && telling.faults.strikes('event', 'reorder')) {
    await mark(telling, event, { dueAt: addMs(now, LATE_MS) })
    return
  }
  try {
    await send(telling, event, now)
    if (telling.faults.strikes('event', 'duplicate')) await send(telling, event, now)
  } catch (error) {
    const doublings = Math.min(event.attemptCount, MAX_DOUBLINGS)
    const waitMs = Math.min(RETRY_BASE_MS * 2 ** doublings, LONGEST_RETRY_MS)
    await mark(telling, event, { dueAt: addMs(now, waitMs) })
    throw error
  }
  await mark(telling, event, { end: 'delivered' })
}

async function send({ secrets, receive }: Telling, { payload }: WaitingEvent, now: Date): Promise<void> {
  const rawBody = Buffer.from(JSON.stringify(payload))
  const headers = {
    'content-type': 'application/json',
    [SANDBOX_SIGNATURE]: signatureHeader(rawBody, secrets[0] ?? '', now),
  }
  await receive(rawBody, headers)
}

const mark = ({ origin }: Telling, { id }: WaitingEvent, fate: EventFate): Promise<void> =>
  transaction(origin, async (tx, now) => {
    await markEvent(tx, id, fate, now)
    if ('dueAt' in fate) await wakeAfter(tx, fate.dueAt.getTime() - now.getTime() + SECOND_MS)
  })
