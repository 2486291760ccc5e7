import { primed, readingOf, wantedOf } from '../content/content.js'
import type { QueryResolvers } from '../generated/graphql.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import { listFeed } from './feed-queries.js'

export const Query = {
  feed: async (_parent, args, context, info) => {
    const page = checkedPage(args, { list: 'feed', userId: signedIn(context).userId }, ['time', 'uuid'])
    const rows = await listFeed(context.db, page, readingOf(context), wantedOf(info))
    return toConnection(page, primed(rows, context), (row) => [row.publishAt?.toISOString() ?? '', row.id])
  },
} satisfies Partial<QueryResolvers>
