import assert from 'node:assert'
import { checkedReason, findVisibleUser } from '../accounts/accounts.js'
import type {
  ConversationResolvers,
  LockedMessageResolvers,
  MessageTextResolvers,
  PurchaseResolvers,
  MessageEventResolvers,
  MessageResolvers,
  MutationResolvers,
  PresenceEventResolvers,
  QueryResolvers,
  RevealedMessageResolvers,
  SubscriptionResolvers,
  TypingEventResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { globalId, parseGlobalId, uuidOf } from '../lib/ids.js'
import { priceOf } from '../lib/money.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { toPermission } from '../lib/rules.js'
import { checkedSource, payNow } from '../payments/payments.js'
import { PURCHASES } from '../purchases/purchases.js'
import { mapped } from '../lib/sources.js'
import type { Asking, Viewer as SignedIn } from '../lib/viewer.js'
import { signedIn } from '../lib/viewer.js'
import { purchaseMessage } from './buying.js'
import { countConversations, listConversations } from './conversation-queries.js'
import { deleteMessage, editMessage } from './editing.js'
import { receivedMessages } from './following.js'
import type { Following } from './following.js'
import { filesOf, hintsOf, teaserFilesOf } from './files.js'
import {
  FOR_GOOD,
  archiveConversation,
  markConversationRead,
  muteConversation,
  pinConversation,
  setReadReceipts,
} from './keeping.js'
import type { MessagesLoaders } from './loaders.js'
import * as mass from './mass-resolvers.js'
import { findSettings } from './presence-queries.js'
import { keepPresent, presenceIn, updateMessagingSettings } from './presence.js'
import { revealMessage } from './revealing.js'
import { refusalToDelete, refusalToEdit, refusalToSend } from './rules.js'
import { MESSAGES, checkedBody, checkedFiles, checkedTeaser, sendMessage } from './sending.js'
import { STARTS, startConversation } from './starting.js'
import type { ConversationRow, FanListRow, MassMessageRow, MessageRow } from './types.js'
import { TYPING, setTyping, typingIn } from './typing.js'
import { updatedConversations } from './updates.js'

export { FanList, MassMessage } from './mass-resolvers.js'

interface MessagesAsking {
  readonly loaders: MessagesLoaders
}

export const Query = {
  conversation: (_parent, { id }, { loaders }) => {
    const parsed = parseGlobalId(id)
    return parsed?.type === 'Conversation' ? loaders.conversation.load(parsed.uuid) : null
  },
} satisfies Partial<QueryResolvers>

/** What a subscription to one conversation goes by. */
function following(
  { conversationId }: { readonly conversationId: string },
  { db, bus, viewer, signal }: Pick<Following, 'db' | 'bus'> & Asking & { readonly signal?: AbortSignal },
): Following {
  assert(viewer && signal, 'a rule asked for a session, and a subscription can be ended')
  const uuid = uuidOf('Conversation', conversationId, ['conversationId'])
  return { db, bus, viewerId: viewer.userId, conversationId: uuid, signal }
}

export const Subscription = {
  ...mass.Subscription,
  messageReceived: {
    subscribe: async (_parent, { after, ...args }, context) => {
      const received = await receivedMessages(following(args, context), after ?? null)
      return mapped(received, (messageReceived) => ({ messageReceived }))
    },
  },
  conversationUpdated: {
    subscribe: async (_parent, _args, context) => {
      const { db, bus, viewer, signal } = context
      assert(viewer && signal, 'a rule asked for a session, and a subscription can be ended')
      const updates = await updatedConversations(db, bus, viewer.userId, signal)
      keepPresent(context, viewer.userId, signal)
      return mapped(updates, (conversationUpdated) => ({ conversationUpdated }))
    },
  },
  typing: {
    subscribe: async (_parent, args, context) =>
      mapped(await typingIn(following(args, context)), (typing) => ({ typing })),
  },
  presence: {
    subscribe: async (_parent, args, context) =>
      mapped(await presenceIn(following(args, context)), (presence) => ({ presence })),
  },
} satisfies Partial<SubscriptionResolvers>

const messageIdOf = ({ messageId }: { readonly messageId: string }): string =>
  uuidOf('Message', messageId, ['input', 'messageId'])

const conversationIdOf = ({ conversationId }: { readonly conversationId: string }): string =>
  uuidOf('Conversation', conversationId, ['input', 'conversationId'])

/** Runs a verb that changes a conversation, and answers the conversation as it is then. */
async function keeping(
  context: Origin & Asking & MessagesAsking,
  input: { readonly conversationId: string },
  verb: (tx: Tx, viewer: SignedIn, conversationId: string, now: Date) => Promise<void>,
) {
  const viewer = signedIn(context)
  const conversationId = conversationIdOf(input)
  await transaction(context, (tx, now) => verb(tx, viewer, conversationId, now))
  return { conversation: await reloaded(conversationId, context), userErrors: [] }
}

/** A conversation as a mutation left it: what was loaded before is forgotten. */
function reloaded(id: string, { loaders }: MessagesAsking): Promise<ConversationRow | null> {
  loaders.messages.clearAll()
  loaders.lastMessage.clear(id)
  return loaders.conversation.clear(id).load(id)
}

/** A message as a mutation left it. */
async function reloadedMessage(id: string, { loaders }: MessagesAsking): Promise<MessageRow | null> {
  const message = await loaders.message.clear(id).load(id)
  if (message) await reloaded(message.conversationId, { loaders })
  return message
}

export const Mutation = {
  ...mass.Mutation,
  startConversation: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const userId = uuidOf('User', input.userId, ['input', 'userId'])
    await context.limiter.spend(STARTS, viewer.userId)
    const id = await transaction(context, (tx, now) => startConversation(tx, viewer, userId, now))
    return { conversation: await reloaded(id, context), userErrors: [] }
  },

  sendMessage: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const order = {
      conversationId: conversationIdOf(input),
      replyToId: input.replyToId ? uuidOf('Message', input.replyToId, ['input', 'replyToId']) : null,
      body: checkedBody(input.body, (input.media ?? []).length > 0),
      teaser: checkedTeaser(input.teaser),
      priceMinor: input.priceMinor ?? null,
      media: checkedFiles(input.media ?? []),
      isAgeRestricted: input.isAgeRestricted,
      idempotencyKey: input.idempotencyKey,
    }
    await context.limiter.spend(MESSAGES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) => sendMessage(tx, viewer, order, now))
    const conversation = await reloaded(order.conversationId, context)
    return { message: await context.loaders.message.load(answer.messageId), conversation, replayed, userErrors: [] }
  },

  purchaseMessage: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const messageId = messageIdOf(input)
    const source = checkedSource(input.payWith, context)
    const { expectedPrice, idempotencyKey } = input
    const isGated = context.config.ageGate === 'platform'
    await context.limiter.spend(PURCHASES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      purchaseMessage(tx, context.payments, viewer, { messageId, expectedPrice, source, idempotencyKey, isGated }, now),
    )
    const paid = await payNow(context, answer.paymentId, source)
    const { loaders } = context
    const purchase = await loaders.purchase.clear(answer.purchaseId).load(answer.purchaseId)
    return { purchase, ...paid, message: await reloadedMessage(messageId, context), replayed }
  },

  revealMessage: async (_parent, { input }, context) => {
    const reason = checkedReason(input.reason)
    const messageId = messageIdOf(input)
    const message = await transaction({ ...context, reason }, (tx, now) =>
      revealMessage(tx, signedIn(context), { messageId, reason }, now),
    )
    return { message, userErrors: [] }
  },

  markConversationRead: (_parent, { input }, context) =>
    keeping(context, input, (tx, viewer, conversationId, now) =>
      markConversationRead(tx, viewer, { conversationId, upTo: input.upTo }, now),
    ),
  archiveConversation: (_parent, { input }, context) =>
    keeping(context, input, (tx, viewer, conversationId, now) =>
      archiveConversation(tx, viewer, { conversationId, archived: input.archived }, now),
    ),
  muteConversation: (_parent, { input }, context) =>
    keeping(context, input, (tx, viewer, conversationId, now) =>
      muteConversation(tx, viewer, { conversationId, mutedUntil: input.muted ? (input.until ?? FOR_GOOD) : null }, now),
    ),
  pinConversation: (_parent, { input }, context) =>
    keeping(context, input, (tx, viewer, conversationId, now) =>
      pinConversation(tx, viewer, { conversationId, pinned: input.pinned }, now),
    ),
  editMessage: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const edit = {
      messageId: messageIdOf(input),
      body: checkedBody(input.body),
      expectedVersion: input.expectedVersion,
    }
    await context.limiter.spend(MESSAGES, viewer.userId)
    await transaction(context, (tx, now) => editMessage(tx, viewer, edit, now))
    return { message: await reloadedMessage(edit.messageId, context), userErrors: [] }
  },
  deleteMessage: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const messageId = messageIdOf(input)
    await context.limiter.spend(MESSAGES, viewer.userId)
    await transaction(context, (tx, now) => deleteMessage(tx, viewer, messageId, now))
    return { message: await reloadedMessage(messageId, context), userErrors: [] }
  },
  setTyping: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const conversationId = conversationIdOf(input)
    await context.limiter.spend(TYPING, viewer.userId)
    await transaction(context, (tx) => setTyping(tx, viewer, { conversationId, typing: input.typing }))
    return { conversation: await context.loaders.conversation.load(conversationId), userErrors: [] }
  },
  updateMessagingSettings: async (_parent, { input }, context) => {
    const { sharesPresence } = input
    await transaction(context, (tx, now) => updateMessagingSettings(tx, signedIn(context), { sharesPresence }, now))
    return { settings: { sharesPresence }, userErrors: [] }
  },
  setReadReceipts: (_parent, { input }, context) =>
    keeping(context, input, (tx, viewer, conversationId, now) =>
      setReadReceipts(tx, viewer, { conversationId, enabled: input.enabled }, now),
    ),
} satisfies Partial<MutationResolvers>

