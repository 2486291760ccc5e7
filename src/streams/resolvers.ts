import {
  accessTo,
  findVisibleContent,
  checkedContent,
  checkedTitle,
  noSuchContent,
  readingOf,
} from '../content/content.js'
import type {
  ContentResolvers,
  LiveStreamResolvers,
  LockedBodyResolvers,
  MutationResolvers,
  QueryResolvers,
  StreamChatAuthorResolvers,
  StreamChatEventResolvers,
  StreamChatLineResolvers,
  StreamChatSettingsInput,
  StreamKeyResolvers,
  StreamUpdateResolvers,
  StreamViewerCountResolvers,
  SubscriptionResolvers,
  UserResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import type { KeyMaterial } from '../lib/key-file.js'
import { AppError } from '../lib/errors.js'
import { globalId, parseGlobalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { live } from '../lib/live.js'
import type { RateLimit, RateLimiter } from '../lib/rate.js'
import { toPermission } from '../lib/rules.js'
import { checkedLongText } from '../lib/text.js'
import { signedIn } from '../lib/viewer.js'
import { checkedSource, payNow } from '../payments/payments.js'
import { PURCHASES, purchaseContent } from '../purchases/purchases.js'
import { deviceTypeOf } from '../sessions/sessions.js'
import { deleteStreamChat, sendStreamChat, updateStreamChat } from './chat.js'
import { cancelStream, endStream, noSuchStream, startStream } from './airing.js'
import {
  admitToChat,
  admitToNews,
  chatOf,
  streamUpdates,
  viewerCounts,
  watchAdmission,
  watchPresence,
} from './following.js'
import type { FollowArgs, FollowAsking } from './following.js'
import { playbackOf } from './playback.js'
import { revokeStreamKey, rotateStreamKey } from './keys.js'
import { listKeysOf, listOnAir } from './queries.js'
import { findStreamNode, reloaded, streamIdOf } from './reading.js'
import type { StreamsAsking } from './reading.js'
import { canSeeStatistics, refusalToChat, refusalToManage } from './rules.js'
import * as sanctions from './sanction-resolvers.js'
import { scheduleStream } from './scheduling.js'
import { isOnAirAt, isOverAt, isValidAt, standingAt } from './standing.js'
import type {
  ChatEventRow,
  ChatLineRow,
  ChatSettings,
  StreamKeyRow,
  StreamRow,
  StreamUpdateRow,
  ViewerCountRow,
} from './types.js'
import { leaveStream, watchStream } from './watching.js'

export { StreamSanction, findSanctionNode } from './sanction-resolvers.js'
export { findStreamNode } from './reading.js'

/** What watching takes of a request. */
interface WatchAsking extends StreamsAsking, Origin {
  readonly client: { readonly ip: string; readonly userAgent: string }
  readonly limiter: RateLimiter
  readonly config: StreamsAsking['config'] & { readonly tokenKeys: readonly KeyMaterial[] }
}

const MAX_PLANNED_MINUTES = 1_440
const MAX_SLOW_MODE_SECONDS = 3_600

export const Query = {
  stream: (_parent, { id }, context) => {
    const parsed = parseGlobalId(id)
    return parsed?.type === 'LiveStream' ? findStreamNode(parsed.uuid, context) : null
  },
  liveStreams: async (_parent, args, context) => {
    const page = checkedPage(args, { list: 'liveStreams' }, ['time', 'uuid'])
    const rows = await listOnAir(context.db, page, readingOf(context))
    return toConnection(page, rows, ({ startedAt, id }) => [startedAt?.toISOString() ?? '', id])
  },
} satisfies Partial<QueryResolvers>

export const Mutation = {
  ...sanctions.Mutation,
  scheduleStream: async (_parent, { input }, context) => {
    const { startsAt, plannedMinutes, chat, idempotencyKey, ...post } = input
    const order = {
      post: { ...checkedContent(post), title: checkedTitle(post.title) },
      startsAt: startsAt ?? null,
      plannedMinutes: checkedMinutes(plannedMinutes ?? null),
      chat: checkedChat(chat),
      idempotencyKey: idempotencyKey ?? null,
    }
    const { answer, replayed } = await transaction(context, (tx, now) =>
      scheduleStream(tx, signedIn(context), order, now),
    )
    return { stream: await reloaded(answer.streamId, context), replayed, userErrors: [] }
  },

  startStream: async (_parent, { input }, context) => {
    const streamId = streamIdOf(input)
    const asksEncoders = context.config.mediaServerSecret !== null
    await transaction(context, (tx, now) => startStream(tx, signedIn(context), { streamId, asksEncoders }, now))
    return { stream: await reloaded(streamId, context), userErrors: [] }
  },

  endStream: async (_parent, { input }, context) => {
    const streamId = streamIdOf(input)
    await transaction(context, (tx, now) => endStream(tx, signedIn(context), streamId, now))
    return { stream: await reloaded(streamId, context), userErrors: [] }
  },

  cancelStream: async (_parent, { input }, context) => {
    const streamId = streamIdOf(input)
    await transaction(context, (tx, now) => cancelStream(tx, signedIn(context), streamId, now))
    return { stream: await reloaded(streamId, context), userErrors: [] }
  },

  rotateStreamKey: async (_parent, { input }, context) => {
    const { keyId, key } = await transaction(context, (tx, now) =>
      rotateStreamKey(tx, signedIn(context), input.overlapMinutes, now),
    )
    return { streamKey: await context.loaders.streamKey.clear(keyId).load(keyId), key, userErrors: [] }
  },

  revokeStreamKey: async (_parent, { input }, context) => {
    const keyId = uuidOf('StreamKey', input.streamKeyId, ['input', 'streamKeyId'])
    await transaction(context, (tx, now) => revokeStreamKey(tx, signedIn(context), keyId, now))
    return { streamKey: await context.loaders.streamKey.clear(keyId).load(keyId), userErrors: [] }
  },

  joinStream: async (_parent, { input }, context) => {
    const { present, ...answer } = await watch(context, input, true)
    return { stream: await reloaded(present.stream.id, context), ...answer, userErrors: [] }
  },

  heartbeatStream: async (_parent, { input }, context) => {
    const { playback, presentUntil } = await watch(context, input, false)
    return { playback, presentUntil, userErrors: [] }
  },

  leaveStream: async (_parent, { input }, context) => {
    const streamId = streamIdOf(input)
    const viewer = signedIn(context)
    const device = { userId: viewer.userId, streamId, deviceId: checkedDevice(input.deviceId, viewer) }
    await transaction(context, (tx, now) => leaveStream(tx, device, now))
    return { stream: await reloaded(streamId, context), userErrors: [] }
  },

  purchaseStreamAccess: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const streamId = streamIdOf(input)
    const stream = await context.loaders.stream.load(streamId)
    const post = stream && (await findVisibleContent(stream.contentId, context))
    if (!post) throw noSuchStream()
    if (post.isAgeRestricted && !viewer.isAgeVerified && post.creatorId !== viewer.userId)
      throw new AppError('CONFLICT', 'age_verification_required', 'Prove your age first.', {
        path: ['input', 'streamId'],
      })
    if ((await context.loaders.sanctionsOn.load(streamId))?.isBanned)
      throw new AppError('CONFLICT', 'banned_in_stream', 'You were banned from it.', { path: ['input', 'streamId'] })
    const source = checkedSource(input.payWith, context)
    const { expectedPrice, idempotencyKey } = input
    const order = { contentId: post.id, streamId, creatorId: post.creatorId, expectedPrice, source, idempotencyKey }
    await context.limiter.spend(PURCHASES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      purchaseContent(tx, context.payments, viewer, order, now),
    )
    const paid = await payNow(context, answer.paymentId, source)
    context.loaders.content.clear(post.id)
    const purchase = await context.loaders.purchase.clear(answer.purchaseId).load(answer.purchaseId)
    return { purchase, ...paid, stream: await reloaded(streamId, context), replayed }
  },

  sendStreamChat: async (_parent, { input }, context) => {
    const order = {
      streamId: streamIdOf(input),
      text: checkedLongText(input.text, ['input', 'text'], MAX_LINE_LENGTH, 1),
      idempotencyKey: input.idempotencyKey ?? null,
    }
    await context.limiter.spend(LINES, signedIn(context).userId)
    const { answer, replayed } = await transaction(context, (tx, now) => sendStreamChat(tx, context, order, now))
    return { line: await context.loaders.chatLine.clear(answer.lineId).load(answer.lineId), replayed, userErrors: [] }
  },

  deleteStreamChat: async (_parent, { input }, context) => {
    const lineId = uuidOf('StreamChatLine', input.lineId, ['input', 'lineId'])
    await transaction(context, (tx, now) => deleteStreamChat(tx, signedIn(context), lineId, now))
    return { line: await context.loaders.chatLine.clear(lineId).load(lineId), userErrors: [] }
  },

  updateStreamChat: async (_parent, { input }, context) => {
    const order = { streamId: streamIdOf(input), chat: checkedChat(input.chat) }
    await transaction(context, (tx, now) => updateStreamChat(tx, signedIn(context), order, now))
    return { stream: await reloaded(order.streamId, context), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

const MAX_LINE_LENGTH = 500
/** Lines of one person in all chats. */
const LINES: RateLimit = { name: 'streams.chat', points: 40, windowSeconds: MINUTE_MS / SECOND_MS, store: 'process' }

/** Joins, heartbeats and leavings of one person: several devices, some seconds apart. */
const BEATS: RateLimit = { name: 'streams.beats', points: 240, windowSeconds: MINUTE_MS / SECOND_MS, store: 'process' }

async function watch(
  context: WatchAsking,
  input: { readonly streamId: string; readonly deviceId?: string | null | undefined },
  isNew: boolean,
) {
  const viewer = signedIn(context)
  await context.limiter.spend(BEATS, viewer.userId)
  const order = {
    streamId: streamIdOf(input),
    deviceId: checkedDevice(input.deviceId, viewer),
    deviceType: deviceTypeOf(context.client.userAgent),
    isNew,
  }
  const { present, now } = await transaction(context, async (tx, at) => ({
    present: await watchStream(tx, context, order, at),
    now: at,
  }))
  const { stream, access, until } = present
  const playback = playbackOf(context.config.tokenKeys, stream, { viewerId: viewer.userId, access }, now)
  return { present, playback, presentUntil: until }
}

const DEVICE = /^[\w-]{1,64}$/

/** @throws INVALID invalid_input */
function checkedDevice(deviceId: string | null | undefined, { sessionId }: { readonly sessionId: string }): string {
  if (deviceId === null || deviceId === undefined) return sessionId
  if (DEVICE.test(deviceId)) return deviceId
  throw new AppError('INVALID', 'invalid_input', '1 to 64 letters, digits, dashes and underscores.', {
    path: ['input', 'deviceId'],
  })
}

export const Subscription = {
  streamViewerCount: live<FollowArgs, ViewerCountRow, FollowAsking>({
    admit: admitToNews,
    watch: watchPresence,
    events: viewerCounts,
  }),
  streamUpdated: live<FollowArgs, StreamUpdateRow, FollowAsking>({
    admit: admitToNews,
    watch: watchAdmission,
    events: streamUpdates,
  }),
  streamChat: live<FollowArgs, ChatEventRow, FollowAsking>({
    admit: admitToChat,
    watch: watchAdmission,
    events: chatOf,
  }),
} satisfies Partial<SubscriptionResolvers>

export const StreamViewerCount = {
  streamId: ({ streamId }) => globalId('LiveStream', streamId),
  viewerCount: ({ viewers }) => viewers,
  peakViewerCount: ({ peakViewers }) => peakViewers,
} satisfies Partial<StreamViewerCountResolvers>

export const StreamChatLine = {
  id: ({ id }) => globalId('StreamChatLine', id),
  tip: ({ tipMinor, tipCurrency }) =>
    tipMinor === null || tipCurrency === null ? null : { amountMinor: tipMinor, currency: tipCurrency },
  saidAt: ({ createdAt }) => createdAt,
} satisfies Partial<StreamChatLineResolvers>

export const StreamChatAuthor = {
  userId: ({ id }) => globalId('User', id),
} satisfies Partial<StreamChatAuthorResolvers>

export const StreamChatEvent = {
  eventId: ({ id }) => `event:${String(id)}`,
} satisfies Partial<StreamChatEventResolvers>

export const StreamUpdate = {
  eventId: ({ id }) => `event:${String(id)}`,
  occurredAt: ({ createdAt }) => createdAt,
  streamId: ({ streamId }) => globalId('LiveStream', streamId),
  stream: ({ streamId }, _args, context) => findStreamNode(streamId, context),
} satisfies Partial<StreamUpdateResolvers>

/** @throws INVALID invalid_input */
function checkedMinutes(minutes: number | null): number | null {
  if (minutes === null || (minutes >= 1 && minutes <= MAX_PLANNED_MINUTES)) return minutes
  throw new AppError('INVALID', 'invalid_input', `From 1 to ${String(MAX_PLANNED_MINUTES)} minutes.`, {
    path: ['input', 'plannedMinutes'],
  })
}

const OPEN_CHAT: ChatSettings = { chatEnabled: true, chatSubscribersOnly: false, slowModeSeconds: 0 }

/** @throws INVALID invalid_input */
function checkedChat(chat: StreamChatSettingsInput | null | undefined): ChatSettings {
  if (!chat) return OPEN_CHAT
  const { isEnabled, subscribersOnly, slowModeSeconds } = chat
  if (slowModeSeconds < 0 || slowModeSeconds > MAX_SLOW_MODE_SECONDS)
    throw new AppError('INVALID', 'invalid_input', `From 0 to ${String(MAX_SLOW_MODE_SECONDS)} seconds.`, {
      path: ['input', 'chat', 'slowModeSeconds'],
    })
  return { chatEnabled: isEnabled, chatSubscribersOnly: subscribersOnly, slowModeSeconds }
}

const standingOf = (row: StreamRow, { now }: StreamsAsking) => standingAt(row, now)

export const LiveStream = {
  id: ({ id }) => globalId('LiveStream', id),
  content: async ({ contentId }, _args, context) => {
    const post = await findVisibleContent(contentId, context)
    if (!post) throw noSuchContent([])
    return post
  },
  state: (row, _args, context) => standingOf(row, context).state,
  scheduledFor: ({ scheduledAt }) => scheduledAt,
  reconnectUntil: (row, _args, context) =>
    standingOf(row, context).state === 'INTERRUPTED' ? row.reconnectUntil : null,
  endedAt: (row, _args, context) => standingOf(row, context).endedAt,
  endReason: (row, _args, context) => standingOf(row, context).endReason,
  viewerCount: async (row, _args, context) => {
    const { state } = standingOf(row, context)
    if (state !== 'LIVE' && state !== 'INTERRUPTED') return 0
    return (await context.loaders.viewersNow.load(row.id))?.viewers ?? 0
  },
  peakViewerCount: ({ peakViewers }) => peakViewers,
  chat: ({ chatEnabled: isEnabled, chatSubscribersOnly: subscribersOnly, slowModeSeconds }) => ({
    isEnabled,
    subscribersOnly,
    slowModeSeconds,
  }),
  statistics: async (row, _args, { viewer, loaders }) => {
    if (!canSeeStatistics(viewer, row)) return null
    if (!row.endedAt) return loaders.statisticsNow.load(row.id)
    const { deliveredSeconds, totalViewers, watchSeconds: watchedSeconds } = row
    return { deliveredSeconds, totalViewers, watchedSeconds }
  },
  chatLines: async (row, args, context) => {
    const page = checkedPage(args, { list: 'stream.chatLines', id: row.id }, ['number'])
    if (!(await isOpenTo(row, context))) return null
    const rows = await context.loaders.chatLines.load({ ownerId: row.id, page })
    return toConnection(page, rows, ({ sequence }) => [String(sequence)])
  },
  viewerCanChat: async (row, _args, context) => {
    const { loaders, viewer, now } = context
    const content = await loaders.content.load(row.contentId)
    const sanctions = await loaders.sanctionsOn.load(row.id)
    const circumstances = {
      isOnAir: isOnAirAt(row, now),
      isOpen: content !== null && accessTo(content, context).isOpen,
      isSubscriber: (content?.bonds.creatorGrant ?? null) !== null,
      isMuted: sanctions?.isMuted ?? false,
      isBanned: sanctions?.isBanned ?? false,
    }
    return toPermission(refusalToChat(viewer, row, circumstances))
  },
  ingestPath: ({ creatorId, playbackId }, _args, { viewer }) => (viewer?.userId === creatorId ? playbackId : null),
  viewerCanManage: (row, _args, { viewer }) => toPermission(refusalToManage(viewer, row)),
} satisfies Partial<LiveStreamResolvers>

export const StreamKey = {
  id: ({ id }) => globalId('StreamKey', id),
  state: (key, _args, { now }) => {
    if (key.revokedAt) return 'REVOKED'
    if (!isValidAt(key, now)) return 'EXPIRED'
    return key.expiresAt ? 'EXPIRING' : 'VALID'
  },
} satisfies Partial<StreamKeyResolvers>

export const Content = {
  stream: ({ id, type }, _args, { loaders }) => (type === 'LIVE_STREAM' ? loaders.streamOfPost.load(id) : null),
} satisfies Partial<ContentResolvers>

export const LockedBody = {
  offers: async ({ contentId, type, offers }, _args, { loaders, now }) => {
    const stream = type === 'LIVE_STREAM' ? await loaders.streamOfPost.load(contentId) : null
    const isSold = !stream || (!isOverAt(stream, now) && !(await loaders.sanctionsOn.load(stream.id))?.isBanned)
    return isSold ? offers : offers.filter(({ kind }) => kind !== 'BUY')
  },
} satisfies Partial<LockedBodyResolvers>

export const User = {
  streams: async ({ id }, args, { loaders }) => {
    const page = checkedPage(args, { list: 'user.streams', id }, ['time', 'uuid'])
    const rows = await loaders.streamsOf.load({ ownerId: id, page })
    return toConnection(page, rows, (row) => [row.createdAt.toISOString(), row.id])
  },
} satisfies Partial<UserResolvers>

export const Viewer = {
  ...sanctions.Viewer,
  streamKeys: ({ userId }, _args, { db }) => listKeysOf(db, userId),
} satisfies Partial<ViewerResolvers>

/** A key as `node` finds it: the viewer's own. */
export const findStreamKeyNode = (id: string, { loaders }: StreamsAsking): Promise<StreamKeyRow | null> =>
  loaders.streamKey.load(id)

/** Whether a stream opens for the viewer, who is not banned from it. */
async function isOpenTo({ id, contentId }: StreamRow, context: StreamsAsking): Promise<boolean> {
  const content = await context.loaders.content.load(contentId)
  const sanctions = await context.loaders.sanctionsOn.load(id)
  return content !== null && accessTo(content, context).isOpen && sanctions?.isBanned !== true
}

/** A line as `node` finds it: of a chat that opens. */
export async function findChatLineNode(id: string, context: StreamsAsking): Promise<ChatLineRow | null> {
  const line = await context.loaders.chatLine.load(id)
  const stream = line && (await context.loaders.stream.load(line.streamId))
  return stream && (await isOpenTo(stream, context)) ? line : null
}
