import { addMs, DAY_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import type { RateLimit } from '../lib/rate.js'
import { signal } from '../lib/signals.js'
import type { Viewer } from '../lib/viewer.js'
import { holdActor, holdIfActive } from '../accounts/accounts.js'
import { discounted } from '../ledger/ledger.js'
import { holdFanList } from './list-queries.js'
import { noSuchList } from './lists.js'
import {
  addCounts,
  countSegment,
  findMark,
  holdConversations,
  holdMassMessage,
  holdUnopened,
  insertMassBatch,
  insertMassMessage,
  insertSkipped,
  listNextRecipients,
  makeConversations,
  takeBackBatch,
  updateMassMessage,
} from './mass-queries.js'
import { checkRestricted, checkTeaser, checkedPriceOf, findCurrency, holdFiles } from './sending.js'
import type { MessageFile } from './sending.js'
import {
  CONVERSATION_TOPIC,
  INBOX_TOPIC,
  MASS_MESSAGE_SENT,
  MASS_TOPIC,
  massStream,
  sendMassMessageJob,
  unsendMassMessageJob,
} from './types.js'
import type { Audience, MassMessageRow } from './types.js'

/** How often a creator writes to many. */
export const MASS_MESSAGES: RateLimit = { name: 'messages.mass', points: 20, windowSeconds: DAY_MS / SECOND_MS }

/** People whom one mass message reaches. */
const MAX_RECIPIENTS = 100_000
/** People one transaction writes to: it holds their conversations until it ends. */
const BATCH = 500
/** In hundredths of a percent. */
const MAX_DISCOUNT = 9_000
const MAX_AHEAD_MS = 366 * DAY_MS
const KEEP_DELETED_MS = 30 * DAY_MS

/** What is to be said, to whom and when. */
export interface MassOrder extends Audience {
  readonly body: string
  readonly teaser: string | null
  readonly priceMinor: bigint | null
  /** What those pay less who subscribe when it is their turn; null for nothing. */
  readonly subscriberDiscountBasisPoints: number | null
  readonly media: readonly MessageFile[]
  /** Whether it is only for people of proven age. */
  readonly isAgeRestricted: boolean
  /** Null for now. */
  readonly sendAt: Date | null
  readonly idempotencyKey: string
}

/**
 * Writes to all of a segment, now or at an instant, as a job: each person once, whatever crashes. Whom a block parts from the
 * creator, and whose account is closed by then, are left out; who has left the segment by then is not in it. Idempotent under
 * the key. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT audience_too_large, creator_not_earning, age_verification_required,
 * media_not_ready; INVALID invalid_input, price_out_of_range, media_refused; FORBIDDEN account_limited
 */
export async function sendMassMessage(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...order }: MassOrder,
  now: Date,
): Promise<Remembered<{ massMessageId: string }>> {
  const { userId: creatorId } = viewer
  const call = { scope: creatorId, mutation: 'sendMassMessage', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, creatorId, now)
    const sendAt = checkedTime(order.sendAt, now)
    checkTeaser(order)
    checkRestricted(viewer, order.isAgeRestricted)
    checkDiscount(order)
    await checkAudience(tx, creatorId, order)
    const asksMoney = order.priceMinor !== null || order.segment === 'SPENT_OVER'
    const currency = asksMoney ? await findCurrency(tx, creatorId, ['input', 'priceMinor'], now) : null
    const price = order.priceMinor !== null && currency !== null ? checkedPriceOf(order.priceMinor, currency) : null
    const subscriberPriceMinor = subscriberPriceOf(order)
    if (subscriberPriceMinor !== null && currency !== null) checkedPriceOf(subscriberPriceMinor, currency)
    await holdFiles(tx, creatorId, order.media, now)
    const recipientCount = await countSegment(tx, { ...order, creatorId, currency }, MAX_RECIPIENTS + 1, now)
    if (recipientCount > MAX_RECIPIENTS)
      throw new AppError('CONFLICT', 'audience_too_large', `At most ${MAX_RECIPIENTS.toLocaleString('en')} people.`, {
        path: ['input', 'segment'],
      })
    const mass = { ...order, creatorId, price, currency, sendAt, recipientCount }
    const massMessageId = await insertMassMessage(tx, mass, now)
    await enqueue(tx, sendMassMessageJob, { massMessageId }, { runAt: sendAt, key: `mass:${massMessageId}` })
    return { massMessageId }
  })
}

