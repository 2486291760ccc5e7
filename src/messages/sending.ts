import { statusAt } from '../accounts/accounts.js'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Reason } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { uuidOf } from '../lib/ids.js'
import { checkedPrice } from '../lib/money.js'
import type { Money } from '../lib/money.js'
import type { RateLimit } from '../lib/rate.js'
import { checkedLongText } from '../lib/text.js'
import type { Viewer } from '../lib/viewer.js'
import { checkReady, holdMedia } from '../media/media.js'
import { findEarner } from '../payments/payments.js'
import { holdPair } from '../social/social.js'
import { refusalToSend } from './rules.js'
import { tellBoth } from './telling.js'
import { MESSAGE_SENT, conversationStream } from './types.js'
import { findOwnConversation, insertMessage, isAnswerable } from './write-queries.js'
import type { Two } from './write-queries.js'

/** Messages that somebody sends, edits and takes back. */
export const MESSAGES: RateLimit = { name: 'messages.sends', points: 60, windowSeconds: MINUTE_MS / SECOND_MS }

const MAX_LENGTH = 10_000
const MAX_TEASER_LENGTH = 500
const MAX_FILES = 20

/** A file of a message. */
export interface MessageFile {
  readonly mediaId: string
  /** Whether it is seen before paying. */
  readonly isTeaser: boolean
}

/** What somebody wants to say, and where. */
export interface MessageOrder {
  readonly conversationId: string
  readonly replyToId: string | null
  readonly body: string
  /** What can be read before paying. */
  readonly teaser: string | null
  /** In the currency of the creator who sends it; null for a free one. */
  readonly priceMinor: bigint | null
  readonly media: readonly MessageFile[]
  /** Whether it is only for people of proven age. */
  readonly isAgeRestricted: boolean
  readonly idempotencyKey: string
}

/** A text that may be empty beside files. @throws INVALID invalid_input */
export const checkedBody = (body: string, hasFiles = false): string =>
  checkedLongText(body, ['input', 'body'], MAX_LENGTH, hasFiles ? 0 : 1)

/** Null for none. @throws INVALID invalid_input */
export const checkedTeaser = (unchecked: string | null | undefined): string | null =>
  checkedLongText(unchecked ?? '', ['input', 'teaser'], MAX_TEASER_LENGTH) || null

/** @throws INVALID invalid_input; NOT_FOUND node_not_found */
export function checkedFiles(
  files: readonly { readonly mediaId: string; readonly isTeaser: boolean }[],
): MessageFile[] {
  const path = ['input', 'media']
  const media = files.map(({ mediaId, isTeaser }) => ({ mediaId: uuidOf('MediaAsset', mediaId, path), isTeaser }))
  if (media.length > MAX_FILES || new Set(media.map(({ mediaId }) => mediaId)).size < media.length)
    throw new AppError('INVALID', 'invalid_input', `At most ${String(MAX_FILES)} files, each once.`, { path })
  return media
}

/**
 * Says something in a conversation of the viewer's, as its next message: however many write at once, the numbers have neither
 * gaps nor twins. Idempotent under the key. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT messaging_blocked, recipient_unavailable, parent_of_another_conversation,
 * not_allowed, creator_not_earning, age_verification_required, media_not_ready; INVALID price_out_of_range, media_refused; FORBIDDEN account_limited
 */
export async function sendMessage(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...order }: MessageOrder,
  now: Date,
): Promise<Remembered<{ messageId: string }>> {
  const { userId } = viewer
  const call = { scope: userId, mutation: 'sendMessage', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    const { conversationId, replyToId, body, teaser, media, isAgeRestricted } = order
    const two = await getConversation(tx, conversationId, userId)
    const recipientId = await holdRecipient(tx, viewer, two, now)
    if (replyToId !== null && !(await isAnswerable(tx, replyToId, conversationId)))
      throw new AppError('CONFLICT', 'parent_of_another_conversation', 'That message is not here to be answered.', {
        path: ['input', 'replyToId'],
      })
    checkRestricted(viewer, isAgeRestricted)
    const price = await getPrice(tx, viewer, two, order, now)
    await holdFiles(tx, userId, media, now)
    const messageId = await insertMessage(
      tx,
      { conversationId, senderId: userId, replyToId, body, teaser, price, media, isAgeRestricted },
      now,
    )
    const payload = { messageId, conversationId, senderId: userId, recipientId }
    await emit(tx, { stream: conversationStream(conversationId), type: MESSAGE_SENT, payload }, now)
    await tellBoth(tx, two)
    return { messageId }
  })
}

