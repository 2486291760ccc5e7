import type { MessageAbsence } from '../generated/graphql.js'
import type {
  ConversationEventKind,
  MassMessageSegment,
  MassMessageState,
  ParticipantRole,
} from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'
import type { Money } from '../lib/money.js'

export type { ConversationEventKind, MassMessageState, ParticipantRole }

/** A conversation as one of its two sides has it. */
export interface ConversationRow {
  readonly id: string
  readonly creatorId: string
  readonly fanId: string
  readonly viewerRole: ParticipantRole
  /** The one of the two who is not the viewer. */
  readonly otherId: string
  readonly lastSequence: bigint
  readonly lastEventSequence: bigint
  readonly lastMessageAt: Date | null
  readonly createdAt: Date
  /** Of the viewer's side, as are the next ones. */
  readonly participantId: string
  /** Where it lies in the viewer's lists; null where it is on none. */
  readonly listedAt: Date | null
  readonly readSequence: bigint
  readonly sendsReadReceipts: boolean
  readonly archivedAt: Date | null
  readonly mutedUntil: Date | null
  readonly pinnedAt: Date | null
  /** Counted to `MAX_COUNTED`. */
  readonly unreadCount: number
  /** Up to where the other side has read, as far as it may be known; null where one of the two keeps it to themselves. */
  readonly otherReadUpTo: bigint | null
  /** Whether a block parts the two, whoever of them blocked. */
  readonly isParted: boolean
  readonly isOtherActive: boolean
}

/** A message as one of the two sides reads it. */
export interface MessageRow {
  readonly id: string
  readonly conversationId: string
  readonly sequence: bigint
  readonly senderId: string
  readonly replyToId: string | null
  readonly createdAt: Date
  readonly editedAt: Date | null
  readonly version: number
  /** Why it has no body for the viewer; null where it has. */
  readonly absence: MessageAbsence | null
  readonly text: string | null
  /** Whether it is only for people of proven age. */
  readonly isAgeRestricted: boolean
  /** What can be read before paying; null where there is nothing. */
  readonly teaser: string | null
  /** What it costs; null where it is free. */
  readonly price: Money | null
  /** Whether the other side has bought it; false again where the price went back. */
  readonly isBought: boolean
  /** Whether the other side ever bought it, so that it stays as it is. */
  readonly wasBought: boolean
  /** Whether its body opens for the viewer. */
  readonly isOpen: boolean
  /** By what it opens; null where it needs none. */
  readonly grant: { readonly id: string; readonly version: number } | null
}

/** Something that happened in a conversation. */
export interface MessageEventRow {
  readonly conversationId: string
  readonly sequence: bigint
  readonly kind: ConversationEventKind
  readonly messageId: string
}

/** Whether the other side writes now. */
export interface TypingRow {
  readonly userId: string
  readonly isTyping: boolean
}

/** Whom a mass message is for. */
export interface Audience {
  readonly segment: MassMessageSegment
  /** The list, where it is for one. */
  readonly listId: string | null
  /** In minor units, where it is for those who spent more. */
  readonly spentOverMinor: bigint | null
}

/** A mass message, as its creator has it. */
export interface MassMessageRow extends Audience {
  readonly id: string
  readonly creatorId: string
  readonly text: string
  readonly teaser: string | null
  readonly priceMinor: bigint | null
  /** What those pay less who subscribe when it is their turn. */
  readonly subscriberDiscountBasisPoints: number | null
  /** Of the price, and of what somebody spent. */
  readonly currency: string | null
  /** Whether it is only for people of proven age. */
  readonly isAgeRestricted: boolean
  readonly state: MassMessageState
  readonly sendAt: Date
  readonly recipientCount: number
  readonly sentCount: number
  readonly skippedCount: number
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly unsentAt: Date | null
  readonly createdAt: Date
}

/** A creator's list of people. */
export interface FanListRow {
  readonly id: string
  readonly creatorId: string
  readonly name: string
  readonly memberCount: number
  readonly createdAt: Date
}

/** A message was sent by hand. On the conversation's stream; payload: messageId, conversationId, senderId, recipientId. */
export const MESSAGE_SENT = 'message.sent'

/** Those of a mass message who had it in one batch: behind the one, up to the other, in order of id. */
export interface MassBatch {
  readonly massMessageId: string
  readonly after: string | null
  readonly upTo: string
}

/** A mass message came to a batch of people. On its own stream; payload: `MassBatch`. */
export const MASS_MESSAGE_SENT = 'mass_message.sent'

/** A message was bought. On the creator's stream of sales; payload: purchaseId, messageId, buyerId, creatorId. */
export const MESSAGE_PURCHASED = 'message.purchased'

/** The stream of what others act on in a conversation. */
export const conversationStream = (conversationId: string): string => `conversation:${conversationId}`

/** The stream of what becomes of a mass message. */
export const massStream = (massMessageId: string): string => `mass_message:${massMessageId}`

/** The topic of signals that something happened in a conversation; their key is its id. */
export const CONVERSATION_TOPIC = 'conversations'
/** The topic of signals that one of somebody's conversations changed; their key is the person's id. */
export const INBOX_TOPIC = 'conversations_of'

/** The topics of signals that one of the two began, or ceased, to write; their key is that of `typingKey`. */
export const TYPING_TOPIC = 'typing'
export const TYPING_ENDED_TOPIC = 'typing_ended'

export const typingKey = (conversationId: string, userId: string): string => `${conversationId}:${userId}`

/** The topic of signals that somebody came, or lets others know so no more; their key is the person's id. */
export const PRESENCE_TOPIC = 'presence'

/** The topic of signals that a mass message went a step further; their key is its id. */
export const MASS_TOPIC = 'mass_messages'

/** Sends a mass message to whoever has not had it. */
export const sendMassMessageJob = jobName<{ readonly massMessageId: string }>('messages.send_mass')
/** Takes a mass message back from whoever has not opened it. */
export const unsendMassMessageJob = jobName<{ readonly massMessageId: string }>('messages.unsend_mass')

/** Destroys the texts of messages that were taken back 30 days ago, and events that are older. */
export const purgeMessagesJob = jobName<Record<string, never>>('messages.purge')
