import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listAnnouncementsById, listNoticesById } from './queries.js'
import type { AnnouncementRow, NoticeRow } from './types.js'

export interface NotificationsLoaders {
  /** The viewer's own notices by id; another's are null. */
  readonly notice: DataLoader<string, NoticeRow | null>
  /** By id, for whoever may read one. */
  readonly announcement: DataLoader<string, AnnouncementRow | null>
}

/** Loaders for one request or one event of `userId`, or of a stranger. */
export const makeNotificationsLoaders = (db: Db, userId: string | null): NotificationsLoaders => ({
  notice: new DataLoader<string, NoticeRow | null>(async (ids) => {
    const rows = userId === null ? [] : await listNoticesById(db, userId, ids)
    const byId = new Map(rows.map((row) => [row.id, row]))
    return ids.map((id) => byId.get(id) ?? null)
  }),
  announcement: new DataLoader<string, AnnouncementRow | null>(async (ids) => {
    const byId = new Map((await listAnnouncementsById(db, ids)).map((row) => [row.id, row]))
    return ids.map((id) => byId.get(id) ?? null)
  }),
})
