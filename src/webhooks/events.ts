import { COMMENT_ADDED } from '../comments/types.js'
import { CONTENT_PUBLISHED } from '../content/types.js'
import type { WebhookEventType } from '../generated/graphql.js'
import type { Tx } from '../lib/db.js'
import type { OutboxEvent } from '../lib/events.js'
import { globalId } from '../lib/ids.js'
import { PAYOUT_CHANGED } from '../payouts/types.js'
import { CONTENT_PURCHASED } from '../purchases/types.js'
import { FOLLOWED } from '../social/types.js'
import type { Followed } from '../social/types.js'
import {
  SUBSCRIPTION_CANCELLED,
  SUBSCRIPTION_ENDED,
  SUBSCRIPTION_RENEWED,
  SUBSCRIPTION_STARTED,
} from '../subscriptions/types.js'
import { findTip } from '../tips/tips.js'
import { TIP_RECEIVED } from '../tips/types.js'
import type { MessageData } from './types.js'

/** What one event is to a creator. */
export interface Fact {
  /** Whose addresses are told. */
  readonly creatorId: string
  /** What it happened to: messages of one object go in order, as far as their events are on one stream. */
  readonly objectId: string
  readonly data: MessageData
  /**
   * Somebody else whom it is about, and under which name `data` gives their id; null for nobody, or somebody who is anonymous.
   * Of people parted from the creator by a block, and of closed accounts, nothing is told: the message is not sent where they
   * are what it is about, and has null for their id where it tells of something else.
   */
  readonly person: { readonly id: string; readonly name: string; readonly ifHidden: 'drop' | 'omit' } | null
}

/** How an event of the outbox becomes a message. */
export interface Source {
  /** The event's type in the outbox. */
  readonly outboxType: string
  /** What it is to a creator, read through `tx` where the event has ids only; null where it is nothing to one. */
  readonly factOf: (event: OutboxEvent, tx: Tx) => Fact | null | Promise<Fact | null>
}

const source = <Payload>(
  outboxType: string,
  factOf: (event: OutboxEvent<Payload>, tx: Tx) => Fact | null | Promise<Fact | null>,
): Source => ({ outboxType, factOf: (event, tx) => factOf(event as OutboxEvent<Payload>, tx) })

interface ContentPublished {
  readonly contentId: string
  readonly creatorId: string
}

interface CommentAdded extends ContentPublished {
  readonly commentId: string
  readonly authorId: string
  readonly parentId: string | null
}

interface ContentPurchased extends ContentPublished {
  readonly purchaseId: string
  readonly buyerId: string
}

interface SubscriptionStep {
  readonly subscriptionId: string
  readonly subscriberId: string
  readonly creatorId: string
}

function subscriptionFact({ payload }: OutboxEvent<SubscriptionStep>): Fact {
  const { subscriptionId, subscriberId, creatorId } = payload
  return {
    creatorId,
    objectId: subscriptionId,
    data: { subscriptionId: globalId('CreatorSubscription', subscriptionId) },
    person: { id: subscriberId, name: 'subscriberId', ifHidden: 'omit' },
  }
}

/**
 * Everything that can be sent: one entry per value of the schema's `WebhookEventType`, and nothing else to do for another.
 * Where one event of the outbox means several types, each entry answers null for what it is not.
 */
export const SOURCES: Readonly<Record<WebhookEventType, Source>> = {
  FOLLOWER_GAINED: source<Followed>(FOLLOWED, ({ payload: { followerId, followingId, isNews } }) =>
    isNews
      ? {
          creatorId: followingId,
          objectId: followerId,
          data: {},
          person: { id: followerId, name: 'followerId', ifHidden: 'drop' },
        }
      : null,
  ),

  CONTENT_PUBLISHED: source<ContentPublished>(CONTENT_PUBLISHED, ({ payload: { contentId, creatorId } }) => ({
    creatorId,
    objectId: contentId,
    data: { contentId: globalId('Content', contentId) },
    person: null,
  })),

  COMMENT_ADDED: source<CommentAdded>(
    COMMENT_ADDED,
    ({ payload: { commentId, contentId, authorId, parentId, creatorId } }) =>
      authorId === creatorId
        ? null
        : {
            creatorId,
            objectId: commentId,
            data: {
              commentId: globalId('Comment', commentId),
              contentId: globalId('Content', contentId),
              parentId: parentId === null ? null : globalId('Comment', parentId),
            },
            person: { id: authorId, name: 'authorId', ifHidden: 'drop' },
          },
  ),

  TIP_RECEIVED: source<{ tipId: string; creatorId: string }>(TIP_RECEIVED, async ({ payload }, tx) => {
    const tip = await findTip(tx, payload.tipId)
    return (
      tip && {
        creatorId: tip.recipientId,
        objectId: tip.id,
        data: {
          tipId: globalId('Tip', tip.id),
          amountMinor: tip.amountMinor.toString(),
          currency: tip.currency,
          isAnonymous: tip.isAnonymous,
        },
        person: tip.isAnonymous ? null : { id: tip.senderId, name: 'senderId', ifHidden: 'omit' },
      }
    )
  }),

  CONTENT_PURCHASED: source<ContentPurchased>(CONTENT_PURCHASED, ({ payload }) => ({
    creatorId: payload.creatorId,
    objectId: payload.purchaseId,
    data: { contentId: globalId('Content', payload.contentId) },
    person: { id: payload.buyerId, name: 'buyerId', ifHidden: 'omit' },
  })),

  SUBSCRIPTION_STARTED: source<SubscriptionStep>(SUBSCRIPTION_STARTED, subscriptionFact),
  SUBSCRIPTION_RENEWED: source<SubscriptionStep>(SUBSCRIPTION_RENEWED, subscriptionFact),
  SUBSCRIPTION_CANCELLED: source<SubscriptionStep>(SUBSCRIPTION_CANCELLED, subscriptionFact),
  SUBSCRIPTION_ENDED: source<SubscriptionStep>(SUBSCRIPTION_ENDED, subscriptionFact),

  PAYOUT_CHANGED: source<{ payoutId: string; creatorId: string; state: string }>(PAYOUT_CHANGED, ({ payload }) => ({
    creatorId: payload.creatorId,
    objectId: payload.payoutId,
    data: { payoutId: globalId('Payout', payload.payoutId), state: payload.state },
    person: null,
  })),
}

/** The type of a message that only tests an address. */
export const TEST_TYPE = 'webhook.test'

/** A type as messages say it: `CONTENT_PUBLISHED` is `content.published`. */
export const wireType = (type: WebhookEventType): string => type.toLowerCase().replace('_', '.')

const BY_WIRE_TYPE = new Map(typesWithSources().map(([type]) => [wireType(type), type]))

/** The type that messages say so; null for one that is no longer sent. */
export const typeOfWire = (text: string): WebhookEventType | null => BY_WIRE_TYPE.get(text) ?? null

/** Every type with its source. */
export function typesWithSources(): [WebhookEventType, Source][] {
  return Object.entries(SOURCES) as [WebhookEventType, Source][]
}
