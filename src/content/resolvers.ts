import assert from 'node:assert'
import { checkedReason, findVisibleUser, isActingStaff, noSuchUser } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import type { UserRow } from '../accounts/types.js'
import type {
  AccessExplanationResolvers,
  AccessOfferKind,
  ContentAuthorViewResolvers,
  ContentResolvers,
  ContentVersionResolvers,
  EntitlementGrantResolvers,
  LockedBodyResolvers,
  MutationResolvers,
  QueryResolvers,
  SubscriptionResolvers,
  UnlockedBodyResolvers,
  UserResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, parseGlobalId, uuidOf } from '../lib/ids.js'
import { priceOf } from '../lib/money.js'
import type { Money } from '../lib/money.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { toPermission } from '../lib/rules.js'
import { signedIn } from '../lib/viewer.js'
import { isVeiled, stateAt } from './access.js'
import { accessChanges } from './access-changes.js'
import type { Access } from './access.js'
import { createContent, noSuchContent, updateContent } from './authoring.js'
import { assetsOf, filesOf, hintsOf, teaserFilesOf } from './files.js'
import { explainAccess } from './explaining.js'
import { grantAccess, revokeGrant } from './grants.js'
import type { GrantOrder } from './grants.js'
import { checkedContent, checkedLocalTime } from './input.js'
import { publishContent, scheduleContent, unpublishContent } from './publishing.js'
import { listCategories, listOwnContent, listSaved } from './queries.js'
import { accessTo, findVisibleContent, primed, readingOf, wantedOf } from './reading.js'
import type { ContentAsking } from './reading.js'
import { deleteContent, restoreContent } from './removal.js'
import { refusalToEdit } from './rules.js'
import { saveContent, unsaveContent } from './saving.js'
import type { ContentRow, ContentVersionRow, GrantRow } from './types.js'

export const Query = {
  content: (_parent, { id }, context) => {
    const parsed = parseGlobalId(id)
    return parsed?.type === 'Content' ? findVisibleContent(parsed.uuid, context) : null
  },

  categories: (_parent, _args, { db }) => listCategories(db),

  explainAccess: async (_parent, { contentId, userId, asOf }, context) => {
    const at = asOf ?? context.now
    if (at > context.now)
      throw new AppError('INVALID', 'instant_in_future', 'Only the past is known.', { path: ['asOf'] })
    const [post, person] = [parseGlobalId(contentId), typeof userId === 'string' ? parseGlobalId(userId) : null]
    if (post?.type !== 'Content' || (typeof userId === 'string' && person?.type !== 'User')) return null
    const question = { contentId: post.uuid, userId: person?.uuid ?? null, asOf: at }
    return explainAccess(context, question, isActingStaff(context.viewer))
  },
} satisfies Partial<QueryResolvers>

const pathToId = ['input', 'contentId'] as const
const contentIdOf = ({ contentId }: { readonly contentId: string }): string => uuidOf('Content', contentId, pathToId)