export const Viewer = {
  ...mass.Viewer,
  conversations: async ({ userId }, { archived, unreadOnly, pinnedOnly, ...args }, { db }) => {
    const filter = { archived, unreadOnly, pinnedOnly }
    const page = checkedPage(args, { list: 'viewer.conversations', userId, ...filter }, ['time', 'uuid'])
    const rows = await listConversations(db, userId, filter, page)
    return toConnection(page, rows, ({ listedAt, participantId }) => [listedAt?.toISOString() ?? '', participantId])
  },
  messagingSettings: ({ userId }, _args, { db }) => findSettings(db, userId),
  conversationCounts: ({ userId }, _args, { db }) => countConversations(db, userId),
} satisfies Partial<ViewerResolvers>

export const Conversation = {
  id: ({ id }) => globalId('Conversation', id),
  creator: ({ creatorId }, _args, context) => findVisibleUser(creatorId, context),
  fan: ({ fanId }, _args, context) => findVisibleUser(fanId, context),
  other: ({ otherId }, _args, context) => findVisibleUser(otherId, context),
  readUpTo: ({ readSequence }) => readSequence,
  isArchived: ({ archivedAt }) => archivedAt !== null,
  isPinned: ({ pinnedAt }) => pinnedAt !== null,
  isMuted: ({ mutedUntil }, _args, { now }) => mutedUntil !== null && mutedUntil > now,
  mutedUntil: ({ mutedUntil }, _args, { now }) =>
    mutedUntil && mutedUntil > now && mutedUntil < FOR_GOOD ? mutedUntil : null,
  viewerCanSend: (row, _args, { viewer }) => toPermission(refusalToSend(viewer, row)),
  lastMessage: ({ id }, _args, { loaders }) => loaders.lastMessage.load(id),
  messages: async ({ id }, args, { loaders }) => {
    const page = checkedPage(args, { list: 'conversation.messages', id }, ['number'])
    const rows = await loaders.messages.load({ ownerId: id, page })
    return toConnection(page, rows, ({ sequence }) => [sequence.toString()])
  },
} satisfies Partial<ConversationResolvers>

