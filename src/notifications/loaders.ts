import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { makeIdLoader, makeOwnLoader } from '../lib/row-loader.js'
import { listGroups, listNotificationsById } from './inbox-queries.js'
import { listAnnouncementsById, listNoticesById } from './queries.js'
import type { Sight } from './sight-queries.js'
import type { AnnouncementRow, GroupRow, NoticeRow, NotificationRow } from './types.js'

type Reading = Omit<Sight, 'viewerId'> & { readonly viewerId: string | null }

const sightOf = ({ viewerId, ...reading }: Reading): Sight | null =>
  viewerId === null ? null : { viewerId, ...reading }

export interface NotificationsLoaders {
  /** The viewer's own notices by id; another's are null. */
  readonly notice: DataLoader<string, NoticeRow | null>
  /** By id, for whoever may read one. */
  readonly announcement: DataLoader<string, AnnouncementRow | null>
  /** The viewer's own notifications, as they may see them now, by their group's id. */
  readonly notification: DataLoader<string, NotificationRow | null>
  /** What the viewer may see of the group that a notification stands for. */
  readonly notificationGroup: DataLoader<NotificationRow, GroupRow | null, string>
}

/** Loaders for one request or one event of `userId`, or of a stranger; `reading` is asked anew for each batch. */
export const makeNotificationsLoaders = (
  db: Db,
  userId: string | null,
  reading: () => Reading,
): NotificationsLoaders => ({
  notice: makeOwnLoader(userId, (ownerId, ids) => listNoticesById(db, ownerId, ids)),
  announcement: makeIdLoader((ids) => listAnnouncementsById(db, ids)),
  notification: new DataLoader<string, NotificationRow | null>(async (ids) => {
    const sight = sightOf(reading())
    const byId = new Map((sight ? await listNotificationsById(db, sight, ids) : []).map((row) => [row.id, row]))
    return ids.map((id) => byId.get(id) ?? null)
  }),
  notificationGroup: new DataLoader<NotificationRow, GroupRow | null, string>(
    async (heads) => {
      const sight = sightOf(reading())
      const byHead = new Map((sight ? await listGroups(db, sight, heads) : []).map((row) => [row.eventId, row]))
      return heads.map(({ eventId }) => byHead.get(eventId) ?? null)
    },
    { cacheKeyFn: ({ eventId }) => eventId },
  ),
})