type Discounted = Pick<MassOrder, 'priceMinor' | 'subscriberDiscountBasisPoints'>

/** What somebody pays who subscribes; null for nothing. */
const subscriberPriceOf = ({ priceMinor, subscriberDiscountBasisPoints }: Discounted): bigint | null =>
  priceMinor === null ? null : discounted(priceMinor, subscriberDiscountBasisPoints ?? 0)

/** @throws INVALID invalid_input */
function checkDiscount({ priceMinor, subscriberDiscountBasisPoints: discount }: Discounted): void {
  if (discount === null || (priceMinor !== null && discount >= 1 && discount <= MAX_DISCOUNT)) return
  throw new AppError('INVALID', 'invalid_input', 'A discount is 1 to 9,000 basis points of a price.', {
    path: ['input', 'subscriberDiscountBasisPoints'],
  })
}

function checkedTime(sendAt: Date | null, now: Date): Date {
  if (sendAt === null) return now
  if (sendAt > now && sendAt <= addMs(now, MAX_AHEAD_MS)) return sendAt
  throw new AppError('INVALID', 'invalid_input', 'It is sent in the future, within a year.', {
    path: ['input', 'sendAt'],
  })
}

/** @throws NOT_FOUND node_not_found; INVALID invalid_input where a list or a sum is missing, or beside the point */
async function checkAudience(tx: Tx, creatorId: string, { segment, listId, spentOverMinor }: Audience): Promise<void> {
  const isFit =
    (segment === 'LIST') === (listId !== null) &&
    (segment === 'SPENT_OVER') === (spentOverMinor !== null) &&
    (spentOverMinor === null || spentOverMinor > 0n)
  if (!isFit)
    throw new AppError('INVALID', 'invalid_input', 'A list for LIST, a sum for SPENT_OVER, and neither for others.', {
      path: ['input', 'segment'],
    })
  if (listId !== null && (await holdFanList(tx, listId, creatorId)) === null) throw noSuchList()
}

/**
 * Sends what is left of a mass message, in batches that each commit with whom they reached: a crash loses at most one batch's
 * work, and nobody is written to twice. Ends early when it is cancelled or taken back, or its creator may not write any more.
 */
export async function runMassMessage(origin: Origin, massMessageId: string): Promise<void> {
  while (await transaction(origin, (tx, now) => sendNext(tx, massMessageId, now)));
}

async function sendNext(tx: Tx, id: string, now: Date): Promise<boolean> {
  const mass = await holdMassMessage(tx, id)
  if (!mass || (mass.state !== 'SENDING' && mass.state !== 'SCHEDULED') || mass.sendAt > now) return false
  if (mass.state === 'SCHEDULED') await updateMassMessage(tx, id, { state: 'SENDING', startedAt: now })
  const left = MAX_RECIPIENTS - mass.sentCount - mass.skippedCount
  const mark = await findMark(tx, id)
  // a creator who is not in good standing any more sends nothing more
  const next = (await holdIfActive(tx, mass.creatorId, now))
    ? await listNextRecipients(tx, mass, mark, Math.min(BATCH, left), now)
    : []
  if (next.length === 0) {
    await updateMassMessage(tx, id, { state: 'SENT', finishedAt: now })
    await signal(tx, MASS_TOPIC, [id])
    return false
  }
  const userIds = next.flatMap(({ userId, skippedReason }) => (skippedReason === null ? [userId] : []))
  const skipped = next.filter(({ skippedReason }) => skippedReason !== null)
  const sent = userIds.length > 0 ? await sendTo(tx, mass, userIds, now) : 0
  await insertSkipped(tx, id, skipped, now)
  await addCounts(tx, id, sent, skipped.length)
  const payload = { massMessageId: id, after: mark, upTo: next.at(-1)?.userId ?? mark }
  if (sent > 0) await emit(tx, { stream: massStream(id), type: MASS_MESSAGE_SENT, payload }, now)
  await signal(tx, MASS_TOPIC, [id])
  return true
}

