import { isShell } from '../accounts/accounts.js'
import { readingOf } from '../content/content.js'
import type { MutationResolvers, QueryResolvers, TagResolvers, UserResolvers } from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import type { KeyPart } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import { listCreators } from './creator-queries.js'
import type { CreatorRow, CreatorsAsked } from './creator-queries.js'
import { setCreatorCategories } from './creators.js'
import { listExplored } from './explore-queries.js'
import type { ExploredRow, Exploring } from './explore-queries.js'
import { listFeed } from './feed-queries.js'
import { checkedPrefix } from './input.js'
import type { DiscoveryLoaders } from './loaders.js'
import { keep, wantedOfPosts } from './posts.js'
import { listTagsByUse } from './tag-queries.js'
import type { TagRow } from './types.js'

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
    const asked = { category: filter?.category ?? null, sort }
    const [parts, keyOf] = CREATOR_KEYS[sort]
    const page = checkedPage(args, { list: 'creators', ...asked }, parts)
    const rows = await listCreators(context.db, asked, page, readingOf(context))
    for (const row of rows) context.loaders.user.prime(row.id, row)
    return toConnection(page, rows, (row) => [keyOf(row), row.id])
  },

  tags: async (_parent, { prefix: unchecked = null, ...args }, context) => {
    const prefix = unchecked === null ? null : checkedPrefix(unchecked)
    const reading = readingOf(context)
    // whose age is proven counts others
    const page = checkedPage(args, { list: 'tags', prefix, isAgeVerified: reading.isAgeVerified }, ['number', 'text'])
    const rows = await listTagsByUse(context.db, prefix, page, reading)
    return toConnection(page, rows, ({ name, postCount }) => [String(postCount), name])
  },
} satisfies Partial<QueryResolvers>

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
