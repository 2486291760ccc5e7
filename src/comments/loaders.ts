import type { Reading } from '../content/content.js'
import type { Db } from '../lib/db.js'
import { makePageLoader } from '../lib/page-loader.js'
import type { PageLoader } from '../lib/page-loader.js'
import { listLikers } from './like-queries.js'
import type { LikerRow } from './types.js'

/** What a request reads of likes and comments, each once. Whether their post opens is asked before. */
export interface CommentsLoaders {
  /** Those who like a post, by its id. */
  readonly likers: PageLoader<LikerRow>
}

/** Loaders for one request or one event; `reading` is asked anew for each batch, because a write moves the request's time on. */
export const makeCommentsLoaders = (db: Db, reading: () => Reading): CommentsLoaders => ({
  likers: makePageLoader((contentIds, page) => listLikers(db, contentIds, page, reading())),
})
