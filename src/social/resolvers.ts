import { findVisibleUser, isShell } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import type { UserRow } from '../accounts/types.js'
import type {
  BlockResolvers,
  MuteResolvers,
  MutationResolvers,
  UserResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import type { Reason } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import type { Connection, PageArgs } from '../lib/page.js'
import type { RateLimit, RateLimiter } from '../lib/rate.js'
import { signedIn } from '../lib/viewer.js'
import { NEW_BLOCKS, blockUser, unblockUser } from './blocks.js'
import { MAX_FOLLOWS, NEW_FOLLOWS, followUser, unfollowUser, updateFollowPreferences } from './follows.js'
import type { SocialLoaders } from './loaders.js'
import { muteUser, unmuteUser } from './mutes.js'
import { listBlocks, listFollows, listMutes } from './queries.js'
import type { FollowEnd, ListedUser } from './queries.js'
import { refusalToFollow } from './rules.js'
import type { BlockRow, MuteRow } from './types.js'

interface SocialAsking extends AccountsAsking {
  readonly loaders: AccountsAsking['loaders'] & SocialLoaders
  readonly db: Db
  readonly now: Date
}

const targetOf = ({ userId }: { readonly userId: string }): string => uuidOf('User', userId, ['input', 'userId'])

export const Mutation = {
  followUser: async (_parent, { input }, context) => {
    const userId = targetOf(input)
    const viewer = signedIn(context)
    await chargingNew(context, NEW_FOLLOWS, viewer.userId, () =>
      transaction(context, (tx, now) => followUser(tx, viewer, userId, now)),
    )
    return { user: await reloaded(userId, context), userErrors: [] }
  },

  unfollowUser: async (_parent, { input }, context) => {
    const userId = targetOf(input)
    await transaction(context, (tx, now) => unfollowUser(tx, signedIn(context), userId, now))
    return { user: await reloaded(userId, context), userErrors: [] }
  },

  updateFollowPreferences: async (_parent, { input }, context) => {
    const userId = targetOf(input)
    const preferences = (input.preferences ?? []).map(({ enabled = null, ...which }) => ({ ...which, enabled }))
    const wishes = { userId, notificationsEnabled: input.notificationsEnabled ?? null, preferences }
    await transaction(context, (tx, now) => updateFollowPreferences(tx, signedIn(context), wishes, now))
    return { user: await reloaded(userId, context), userErrors: [] }
  },

  blockUser: async (_parent, { input }, context) => {
    const userId = targetOf(input)
    const viewer = signedIn(context)
    await chargingNew(context, NEW_BLOCKS, viewer.userId, () =>
      transaction(context, (tx, now) => blockUser(tx, viewer, { userId, note: input.note ?? null }, now)),
    )
    return { user: await reloaded(userId, context), userErrors: [] }
  },

  unblockUser: async (_parent, { input }, context) => {
    const userId = targetOf(input)
    await transaction(context, (tx, now) => unblockUser(tx, signedIn(context), userId, now))
    return { user: await reloaded(userId, context), userErrors: [] }
  },

  muteUser: async (_parent, { input }, context) => {
    const request = { userId: targetOf(input), expiresAt: input.expiresAt ?? null }
    await transaction(context, (tx, now) => muteUser(tx, signedIn(context), request, now))
    return { user: await reloaded(request.userId, context), userErrors: [] }
  },

  unmuteUser: async (_parent, { input }, context) => {
    const userId = targetOf(input)
    await transaction(context, (tx, now) => unmuteUser(tx, signedIn(context), userId, now))
    return { user: await reloaded(userId, context), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

/** Charges for what `work` began; where it began nothing, because it was so already, the charge is given back. */
async function chargingNew(
  { limiter }: { readonly limiter: RateLimiter },
  limit: RateLimit,
  key: string,
  work: () => Promise<boolean>,
): Promise<void> {
  await limiter.spend(limit, key)
  if (!(await work())) await limiter.charge(limit, key, -1)
}

/** A person as a mutation left them, and what is between them and the viewer: what was loaded before it is forgotten. */
async function reloaded(userId: string, context: SocialAsking): Promise<UserRow | null> {
  const { loaders, viewer } = context
  loaders.user.clear(userId)
  loaders.follow.clear(userId)
  loaders.counts.clear(userId)
  if (viewer) {
    loaders.counts.clear(viewer.userId)
    loaders.relation.clear({ viewerId: viewer.userId, userId })
  }
  return await findVisibleUser(userId, context)
}

export const User = {
  followerCount: async (user, _args, { viewer, loaders }) =>
    isShell(user, viewer) ? 0 : (await loaders.counts.load(user.id)).followerCount,
  followingCount: async (user, _args, { viewer, loaders }) =>
    isShell(user, viewer) ? 0 : (await loaders.counts.load(user.id)).followingCount,
  viewerFollows: async ({ id }, _args, context) => (await bondsWith(id, context)).follows,
  viewerFollow: ({ id }, _args, { viewer, loaders }) => (viewer ? loaders.follow.load(id) : null),
  viewerBlocks: async ({ id }, _args, context) => (await bondsWith(id, context)).blocks,
  viewerMutes: async ({ id }, _args, context) => (await bondsWith(id, context)).mutes,
  viewerCanFollow: async (user, _args, context) => {
    const reason = await refusalOf(user, context)
    return { isAllowed: reason === null, reason: reason && toCode(reason) }
  },
  followers: (user, args, context) => listOf('followers', user, args, context),
  following: (user, args, context) => listOf('following', user, args, context),
} satisfies Partial<UserResolvers>

const NONE = { follows: false, blocks: false, isBlocked: false, mutes: false }

const bondsWith = async (userId: string, { viewer, loaders }: SocialAsking): Promise<typeof NONE> =>
  viewer && viewer.userId !== userId ? await loaders.relation.load({ viewerId: viewer.userId, userId }) : NONE

async function refusalOf(user: UserRow, context: SocialAsking): Promise<Reason | null> {
  const { viewer, loaders, now } = context
  const bonds = await bondsWith(user.id, context)
  const refusal = refusalToFollow(viewer, user, bonds, now)
  if (refusal || !viewer || bonds.follows) return refusal
  const { followingCount } = await loaders.counts.load(viewer.userId)
  return followingCount < MAX_FOLLOWS ? null : 'follow_limit_reached'
}

const toCode = (reason: Reason): Uppercase<Reason> => reason.toUpperCase() as Uppercase<Reason>

/** A list for the person whose it is; null for everybody else. */
async function listOf(
  end: FollowEnd,
  { id }: UserRow,
  args: PageArgs,
  { db, viewer, loaders, now }: SocialAsking,
): Promise<Connection<ListedUser> | null> {
  if (viewer?.userId !== id) return null
  const page = checkedPage(args, { list: end, of: id }, ['time', 'uuid'])
  const rows = await listFollows(db, end, id, page, now)
  for (const row of rows) loaders.user.prime(row.id, row)
  return toConnection(page, rows, ({ followedAt, followId }) => [followedAt.toISOString(), followId])
}

export const Viewer = {
  blocks: async ({ userId }, args, { db }) => {
    const page = checkedPage(args, { list: 'blocks', of: userId }, ['time', 'uuid'])
    return toConnection(page, await listBlocks(db, userId, page), ({ blockedAt, id }) => [blockedAt.toISOString(), id])
  },
  mutes: async ({ userId }, args, { db, now }) => {
    const page = checkedPage(args, { list: 'mutes', of: userId }, ['time', 'uuid'])
    return toConnection(page, await listMutes(db, userId, page, now), ({ mutedAt, id }) => [mutedAt.toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

export const Block = {
  id: ({ id }) => globalId('Block', id),
  userId: ({ blockedId }) => globalId('User', blockedId),
  user: ({ blockedId }, _args, context) => findVisibleUser(blockedId, context),
} satisfies Partial<BlockResolvers>

export const Mute = {
  id: ({ id }) => globalId('Mute', id),
  userId: ({ mutedId }) => globalId('User', mutedId),
  user: ({ mutedId }, _args, context) => findVisibleUser(mutedId, context),
} satisfies Partial<MuteResolvers>

/** A block as `node` finds it: the viewer's own. */
export const findBlockNode = (id: string, { loaders }: SocialAsking): Promise<BlockRow | null> => loaders.block.load(id)

/** A mute as `node` finds it: the viewer's own, while it lasts. */
export const findMuteNode = (id: string, { loaders }: SocialAsking): Promise<MuteRow | null> => loaders.mute.load(id)
