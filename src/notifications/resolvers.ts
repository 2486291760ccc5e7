import assert from 'node:assert'
import type {
  AnnouncementResolvers,
  MutationResolvers,
  NoticeResolvers,
  NotificationResolvers,
  NotificationSettingsResolvers,
  QueryResolvers,
  SubscriptionResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { findVisibleComment } from '../comments/comments.js'
import { findVisibleContent, readingOf } from '../content/content.js'
import { transaction } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { mapped } from '../lib/sources.js'
import { signedIn } from '../lib/viewer.js'
import type { Viewer as SignedIn } from '../lib/viewer.js'
import { allPreferences } from './channels.js'
import { countUnread, findInbox, listNotifications, MAX_ACTORS } from './inbox-queries.js'
import type { NotificationsLoaders } from './loaders.js'
import { noticeText } from './notices.js'
import type { NoticeText } from './notices.js'
import {
  announce,
  markNotificationsRead,
  receivedNotifications,
  updatePreferences,
  updateSettings,
} from './notifications.js'
import { findSettings, listPreferences } from './preference-queries.js'
import { quietHoursOf } from './preferences.js'
import { isNotice, newsText, NOTICE_TYPES } from './rendering.js'
import { canReadAnnouncement } from './rules.js'
import type { Sight } from './sight-queries.js'
import type { AnnouncementRow, GroupRow, NewsFacts, NoticeRow, NotificationRow } from './types.js'

export const Query = {
  notifications: async (_parent, { unreadOnly, types: asked, ...args }, context) => {
    const types = asked ? [...new Set(asked)].sort() : null
    const page = checkedPage(args, { list: 'notifications', unreadOnly, types }, ['number'])
    const sight = sightOf(signedIn(context), context)
    const rows = await listNotifications(context.db, sight, { unreadOnly, types }, page)
    return toConnection(page, rows, ({ sequence }) => [sequence.toString()])
  },
} satisfies Partial<QueryResolvers>

export const Subscription = {
  notificationReceived: {
    subscribe: async (_parent, { after }, { db, bus, viewer, signal, config }) => {
      assert(viewer && signal, 'a rule asked for a session, and a subscription can be ended')
      const start = { after: after ?? null, signal, isGated: config.ageGate === 'platform' }
      const received = await receivedNotifications(db, bus, viewer.userId, start)
      return mapped(received, (notificationReceived) => ({ notificationReceived }))
    },
  },
} satisfies Partial<SubscriptionResolvers>

export const Mutation = {
  announce: async (_parent, { input }, context) => {
    const { answer, replayed } = await transaction(context, (tx, now) =>
      announce(tx, signedIn(context), { ...input, audience: input.audience ?? null }, now),
    )
    return { announcement: await context.loaders.announcement.load(answer.announcementId), replayed, userErrors: [] }
  },

  markNotificationsRead: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    await transaction(context, (tx) => markNotificationsRead(tx, viewer, input.upTo))
    return { viewer, userErrors: [] }
  },

  updateNotificationPreferences: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    await transaction(context, (tx, now) => updatePreferences(tx, viewer, input.preferences, now))
    return { viewer, userErrors: [] }
  },

  updateNotificationSettings: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const settings = { quietHours: input.quietHours ?? null, timeZone: input.timeZone }
    await transaction(context, (tx, now) => updateSettings(tx, viewer, settings, now))
    return { viewer, userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

export const Viewer = {
  notices: async (viewer, args, context) => {
    const page = checkedPage(args, 'notices', ['number'])
    const filter = { unreadOnly: false, types: NOTICE_TYPES }
    const rows = await listNotifications(context.db, sightOf(viewer, context), filter, page)
    return toConnection(page, rows, (row) => [row.sequence.toString()])
  },
  unreadNotificationCount: (viewer, _args, context) => countUnread(context.db, sightOf(viewer, context)),
  notificationsReadUpTo: async ({ userId }, _args, { db }) => (await findInbox(db, userId)).readSequence,
  notificationPreferences: async ({ userId }, _args, { db }) => allPreferences(await listPreferences(db, userId)),
  notificationSettings: ({ userId }, _args, { db }) => findSettings(db, userId),
} satisfies Partial<ViewerResolvers>

export const Notification = {
  id: ({ id }) => globalId('Notification', id),
  title: async (row, _args, { loaders }) => (await textOf(row, loaders)).title,
  text: async (row, _args, { loaders }) => (await textOf(row, loaders)).body,
  actors: async (row, { first }, { loaders }) => {
    if (first < 1 || first > MAX_ACTORS)
      throw new AppError('INVALID', 'page_size_out_of_range', `At most ${String(MAX_ACTORS)} people.`)
    const ids = (await groupOf(row, loaders))?.actorIds.slice(0, first) ?? []
    return (await Promise.all(ids.map((id) => loaders.user.load(id)))).filter((user) => user !== null)
  },
  actorCount: async (row, _args, { loaders }) => (await groupOf(row, loaders))?.actorCount ?? 0,
  subject: async (row, _args, context) => {
    const subjectId = (await groupOf(row, context.loaders))?.subjectId
    if (!subjectId) return null
    if (row.subjectType === 'users') return named('User', await context.loaders.user.load(subjectId))
    if (row.subjectType === 'messages') return named('Message', await context.loaders.message.load(subjectId))
    if (row.subjectType === 'tips') return named('Tip', await context.loaders.tip.load(subjectId))
    if (row.subjectType === 'comments') return named('Comment', await findVisibleComment(subjectId, context))
    return named('Content', await findVisibleContent(subjectId, context))
  },
} satisfies Partial<NotificationResolvers>

const groupOf = async (row: NotificationRow, { notificationGroup }: NotificationsLoaders): Promise<GroupRow | null> =>
  isNotice(row.type) ? null : await notificationGroup.load(row)

async function textOf(row: NotificationRow, loaders: NotificationsLoaders): Promise<NoticeText> {
  if (isNotice(row.type)) return noticeText(row)
  const group = await groupOf(row, loaders)
  return newsText({
    type: row.type,
    names: group?.names ?? [],
    actorCount: group?.actorCount ?? 0,
    groupKey: row.groupKey,
    subjectType: row.subjectType,
    subjectTitle: group?.subjectTitle ?? null,
    facts: hasFacts(row.payload) ? row.payload : undefined,
  })
}

const hasFacts = (payload: NotificationRow['payload']): payload is NewsFacts => 'amountMinor' in payload

const named = <Name extends string, Row extends object>(__typename: Name, row: Row | null) =>
  row && { ...row, __typename }

/** As whom, and when, notifications are read; somebody limited reads their notices. */
const sightOf = ({ userId }: SignedIn, asking: Parameters<typeof readingOf>[0]): Sight => ({
  ...readingOf(asking),
  viewerId: userId,
})

export const NotificationSettings = {
  quietHours: quietHoursOf,
} satisfies Partial<NotificationSettingsResolvers>

export const Notice = {
  id: ({ id }) => globalId('Notice', id),
  title: (row) => noticeText(row).title,
  body: (row) => noticeText(row).body,
} satisfies Partial<NoticeResolvers>

export const Announcement = {
  id: ({ id }) => globalId('Announcement', id),
  completedAt: ({ deliveredAt }) => deliveredAt,
} satisfies Partial<AnnouncementResolvers>

/** Who asks, and the loaders of the request. */
interface NotificationsAsking {
  readonly viewer: SignedIn | null
  readonly loaders: NotificationsLoaders
}

/** A notice as `node` finds it: one's own, or none. */
export const findNoticeNode = (id: string, { loaders }: NotificationsAsking): Promise<NoticeRow | null> =>
  loaders.notice.load(id)

/** An announcement as `node` finds it: for those who announce. */
export const findAnnouncementNode = (
  id: string,
  { viewer, loaders }: NotificationsAsking,
): Promise<AnnouncementRow | null> =>
  canReadAnnouncement(viewer) ? loaders.announcement.load(id) : Promise.resolve(null)

/** A notification as `node` finds it: one's own, while there is something to see of it. */
export const findNotificationNode = (id: string, { loaders }: NotificationsAsking): Promise<NotificationRow | null> =>
  loaders.notification.load(id)
