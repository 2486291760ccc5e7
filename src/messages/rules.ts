import { addMs, HOUR_MS } from '../lib/clock.js'
import type { Reason } from '../lib/errors.js'
import { isCreator, isSignedIn, isStaff } from '../lib/rules.js'
import type { Viewer } from '../lib/viewer.js'
import type { ConversationRow } from './types.js'

/** Who may call what. */
export const rules = {
  Query: {
    conversation: isSignedIn,
  },
  Mutation: {
    startConversation: isSignedIn,
    sendMessage: isSignedIn,
    markConversationRead: isSignedIn,
    archiveConversation: isSignedIn,
    muteConversation: isSignedIn,
    pinConversation: isSignedIn,
    setReadReceipts: isSignedIn,
    setTyping: isSignedIn,
    editMessage: isSignedIn,
    purchaseMessage: isSignedIn,
    deleteMessage: isSignedIn,
    updateMessagingSettings: isSignedIn,
    revealMessage: isStaff,
    sendMassMessage: isCreator,
    cancelMassMessage: isCreator,
    unsendMassMessage: isCreator,
    createFanList: isCreator,
    renameFanList: isCreator,
    addToFanList: isCreator,
    removeFromFanList: isCreator,
  },
  Subscription: {
    messageReceived: isSignedIn,
    conversationUpdated: isSignedIn,
    typing: isSignedIn,
    presence: isSignedIn,
    massMessageProgress: isCreator,
  },
}

/** Whether the two sides of a conversation can reach each other. */
type Reach = Pick<ConversationRow, 'isParted' | 'isOtherActive'>

/** Why `viewer` may not write in a conversation of theirs; null when they may. */
export function refusalToSend(
  viewer: Pick<Viewer, 'isLimited'> | null,
  { isParted, isOtherActive }: Reach,
): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  if (isParted) return 'messaging_blocked'
  return isOtherActive ? null : 'recipient_unavailable'
}

/** What decides whether one may begin a conversation with the other, who can be seen. */
export interface Acquaintance {
  readonly isOtherCreator: boolean
  readonly isViewerCreator: boolean
  /** Whether the other follows, subscribes to or bought something of the viewer, now or once. */
  readonly isFan: boolean
}

/** Why `viewer` may not begin a conversation; null when they may. */
export function refusalToStart({ isOtherCreator, isViewerCreator, isFan }: Acquaintance): Reason | null {
  if (isOtherCreator) return null
  if (!isViewerCreator) return 'no_creator'
  return isFan ? null : 'not_a_fan'
}

/** How long after it was sent a message can be edited. */
const EDIT_WINDOW_MS = HOUR_MS

/** A message, as far as it decides what its sender may do with it. */
interface Judged {
  readonly senderId: string
  readonly createdAt: Date
  readonly isDeleted: boolean
  readonly wasBought: boolean
}

/** Why `viewer` may not edit a message of a conversation of theirs; null when they may. */
export function refusalToEdit(
  viewer: Pick<Viewer, 'userId' | 'isLimited'> | null,
  message: Judged,
  { isParted }: Pick<Reach, 'isParted'>,
  now: Date,
): Reason | null {
  const refusal = refusalToDelete(viewer, message)
  if (refusal) return refusal
  if (message.isDeleted) return 'message_deleted'
  if (isParted) return 'messaging_blocked'
  return addMs(message.createdAt, EDIT_WINDOW_MS) < now ? 'edit_window_over' : null
}

/** Why `viewer` may not take back a message of a conversation of theirs; null when they may, or did so. */
export function refusalToDelete(viewer: Pick<Viewer, 'userId' | 'isLimited'> | null, message: Judged): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  if (message.senderId !== viewer.userId) return 'not_allowed'
  return message.wasBought ? 'message_bought' : null
}