const judged = ({ senderId, createdAt, absence, wasBought }: MessageRow) => ({
  senderId,
  createdAt,
  isDeleted: absence !== null,
  wasBought,
})

export const Message = {
  id: ({ id }) => globalId('Message', id),
  conversation: ({ conversationId }, _args, { loaders }) => loaders.conversation.load(conversationId),
  sender: ({ senderId }, _args, context) => findVisibleUser(senderId, context),
  isOwn: ({ senderId }, _args, { viewer }) => senderId === viewer?.userId,
  replyTo: ({ replyToId }, _args, { loaders }) => (replyToId === null ? null : loaders.message.load(replyToId)),
  price: ({ price }) => price,
  body: (message) => {
    if (message.absence !== null) return { __typename: 'MessageTombstone', reason: message.absence }
    return { ...message, __typename: message.isOpen ? 'MessageText' : 'LockedMessage' }
  },
  viewerCanEdit: async (row, _args, { viewer, now, loaders }) => {
    const conversation = await loaders.conversation.load(row.conversationId)
    return toPermission(refusalToEdit(viewer, judged(row), { isParted: conversation?.isParted ?? true }, now))
  },
  viewerCanDelete: (row, _args, { viewer }) => toPermission(refusalToDelete(viewer, judged(row))),
} satisfies Partial<MessageResolvers>

