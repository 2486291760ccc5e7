import { isShell } from '../accounts/accounts.js'
import { readingOf } from '../content/content.js'
import type { ContentAsking } from '../content/content.js'
import type {
  FoundContentEdgeResolvers,
  MutationResolvers,
  QueryResolvers,
  SearchResultsResolvers,
  TagResolvers,
  UserResolvers,
} from '../generated/graphql.js'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId } from '../lib/ids.js'
import { networkOf } from '../lib/network.js'
import { checkedPage, toConnection } from '../lib/page.js'
import type { Connection, KeyPart, PageArgs } from '../lib/page.js'
import type { RateLimit, RateLimiter } from '../lib/rate.js'
import { selects } from '../lib/selection.js'
import { signedIn } from '../lib/viewer.js'
import { listCreators } from './creator-queries.js'
import type { CreatorRow, CreatorsAsked } from './creator-queries.js'
import { setCreatorCategories } from './creators.js'
import { listExplored } from './explore-queries.js'
import type { ExploredRow, Exploring } from './explore-queries.js'
import { listFeed } from './feed-queries.js'
import { checkedPrefix, checkedSearchText } from './input.js'
import type { DiscoveryLoaders } from './loaders.js'
import { searchPeople } from './people-queries.js'
import { keep, wantedOfPosts } from './posts.js'
import { searchPosts } from './search-queries.js'
import type { FoundPost } from './search-queries.js'
import { snippetOf, wordsOf } from './snippets.js'
import { listTagsByUse } from './tag-queries.js'
import type { TagRow } from './types.js'

/** Who looks, when, and what from; the API's context is one. */
interface Context extends ContentAsking {
  readonly db: Db
  readonly limiter: RateLimiter
  readonly client: { readonly ip: string }
}

/** What a cursor of posts holds, by the order they are in. */
const POST_KEYS: Readonly<Record<Exploring['sort'], [readonly KeyPart[], (row: ExploredRow) => string]>> = {
  NEW: [['time', 'uuid'], ({ publishAt }) => publishAt?.toISOString() ?? ''],
  POPULAR: [['number', 'uuid'], ({ score }) => String(score)],
}

/** The same of creators. */
const CREATOR_KEYS: Readonly<Record<CreatorsAsked['sort'], [readonly KeyPart[], (row: CreatorRow) => string]>> = {
  NEW: [['time', 'uuid'], ({ creatorSince }) => creatorSince.toISOString()],
  RISING: [['number', 'uuid'], ({ rising }) => String(rising)],
  POPULAR: [['number', 'uuid'], ({ listedFollowerCount }) => String(listedFollowerCount)],
}

export const Query = {
  feed: async (_parent, args, context, info) => {
    const page = checkedPage(args, { list: 'feed', userId: signedIn(context).userId }, ['time', 'uuid'])
    const wanted = wantedOfPosts(info)
    const rows = await listFeed(context.db, page, readingOf(context), wanted)
    keep(rows, wanted, context)
    return toConnection(page, rows, (row) => [row.publishAt?.toISOString() ?? '', row.id])
  },

  explore: async (_parent, { type = null, category = null, tag = null, sort, ...args }, context, info) => {
    if (category !== null && tag !== null)
      throw new AppError('INVALID', 'invalid_input', 'Either a category or a tag.', { path: ['tag'] })
    const exploring = { type, category, tag, sort }
    const [parts, keyOf] = POST_KEYS[sort]
    const page = checkedPage(args, { list: 'explore', ...exploring }, parts)
    const wanted = wantedOfPosts(info)
    const rows = await listExplored(context.db, exploring, page, readingOf(context), wanted)
    keep(rows, wanted, context)
    return toConnection(page, rows, (row) => [keyOf(row), row.id])
  },

  creators: async (_parent, { filter, sort, ...args }, context) => {
    const text = filter?.text ?? null
    const asked = {
      category: filter?.category ?? null,
      sort,
      text: text === null ? null : nameIn(checkedSearchText(text, ['filter', 'text'])),
    }
    if (asked.text !== null) await spendSearch(context)
    const [parts, keyOf] = CREATOR_KEYS[sort]
    const page = checkedPage(args, { list: 'creators', ...asked }, parts)
    const rows = await listCreators(context.db, asked, page, readingOf(context))
    for (const row of rows) context.loaders.user.prime(row.id, row)
    return toConnection(page, rows, (row) => [keyOf(row), row.id])
  },

  search: (_parent, { text }) => ({ text: checkedSearchText(text, ['text']) }),

  tags: async (_parent, { prefix: unchecked = null, ...args }, context) => {
    return tagPage(unchecked === null ? null : checkedPrefix(unchecked), args, context)
  },
} satisfies Partial<QueryResolvers>