export const Mutation = {
  createContent: async (_parent, { input: { type, idempotencyKey = null, ...input } }, context) => {
    const order = { type, change: checkedContent(input), idempotencyKey }
    const { answer, replayed } = await transaction(context, (tx, now) =>
      createContent(tx, signedIn(context), order, now),
    )
    return { content: await reloaded(answer.contentId, context), replayed, userErrors: [] }
  },

  updateContent: async (_parent, { input: { contentId, expectedVersion, ...input } }, context) => {
    const order = { contentId: contentIdOf({ contentId }), expectedVersion, change: checkedContent(input) }
    await transaction(context, (tx, now) => updateContent(tx, signedIn(context), order, now))
    return { content: await reloaded(order.contentId, context), userErrors: [] }
  },

  publishContent: async (_parent, { input }, context) => {
    const id = contentIdOf(input)
    await transaction(context, (tx, now) => publishContent(tx, signedIn(context), id, now))
    return { content: await reloaded(id, context), userErrors: [] }
  },

  unpublishContent: async (_parent, { input }, context) => {
    const id = contentIdOf(input)
    await transaction(context, (tx, now) => unpublishContent(tx, signedIn(context), id, now))
    return { content: await reloaded(id, context), userErrors: [] }
  },

  scheduleContent: async (_parent, { input }, context) => {
    const contentId = contentIdOf(input)
    const order = { contentId, localTime: checkedLocalTime(input.localTime), timeZone: input.timeZone }
    await transaction(context, (tx, now) => scheduleContent(tx, signedIn(context), order, now))
    return { content: await reloaded(contentId, context), userErrors: [] }
  },

  deleteContent: async (_parent, { input }, context) => {
    const id = contentIdOf(input)
    await transaction(context, (tx, now) => deleteContent(tx, signedIn(context), id, now))
    return { content: await reloaded(id, context), userErrors: [] }
  },

  restoreContent: async (_parent, { input }, context) => {
    const id = contentIdOf(input)
    await transaction(context, (tx, now) => restoreContent(tx, signedIn(context), id, now))
    return { content: await reloaded(id, context), userErrors: [] }
  },

  saveContent: async (_parent, { input }, context) => {
    const id = contentIdOf(input)
    await transaction(context, (tx, now) => saveContent(tx, context, id, now))
    return { content: await reloaded(id, context), userErrors: [] }
  },

  unsaveContent: async (_parent, { input }, context) => {
    const id = contentIdOf(input)
    await transaction(context, (tx) => unsaveContent(tx, signedIn(context), id))
    context.loaders.content.clear(id)
    return { content: await findVisibleContent(id, context), userErrors: [] }
  },

  grantAccess: async (_parent, { input }, context) => {
    const reason = checkedReason(input.reason)
    const order: GrantOrder = {
      userId: uuidOf('User', input.userId, ['input', 'userId']),
      target: targetOf(input),
      endsAt: input.endsAt ?? null,
      reason,
      idempotencyKey: input.idempotencyKey ?? null,
    }
    const { answer, replayed } = await transaction({ ...context, reason }, (tx, now) =>
      grantAccess(tx, signedIn(context), order, now),
    )
    return { grant: await findGrantNode(answer.grantId, context), replayed, userErrors: [] }
  },

  revokeGrant: async (_parent, { input }, context) => {
    const grantId = uuidOf('EntitlementGrant', input.grantId, ['input', 'grantId'])
    const reason = checkedReason(input.reason)
    await transaction({ ...context, reason }, (tx, now) => revokeGrant(tx, signedIn(context), { grantId, reason }, now))
    context.loaders.grant.clear(grantId)
    return { grant: await findGrantNode(grantId, context), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

export const Subscription = {
  contentAccessChanged: {
    subscribe: async (_parent, { contentId: globalContentId }, context) => {
      const { db, bus, config, signal, loaders } = context
      assert(signal, 'a subscription can be ended')
      const contentId = uuidOf('Content', globalContentId, ['contentId'])
      const isGated = config.ageGate === 'platform'
      const following = { bus, viewerId: signedIn(context).userId, isGated, signal }
      const post = (await loaders.content.load(contentId)) ?? raise(noSuchContent(['contentId']))
      return accessChanges(db, post, following)
    },
    // as it is when it is told: an event's request reads for itself
    resolve: async ({ contentId }: { readonly contentId: string }, _args: unknown, context: ContentAsking) =>
      (await findVisibleContent(contentId, context)) ?? raise(noSuchContent(['contentId'])),
  },
} satisfies Partial<SubscriptionResolvers>

/** @throws INVALID invalid_input when neither or both are named */
function targetOf({
  contentId,
  creatorId,
}: {
  contentId?: string | null | undefined
  creatorId?: string | null | undefined
}) {
  if (contentId && !creatorId) return { contentId: contentIdOf({ contentId }) }
  if (creatorId && !contentId) return { creatorId: uuidOf('User', creatorId, ['input', 'creatorId']) }
  throw new AppError('INVALID', 'invalid_input', 'Name either a post or a creator.', { path: ['input', 'contentId'] })
}

/** A post as a mutation left it: what was loaded before it is forgotten. */
function reloaded(id: string, { loaders }: ContentAsking): Promise<ContentRow | null> {
  loaders.content.clear(id)
  loaders.contentTags.clear(id)
  loaders.contentCategories.clear(id)
  loaders.contentBody.clear(id)
  loaders.contentMedia.clear(id)
  return loaders.content.load(id)
}

const offersOf = (row: ContentRow, { offers }: Access) => {
  const subscription = priceOf({ priceMinor: row.creator.subscriptionPriceMinor, currency: row.creator.currency })
  const prices: Partial<Record<AccessOfferKind, Money | null>> = { BUY: priceOf(row), SUBSCRIBE: subscription }
  // a creator without a price takes no subscribers
  return offers
    .filter((kind) => kind !== 'SUBSCRIBE' || subscription !== null)
    .map((kind) => ({ kind, price: prices[kind] ?? null }))
}

export const Content = {
  id: ({ id }) => globalId('Content', id),
  title: (row, _args, context) => (isVeiled(accessTo(row, context)) ? null : row.title),
  teaser: (row, _args, context) => (isVeiled(accessTo(row, context)) ? null : row.teaser),
  state: (row, _args, { now }) => stateAt(row, now),
  price: priceOf,
  tags: (row, _args, context) =>
    isVeiled(accessTo(row, context)) ? [] : (row.tagNames ?? context.loaders.contentTags.load(row.id)),
  teaserMedia: (row, _args, context) =>
    isVeiled(accessTo(row, context)) ? [] : teaserFilesOf(row.id, context.loaders),
  categories: ({ id, subjects }, _args, { loaders }) => subjects ?? loaders.contentCategories.load(id),
  publishedAt: (row, _args, { now }) => (row.publishAt && row.publishAt <= now ? row.publishAt : null),
  viewerAccess: (row, _args, context) => {
    const { isOpen, rule, reason, grant } = accessTo(row, context)
    return { isOpen, rule, reason, until: grant?.endsAt ?? null }
  },
  viewerCanEdit: (row, _args, { viewer }) => toPermission(refusalToEdit(viewer, row)),
  body: (row, _args, context) => {
    const access = accessTo(row, context)
    if (access.isOpen) return { __typename: 'UnlockedBody', content: row, grant: access.grant }
    if (access.reason === null) throw noSuchContent([])
    return {
      __typename: 'LockedBody',
      reason: access.reason,
      teaser: isVeiled(access) ? null : row.teaser,
      price: priceOf(row),
      offers: offersOf(row, access),
      contentId: row.id,
      type: row.type,
      isVeiled: isVeiled(access),
    }
  },
  authorView: (row, _args, { viewer }) => (viewer?.userId === row.creatorId ? row : null),
} satisfies Partial<ContentResolvers>

export const UnlockedBody = {
  text: ({ content: { id, body } }, _args, { loaders }) => (body === undefined ? loaders.contentBody.load(id) : body),
  media: ({ content: { id }, grant }, _args, { loaders }) =>
    filesOf(id, { kind: 'content', contentId: id, grant: grant && { id: grant.id, version: grant.version } }, loaders),
} satisfies Partial<UnlockedBodyResolvers>

export const LockedBody = {
  mediaCount: async ({ contentId }, _args, { loaders }) => (await loaders.contentMedia.load(contentId)).length,
  previews: (locked, _args, { loaders }) => (locked.isVeiled ? [] : hintsOf(locked.contentId, loaders)),
} satisfies Partial<LockedBodyResolvers>

export const ContentAuthorView = {
  media: ({ id }, _args, { loaders }) => assetsOf(id, loaders),
  scheduledFor: ({ scheduledLocalTime: localTime, scheduledTimeZone: timeZone }) =>
    localTime === null || timeZone === null ? null : { localTime, timeZone },
  versions: async ({ id }, args, { loaders }) => {
    const page = checkedPage(args, { list: 'content.versions', id }, ['number'])
    return toConnection(page, await loaders.versionsOf.load({ ownerId: id, page }), ({ version }) => [String(version)])
  },
} satisfies Partial<ContentAuthorViewResolvers>

export const ContentVersion = {
  id: ({ id }) => globalId('ContentVersion', id),
  title: ({ snapshot }) => snapshot.title,
  teaser: ({ snapshot }) => snapshot.teaser,
  text: ({ snapshot }) => snapshot.body,
  tags: ({ snapshot }) => [...(snapshot.tags ?? [])],
  visibility: ({ snapshot }) => snapshot.visibility.toUpperCase() as Uppercase<typeof snapshot.visibility>,
  price: ({ snapshot: { priceMinor, currency } }) =>
    priceOf({ priceMinor: priceMinor === null ? null : BigInt(priceMinor), currency }),
} satisfies Partial<ContentVersionResolvers>

export const AccessExplanation = {
  grant: ({ grantId }, _args, context) => (grantId === null ? null : findGrantNode(grantId, context)),
} satisfies Partial<AccessExplanationResolvers>

export const EntitlementGrant = {
  id: ({ id }) => globalId('EntitlementGrant', id),
  user: ({ userId }, _args, { loaders }) => loadPerson(userId, loaders),
  creator: ({ creatorId }, _args, { loaders }) => loadPerson(creatorId, loaders),
  content: ({ contentId }, _args, context) => (contentId === null ? null : findVisibleContent(contentId, context)),
  isLive: (grant, _args, { now }) => isLiveAt(grant, now),
} satisfies Partial<EntitlementGrantResolvers>

async function loadPerson(id: string, { user }: ContentAsking['loaders']): Promise<UserRow> {
  return (await user.load(id)) ?? raise(noSuchUser())
}

function raise(error: AppError): never {
  throw error
}

const isLiveAt = ({ startsAt, endsAt, revokedAt, suspendedAt }: GrantRow, now: Date): boolean =>
  startsAt <= now && (endsAt === null || endsAt > now) && revokedAt === null && suspendedAt === null

export const User = {
  contents: async ({ id }, { type = null, ...args }, context, info) => {
    const page = checkedPage(args, { list: 'user.contents', id, type }, ['time', 'uuid'])
    const rows = await context.loaders.contentsOf.load({ ownerId: id, page, filter: { type, ...wantedOf(info) } })
    return toConnection(page, primed(rows, context), (row) => [row.publishAt?.toISOString() ?? '', row.id])
  },
} satisfies Partial<UserResolvers>

export const Viewer = {
  contents: async ({ userId }, { state = null, ...args }, context) => {
    const page = checkedPage(args, { list: 'viewer.contents', userId, state }, ['time', 'uuid'])
    // a limited account sees what a stranger does, and strangers have no posts
    const isLimited = context.viewer?.isLimited ?? true
    const rows = isLimited ? [] : await listOwnContent(context.db, userId, state, page, readingOf(context))
    return toConnection(page, primed(rows, context), ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
  savedContents: async ({ userId }, args, context) => {
    const page = checkedPage(args, { list: 'viewer.savedContents', userId }, ['time', 'uuid'])
    const saved = await listSaved(context.db, userId, page, readingOf(context))
    const { edges, pageInfo } = toConnection(page, saved, ({ savedAt, savedId }) => [savedAt.toISOString(), savedId])
    const found = edges.map(({ cursor, node }) => ({ cursor, node: node.content }))
    return { nodes: found.map(({ node }) => node), edges: found, pageInfo }
  },
} satisfies Partial<ViewerResolvers>

/** A post as `node` finds it. */
export const findContentNode = (id: string, asking: ContentAsking): Promise<ContentRow | null> =>
  findVisibleContent(id, asking)

/** A grant, wherever one is shown: for staff, and for whoever holds it and whoever's it is, unless the other blocks them. */
export async function findGrantNode(id: string, asking: ContentAsking & AccountsAsking): Promise<GrantRow | null> {
  const { viewer, loaders } = asking
  const grant = await loaders.grant.load(id)
  if (!grant || !viewer) return null
  if (isActingStaff(viewer)) return grant
  const { userId, creatorId } = grant
  if (viewer.userId !== userId && viewer.userId !== creatorId) return null
  const other = viewer.userId === userId ? creatorId : userId
  return (await findVisibleUser(other, asking)) && grant
}

/** A version as `node` finds it: for the post's creator. */
export async function findContentVersionNode(id: string, asking: ContentAsking): Promise<ContentVersionRow | null> {
  const version = await asking.loaders.contentVersion.load(id)
  const post = version && (await findVisibleContent(version.contentId, asking))
  return post && post.creatorId === asking.viewer?.userId ? version : null
}
