import { isActingStaff } from '../accounts/accounts.js'
import { anyone, isCreator, isSignedIn } from '../lib/rules.js'
import type { Reason } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import type { StreamRow } from './types.js'

/** Who may call what; whose stream it is, the verbs ask. */
export const rules = {
  Query: {
    stream: anyone,
    liveStreams: anyone,
  },
  Mutation: {
    scheduleStream: isCreator,
    startStream: isCreator,
    endStream: isCreator,
    cancelStream: isCreator,
    rotateStreamKey: isCreator,
    revokeStreamKey: isCreator,
    joinStream: isSignedIn,
    heartbeatStream: isSignedIn,
    leaveStream: isSignedIn,
    purchaseStreamAccess: isSignedIn,
    sendStreamChat: isSignedIn,
    deleteStreamChat: isSignedIn,
    updateStreamChat: isCreator,
    muteInStream: isCreator,
    unmuteInStream: isCreator,
    banInStream: isCreator,
    unbanInStream: isCreator,
    liftStreamSanction: isCreator,
  },
  Subscription: {
    streamViewerCount: anyone,
    streamUpdated: anyone,
    streamChat: anyone,
  },
}

/** Why `viewer` may not change, start and end a stream of this creator; null when they may. */
export function refusalToManage(viewer: Viewer | null, { creatorId }: { readonly creatorId: string }): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  return viewer.userId === creatorId ? null : 'not_allowed'
}

/** Whether `viewer` may see what a stream of this creator came to. */
export const canSeeStatistics = (viewer: Viewer | null, { creatorId }: { readonly creatorId: string }): boolean =>
  viewer !== null && (viewer.userId === creatorId || isActingStaff(viewer))

/** How somebody stands to a stream whose chat they want to write in. */
export interface ChatCircumstances {
  readonly isOnAir: boolean
  readonly isOpen: boolean
  readonly isSubscriber: boolean
  readonly isMuted: boolean
  readonly isBanned: boolean
}

/** Why `viewer` may not write in a stream's chat now; null when they may. How often is another question. */
export function refusalToChat(
  viewer: Viewer | null,
  { creatorId, chatEnabled, chatSubscribersOnly }: Pick<StreamRow, 'creatorId' | 'chatEnabled' | 'chatSubscribersOnly'>,
  { isOnAir, isOpen, isSubscriber, isMuted, isBanned }: ChatCircumstances,
): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  if (!isOpen) return 'content_locked'
  if (isBanned) return 'banned_in_stream'
  if (!isOnAir) return 'stream_state'
  if (viewer.userId === creatorId) return null
  if (!chatEnabled) return 'chat_off'
  if (isMuted) return 'muted_in_stream'
  return chatSubscribersOnly && !isSubscriber ? 'chat_subscribers_only' : null
}