async function sendTo(tx: Tx, mass: MassMessageRow, userIds: readonly string[], now: Date): Promise<number> {
  const { creatorId } = mass
  await makeConversations(tx, creatorId, userIds, now)
  const conversationIds = await holdConversations(tx, creatorId, userIds)
  const prices = { ...mass, subscriberPriceMinor: subscriberPriceOf(mass) }
  const sent = await insertMassBatch(tx, prices, conversationIds, now)
  await signal(tx, CONVERSATION_TOPIC, conversationIds)
  await signal(tx, INBOX_TOPIC, [...userIds, creatorId])
  return sent
}

/**
 * Ends a mass message that is not sent, or not to all yet: who has it keeps it. Cancelling it again changes nothing. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT mass_message_state
 */
export async function cancelMassMessage(tx: Tx, viewer: Viewer, id: string, now: Date): Promise<void> {
  const { state } = await getOwn(tx, viewer, id)
  if (state === 'CANCELLED') return
  if (state !== 'SCHEDULED' && state !== 'SENDING')
    throw wrongState('It is sent already: `unsendMassMessage` takes it back.')
  await updateMassMessage(tx, id, { state: 'CANCELLED', finishedAt: now })
  await signal(tx, MASS_TOPIC, [id])
}

/**
 * Takes a mass message back from all who have not opened it, as a job, and sends it to nobody else. Again changes nothing. Not
 * audited.
 * @throws NOT_FOUND node_not_found; CONFLICT mass_message_state of one that is not sent yet
 */
export async function unsendMassMessage(tx: Tx, viewer: Viewer, id: string, now: Date): Promise<void> {
  const { state } = await getOwn(tx, viewer, id)
  if (state === 'UNSENT') return
  if (state === 'SCHEDULED') throw wrongState('It is not sent yet: `cancelMassMessage` ends it.')
  await updateMassMessage(tx, id, { state: 'UNSENT', unsentAt: now })
  await enqueue(tx, unsendMassMessageJob, { massMessageId: id }, { key: `unsend:${id}` })
  await signal(tx, MASS_TOPIC, [id])
}

/** Takes back what is left to be taken back, in batches that each commit; safe to run again. */
export async function runUnsending(origin: Origin, massMessageId: string): Promise<void> {
  let mark: string | null = null
  do {
    const from: string | null = mark
    mark = await transaction(origin, (tx, now) => takeBackNext(tx, massMessageId, from, now))
  } while (mark !== null)
}

/** Answers whose turn was the last; null when there is nobody left. */
async function takeBackNext(tx: Tx, id: string, mark: string | null, now: Date): Promise<string | null> {
  const mass = await holdMassMessage(tx, id)
  if (mass?.state !== 'UNSENT') return null
  const held = await holdUnopened(tx, id, mark, BATCH)
  if (!held) return null
  const taken = await takeBackBatch(tx, id, held.conversationIds, addMs(now, KEEP_DELETED_MS), now)
  await signal(
    tx,
    CONVERSATION_TOPIC,
    taken.map(({ conversationId }) => conversationId),
  )
  await signal(tx, INBOX_TOPIC, [...taken.map(({ userId }) => userId), mass.creatorId])
  return held.lastUserId
}

async function getOwn(tx: Tx, { userId }: Viewer, id: string): Promise<MassMessageRow> {
  const mass = await holdMassMessage(tx, id)
  if (mass?.creatorId === userId) return mass
  throw new AppError('NOT_FOUND', 'node_not_found', 'No such MassMessage.', { path: ['input', 'massMessageId'] })
}

const wrongState = (message: string): AppError =>
  new AppError('CONFLICT', 'mass_message_state', message, { path: ['input', 'massMessageId'] })
