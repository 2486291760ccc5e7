import DataLoader from 'dataloader'
import type { Reading } from '../content/content.js'
import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import { makePageLoader } from '../lib/page-loader.js'
import type { PageLoader } from '../lib/page-loader.js'
import { listLikers } from './like-queries.js'
import { listComments, listCommentsById, listReplies } from './thread-queries.js'
import type { FirstComments } from './thread-queries.js'
import { NO_SETTINGS } from './settings.js'
import type { CommentRow, CommentVersionRow, FoundComment, LikerRow, Settings } from './types.js'
import { listVersions, listVersionsById } from './version-queries.js'
import { listSettings } from './write-queries.js'

/** What a request reads of likes and comments, each once. Whether their post opens is asked before. */
export interface CommentsLoaders {
  /** Those who like a post, by its id. */
  readonly likers: PageLoader<LikerRow>
  /** A comment by id, as this request's viewer sees it. */
  readonly comment: DataLoader<string, FoundComment | null>
  /** The comments on top of a post, by its id. */
  readonly comments: PageLoader<CommentRow>
  /** The answers to a comment, by its id. */
  readonly replies: PageLoader<CommentRow>
  /** What a comment said before, by its id. */
  readonly commentVersionsOf: PageLoader<CommentVersionRow>
  /** A version by id, of whoever's comment. */
  readonly commentVersion: DataLoader<string, CommentVersionRow | null>
  /** How a creator wants comments, by their id. */
  readonly commentSettings: DataLoader<string, Settings>
  /** The first comments of posts, where the statement that read the posts brought them along. */
  readonly firstComments: Map<string, LoadedComments>
}

/** What was read for at most `limit` comments; one more where others follow. */
export interface LoadedComments {
  readonly limit: number
  readonly found: FirstComments
}

/** Loaders for one request or one event; `reading` is asked anew for each batch, because a write moves the request's time on. */
export const makeCommentsLoaders = (db: Db, reading: () => Reading): CommentsLoaders => ({
  likers: makePageLoader((contentIds, page) => listLikers(db, contentIds, page, reading())),
  comment: makeIdLoader((ids) => listCommentsById(db, ids, reading())),
  comments: makePageLoader((contentIds, page) => listComments(db, contentIds, page, reading())),
  replies: makePageLoader((commentIds, page) => listReplies(db, commentIds, page, reading())),
  commentVersionsOf: makePageLoader((commentIds, page) => listVersions(db, commentIds, page)),
  commentVersion: makeIdLoader((ids) => listVersionsById(db, ids)),
  commentSettings: new DataLoader(async (creatorIds) => {
    const rows = new Map((await listSettings(db, creatorIds)).map((row) => [row.creatorId, row]))
    return creatorIds.map((id) => rows.get(id) ?? NO_SETTINGS)
  }),
  firstComments: new Map(),
})
