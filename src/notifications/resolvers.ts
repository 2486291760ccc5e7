import type {
  AnnouncementResolvers,
  MutationResolvers,
  NoticeResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import { globalId } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import type { Viewer as SignedIn } from '../lib/viewer.js'
import type { NotificationsLoaders } from './loaders.js'
import { noticeText } from './notices.js'
import { announce } from './notifications.js'
import { listNotices } from './queries.js'
import { canReadAnnouncement } from './rules.js'
import type { AnnouncementRow, NoticeRow } from './types.js'

export const Mutation = {
  announce: async (_parent, { input }, context) => {
    const { answer, replayed } = await transaction(context, (tx, now) =>
      announce(tx, signedIn(context), { ...input, audience: input.audience ?? null }, now),
    )
    return { announcement: await context.loaders.announcement.load(answer.announcementId), replayed, userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

export const Viewer = {
  notices: async ({ userId }, args, { db }) => {
    const page = checkedPage(args, 'notices', ['number'])
    return toConnection(page, await listNotices(db, userId, page), (row) => [row.sequence.toString()])
  },
} satisfies Partial<ViewerResolvers>

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
