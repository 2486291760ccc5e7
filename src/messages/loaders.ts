import DataLoader from 'dataloader'
import type { Reading } from '../content/content.js'
import type { Db } from '../lib/db.js'
import { makePageLoader } from '../lib/page-loader.js'
import type { PageLoader } from '../lib/page-loader.js'
import { makeOwnLoader, makeRowLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listConversationsById } from './conversation-queries.js'
import { listLastMessages, listMessageMedia, listMessages, listMessagesById } from './message-queries.js'
import type { MessageMediaRow } from './message-queries.js'
import { listFanListsById } from './list-queries.js'
import { listMassMessagesById } from './mass-queries.js'
import type { ConversationRow, FanListRow, MassMessageRow, MessageRow } from './types.js'

/** What a request reads of the viewer's conversations, each once. Nobody else's is found. */
export interface MessagesLoaders {
  readonly conversation: RowLoader<ConversationRow>
  readonly message: RowLoader<MessageRow>
  /** The viewer's own, as are the next. */
  readonly massMessage: RowLoader<MassMessageRow>
  readonly fanList: RowLoader<FanListRow>
  /** The files of a message, by its id: whoever shows them asks first whether it opens. */
  readonly messageMedia: DataLoader<string, MessageMediaRow[]>
  /** The messages of a conversation, by its id. */
  readonly messages: PageLoader<MessageRow>
  /** The newest message of a conversation, by its id. */
  readonly lastMessage: RowLoader<MessageRow>
}

/** Loaders for one request or one event; a limited account has no conversations. */
export const makeMessagesLoaders = (
  db: Db,
  { viewerId, isAgeVerified, isGated }: Pick<Reading, 'viewerId' | 'isAgeVerified' | 'isGated'>,
): MessagesLoaders => {
  const reading = { isAgeVerified, isGated }
  return {
    conversation: makeOwnLoader(viewerId, (ownerId, ids) => listConversationsById(db, ownerId, ids)),
    message: makeOwnLoader(viewerId, (ownerId, ids) => listMessagesById(db, { ...reading, viewerId: ownerId }, ids)),
    massMessage: makeOwnLoader(viewerId, (ownerId, ids) => listMassMessagesById(db, ownerId, ids)),
    fanList: makeOwnLoader(viewerId, (ownerId, ids) => listFanListsById(db, ownerId, ids)),
    messageMedia: new DataLoader(async (ids) => {
      const rows = await listMessageMedia(db, ids)
      return ids.map((id) => rows.filter(({ messageId }) => messageId === id))
    }),
    messages: makePageLoader((ids, page) =>
      viewerId === null ? Promise.resolve([]) : listMessages(db, { ...reading, viewerId }, ids, page),
    ),
    lastMessage: makeRowLoader(
      (ids) => (viewerId === null ? Promise.resolve([]) : listLastMessages(db, { ...reading, viewerId }, ids)),
      ({ conversationId }) => conversationId,
    ),
  }
}