/** Tags that begin with a prefix. Who has proven their age counts others: their cursors are not for the rest. */
async function tagPage(prefix: string | null, args: PageArgs, context: Context): Promise<Connection<TagRow>> {
  const reading = readingOf(context)
  const page = checkedPage(args, { list: 'tags', prefix, isAgeVerified: reading.isAgeVerified }, ['number', 'text'])
  const rows = await listTagsByUse(context.db, prefix, page, reading)
  return toConnection(page, rows, ({ name, postCount }) => [String(postCount), name])
}

/** A name as people write it where one can be meant. */
const nameIn = (text: string): string => text.replace(/^@(?=.)/, '')

/** Lists of results that somebody reads. Counted where it costs no statement: it guards nothing but patience. */
const SEARCHES: RateLimit = { name: 'searches', points: 120, windowSeconds: MINUTE_MS / SECOND_MS, store: 'process' }

const spendSearch = ({ viewer, client, limiter }: Context): Promise<void> =>
  limiter.spend(SEARCHES, viewer ? `user:${viewer.userId}` : `ip:${networkOf(client.ip)}`)

export const SearchResults = {
  users: async ({ text }, args, context) => {
    const page = checkedPage(args, { list: 'search.users', text }, ['number', 'uuid'])
    await spendSearch(context)
    const rows = await searchPeople(context.db, nameIn(text), page, readingOf(context))
    for (const row of rows) context.loaders.user.prime(row.id, row)
    return toConnection(page, rows, ({ score, id }) => [String(score), id])
  },

  contents: async ({ text }, { type = null, ...args }, context, info) => {
    const page = checkedPage(args, { list: 'search.contents', text, type }, ['number', 'time', 'uuid'])
    await spendSearch(context)
    const wanted = wantedOfPosts(info)
    const withBody = wanted.withBody || selects(info, 'edges.snippet')
    const asked = { text, type }
    const { rows, stoppedAt } = await searchPosts(context.db, asked, page, readingOf(context), { ...wanted, withBody })
    keep(rows, wanted, context)
    const keyOf = ({ rank, publishAt, id }: FoundPost) => [String(rank), publishAt?.toISOString() ?? '', id]
    const { edges, ...found } = toConnection(page, rows, keyOf, stoppedAt)
    return { ...found, edges: edges.map((edge) => ({ ...edge, text })) }
  },

  tags: async ({ text }, args, context) => {
    await spendSearch(context)
    return await tagPage(
      text
        .replace(/^#(?=.)/, '')
        .replace(/ /g, '-')
        .toLowerCase(),
      args,
      context,
    )
  },
} satisfies Partial<SearchResultsResolvers>

export const FoundContentEdge = {
  // of the text only where it is open to everybody, whoever looks: what was found was found in that
  snippet: ({ node: { title, teaser, body, visibility, isPremium }, text }) =>
    snippetOf([teaser, visibility === 'PUBLIC' && !isPremium ? body : null, title], wordsOf(text)),
} satisfies Partial<FoundContentEdgeResolvers>

export const Mutation = {
  setCreatorCategories: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    await transaction(context, (tx, now) => setCreatorCategories(tx, viewer, input.categories, now))
    context.loaders.creatorCategories.clear(viewer.userId)
    return { user: await context.loaders.user.load(viewer.userId), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

export const Tag = {
  id: ({ id }) => globalId('Tag', id),
} satisfies Partial<TagResolvers>

export const User = {
  creatorCategories: (user, _args, { viewer, loaders }) =>
    user.accountType !== 'CREATOR' || isShell(user, viewer) ? [] : loaders.creatorCategories.load(user.id),
} satisfies Partial<UserResolvers>

/** A tag as `node` finds it. */
export const findTagNode = (id: string, { loaders }: { readonly loaders: DiscoveryLoaders }): Promise<TagRow | null> =>
  loaders.tag.load(id)