/**
 * What a message costs, as it stays: a creator sets it, who may earn.
 * @throws CONFLICT not_allowed, creator_not_earning; INVALID price_out_of_range, invalid_input
 */
async function getPrice(
  tx: Tx,
  { userId }: Viewer,
  { creatorId }: Two,
  { priceMinor, teaser, media }: Pick<MessageOrder, 'priceMinor' | 'teaser' | 'media'>,
  now: Date,
): Promise<Money | null> {
  const path = ['input', 'priceMinor']
  checkTeaser({ priceMinor, teaser, media })
  if (priceMinor === null) return null
  if (userId !== creatorId)
    throw new AppError('CONFLICT', 'not_allowed', 'Only the creator sells messages here.', { path })
  return checkedPriceOf(priceMinor, await findCurrency(tx, creatorId, path, now))
}

/** @throws INVALID invalid_input where what is free has something to be seen before paying */
export function checkTeaser({
  priceMinor,
  teaser,
  media,
}: Pick<MessageOrder, 'priceMinor' | 'teaser' | 'media'>): void {
  if (priceMinor !== null || (teaser === null && !media.some(({ isTeaser }) => isTeaser))) return
  throw new AppError('INVALID', 'invalid_input', 'What is free needs no teaser.', { path: ['input', 'teaser'] })
}

/** Who sends what is for adults has proven to be one. @throws CONFLICT age_verification_required */
export function checkRestricted({ isAgeVerified }: Viewer, isAgeRestricted: boolean): void {
  if (isAgeVerified || !isAgeRestricted) return
  throw new AppError('CONFLICT', 'age_verification_required', 'Prove your age first.', {
    path: ['input', 'isAgeRestricted'],
  })
}

/** @throws INVALID price_out_of_range */
export function checkedPriceOf(amountMinor: bigint, currency: string): Money {
  checkedPrice({ amountMinor, currency }, ['input', 'priceMinor'])
  return { amountMinor, currency }
}

/** What a creator takes who may earn now. @throws CONFLICT creator_not_earning */
export async function findCurrency(tx: Tx, creatorId: string, path: readonly string[], now: Date): Promise<string> {
  const earner = await findEarner(tx, creatorId, creatorId, now)
  if (earner?.isEarning && earner.currency !== null) return earner.currency
  throw new AppError('CONFLICT', 'creator_not_earning', 'Prove your age before you sell.', { path })
}

/** Holds the files of a message, which are ready. @throws NOT_FOUND node_not_found; CONFLICT media_not_ready; INVALID media_refused */
export async function holdFiles(tx: Tx, ownerId: string, media: readonly MessageFile[], now: Date): Promise<void> {
  if (media.length === 0) return
  const path = ['input', 'media']
  const ids = media.map(({ mediaId }) => mediaId)
  checkReady(await holdMedia(tx, { ownerId, ids, purpose: 'MESSAGE', path }, now), path)
}

/** A conversation of somebody's. @throws NOT_FOUND node_not_found */
export async function getConversation(tx: Tx, id: string, userId: string): Promise<Two> {
  const two = await findOwnConversation(tx, id, userId)
  if (two) return two
  throw new AppError('NOT_FOUND', 'node_not_found', 'No such Conversation.', { path: ['input', 'conversationId'] })
}

/**
 * Holds both sides, so that neither blocks the other nor loses their standing meanwhile, and asks whether the one may write to
 * the other. Answers whom they write to.
 * @throws CONFLICT messaging_blocked, recipient_unavailable; FORBIDDEN account_limited
 */
async function holdRecipient(tx: Tx, viewer: Viewer, { creatorId, fanId }: Two, now: Date): Promise<string> {
  const recipientId = creatorId === viewer.userId ? fanId : creatorId
  const { target, blocks, isBlocked } = await holdPair(tx, viewer, recipientId, now)
  const isOtherActive = target !== null && statusAt(target, now) === 'ACTIVE'
  refuse(refusalToSend(viewer, { isParted: blocks || isBlocked, isOtherActive }))
  return recipientId
}

const REFUSALS: Readonly<Partial<Record<Reason, string>>> = {
  messaging_blocked: 'One of the two blocks the other: nothing was sent.',
  recipient_unavailable: 'Nobody reads here any more: the other account is closed.',
}

function refuse(reason: Reason | null): void {
  if (reason === null) return
  throw new AppError('CONFLICT', reason, REFUSALS[reason] ?? 'Not for you to do.', {
    path: ['input', 'conversationId'],
  })
}
