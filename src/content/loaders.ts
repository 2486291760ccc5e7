import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import { listGrantsById } from './grant-queries.js'
import { listContentMedia } from './media-queries.js'
import type { ContentMediaRow } from './media-queries.js'
import { makePageLoader } from '../lib/page-loader.js'
import type { PageLoader } from '../lib/page-loader.js'
import {
  listBodies,
  listCategoriesOf,
  listContentById,
  listContentOf,
  listTags,
  listVersions,
  listVersionsById,
} from './queries.js'
import type { PostsOfCreator, Reading } from './queries.js'
import type { CategoryRow, ContentRow, ContentVersionRow, GrantRow } from './types.js'

/** What a request reads of posts, each once. */
export interface ContentLoaders {
  /** A post by id as this request's viewer stands to it, whether they may know of it or not: `resolveAccess` decides. */
  readonly content: DataLoader<string, ContentRow | null>
  /** The text of a post, for those with access. */
  readonly contentBody: DataLoader<string, string | null>
  /** Pages of people's posts that the viewer may know of. */
  readonly contentsOf: PageLoader<ContentRow, PostsOfCreator>
  /** Pages of posts' versions, of whoever's posts. */
  readonly versionsOf: PageLoader<ContentVersionRow>
  readonly contentTags: DataLoader<string, string[]>
  readonly contentCategories: DataLoader<string, CategoryRow[]>
  /** The files of a post, in their order. */
  readonly contentMedia: DataLoader<string, ContentMediaRow[]>
  /** A version by id, of whoever's post. */
  readonly contentVersion: DataLoader<string, ContentVersionRow | null>
  /** A grant by id, whoever it is for. */
  readonly grant: DataLoader<string, GrantRow | null>
}

/** Loaders for one request or one event; `reading` is asked anew for each batch, because a write moves the request's time on. */
export const makeContentLoaders = (db: Db, reading: () => Reading): ContentLoaders => ({
  content: makeIdLoader((ids) => listContentById(db, ids, reading())),
  contentsOf: makePageLoader((creatorIds, page, filter) => listContentOf(db, creatorIds, filter, page, reading())),
  versionsOf: makePageLoader((contentIds, page) => listVersions(db, contentIds, page)),
  contentBody: new DataLoader(async (ids) => {
    const bodies = new Map((await listBodies(db, ids)).map(({ id, body }) => [id, body]))
    return ids.map((id) => bodies.get(id) ?? null)
  }),
  contentTags: new DataLoader(async (ids) => {
    const tags = new Map((await listTags(db, ids)).map(({ contentId, names }) => [contentId, names]))
    return ids.map((id) => tags.get(id) ?? [])
  }),
  contentCategories: new DataLoader(async (ids) => {
    const rows = await listCategoriesOf(db, ids)
    return ids.map((id) => rows.filter(({ contentId }) => contentId === id))
  }),
  contentMedia: new DataLoader(async (ids) => {
    const rows = await listContentMedia(db, ids)
    return ids.map((id) => rows.filter(({ contentId }) => contentId === id))
  }),
  contentVersion: makeIdLoader((ids) => listVersionsById(db, ids)),
  grant: makeIdLoader((ids) => listGrantsById(db, ids)),
})