export const RevealedMessage = {
  messageId: ({ id }) => globalId('Message', id),
  sender: ({ senderId }, _args, context) => findVisibleUser(senderId, context),
  recipient: ({ recipientId }, _args, context) => findVisibleUser(recipientId, context),
  price: priceOf,
  earlierTexts: ({ earlierTexts }) => [...earlierTexts],
  fileCount: ({ mediaIds }) => mediaIds.length,
  media: ({ id }, _args, { loaders }) => filesOf(id, { kind: 'revealed_message', messageId: id }, loaders),
} satisfies Partial<RevealedMessageResolvers>

export const MessageText = {
  text: ({ text }) => text ?? '',
  media: ({ id, grant }, _args, { loaders }) => filesOf(id, { kind: 'message', messageId: id, grant }, loaders),
} satisfies Partial<MessageTextResolvers>

export const LockedMessage = {
  price: ({ price }) => {
    assert(price, 'what is locked has a price')
    return price
  },
  previews: ({ id }, _args, { loaders }) => hintsOf(id, loaders),
  teaserMedia: ({ id }, _args, { loaders }) => teaserFilesOf(id, loaders),
} satisfies Partial<LockedMessageResolvers>

export const Purchase = {
  message: ({ messageId }, _args, { loaders }) => (messageId === null ? null : loaders.message.load(messageId)),
} satisfies Partial<PurchaseResolvers>

export const MessageEvent = {
  eventId: ({ conversationId, sequence }) => Buffer.from(`${conversationId}:${String(sequence)}`).toString('base64url'),
  message: async ({ messageId }, _args, { loaders }) => {
    const message = await loaders.message.load(messageId)
    assert(message, 'what is followed is a conversation of the viewer')
    return message
  },
} satisfies Partial<MessageEventResolvers>

export const TypingEvent = {
  user: ({ userId }, _args, context) => findVisibleUser(userId, context),
} satisfies Partial<TypingEventResolvers>

export const PresenceEvent = {
  user: ({ userId }, _args, context) => findVisibleUser(userId, context),
} satisfies Partial<PresenceEventResolvers>

/** A conversation as `node` finds it: of one of the two sides, in good standing. */
export const findConversationNode = (id: string, { loaders }: MessagesAsking): Promise<ConversationRow | null> =>
  loaders.conversation.load(id)

/** A message as `node` finds it: of one of the two sides, in good standing. */
export const findMessageNode = (id: string, { loaders }: MessagesAsking): Promise<MessageRow | null> =>
  loaders.message.load(id)

/** A mass message as `node` finds it: the viewer's own. */
export const findMassMessageNode = (id: string, { loaders }: MessagesAsking): Promise<MassMessageRow | null> =>
  loaders.massMessage.load(id)

/** A list of people as `node` finds it: the viewer's own. */
export const findFanListNode = (id: string, { loaders }: MessagesAsking): Promise<FanListRow | null> =>
  loaders.fanList.load(id)
