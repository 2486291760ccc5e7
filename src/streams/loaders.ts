import type { Reading } from '../content/content.js'
import type { Db } from '../lib/db.js'
import { makePageLoader } from '../lib/page-loader.js'
import type { PageLoader } from '../lib/page-loader.js'
import { makeIdLoader, makeOwnLoader, makeRowLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import {
  listKeysById,
  listStatistics,
  listStreamsById,
  listStreamsOf,
  listStreamsOfPosts,
  listViewerCounts,
} from './queries.js'
import type { StatisticsRow } from './queries.js'
import { listLines, listLinesById, listSanctionsById, listSanctionsOn } from './chat-queries.js'
import type { ChatLineRow, SanctionRow, StreamKeyRow, StreamRow } from './types.js'

/** What a request reads of streams, each once. Whether the viewer may know of one, its post says. */
export interface StreamsLoaders {
  readonly stream: RowLoader<StreamRow>
  /** The stream behind a post, by the post's id. */
  readonly streamOfPost: RowLoader<StreamRow>
  /** Pages of creators' streams that may be listed to the viewer. */
  readonly streamsOf: PageLoader<StreamRow>
  /** Distinct people who watch a stream now. */
  readonly viewersNow: RowLoader<{ readonly streamId: string; readonly viewers: number }>
  /** What a stream that is not over came to until now. */
  readonly statisticsNow: RowLoader<StatisticsRow>
  /** Pages of the chats of streams. Whether they open is asked before. */
  readonly chatLines: PageLoader<ChatLineRow>
  /** A line by id, of whichever chat. */
  readonly chatLine: RowLoader<ChatLineRow>
  /** What the viewer may not do in a stream. */
  readonly sanctionsOn: RowLoader<{ readonly streamId: string; readonly isMuted: boolean; readonly isBanned: boolean }>
  /** What somebody may not do in the viewer's own streams. */
  readonly sanction: RowLoader<SanctionRow>
  /** A key of the viewer's own. */
  readonly streamKey: RowLoader<StreamKeyRow>
}

/** Loaders for one request or one event; `reading` is asked anew for each batch. */
export const makeStreamsLoaders = (db: Db, viewerId: string | null, reading: () => Reading): StreamsLoaders => ({
  stream: makeIdLoader((ids) => listStreamsById(db, ids)),
  streamOfPost: makeRowLoader(
    (contentIds) => listStreamsOfPosts(db, contentIds),
    ({ contentId }) => contentId,
  ),
  streamsOf: makePageLoader((creatorIds, page) => listStreamsOf(db, creatorIds, page, reading())),
  viewersNow: makeRowLoader(
    (ids) => listViewerCounts(db, ids, reading().now),
    ({ streamId }) => streamId,
  ),
  statisticsNow: makeRowLoader(
    (ids) => listStatistics(db, ids, reading().now),
    ({ streamId }) => streamId,
  ),
  chatLines: makePageLoader((streamIds, page) => listLines(db, streamIds, page, reading())),
  chatLine: makeIdLoader((ids) => listLinesById(db, ids)),
  sanctionsOn: makeRowLoader(
    (ids) => (viewerId === null ? Promise.resolve([]) : listSanctionsOn(db, viewerId, ids, reading().now)),
    ({ streamId }) => streamId,
  ),
  sanction: makeOwnLoader(viewerId, (creatorId, ids) => listSanctionsById(db, creatorId, ids)),
  streamKey: makeOwnLoader(viewerId, (creatorId, ids) => listKeysById(db, creatorId, ids)),
})
