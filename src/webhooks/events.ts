import { COMMENT_ADDED } from '../comments/types.js'
import { CONTENT_PUBLISHED } from '../content/types.js'
import type { WebhookEventType } from '../generated/graphql.js'
import type { Tx } from '../lib/db.js'
import type { OutboxEvent } from '../lib/events.js'
import { globalId } from '../lib/ids.js'
import { FOLLOWED } from '../social/types.js'
import type { Followed } from '../social/types.js'
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
