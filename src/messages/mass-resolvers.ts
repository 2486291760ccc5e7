import assert from 'node:assert'
import type {
  FanListResolvers,
  MassMessageResolvers,
  MutationResolvers,
  SubscriptionResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { priceOf } from '../lib/money.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { mapped } from '../lib/sources.js'
import { signedIn } from '../lib/viewer.js'
import { listFanLists, listMembers } from './list-queries.js'
import { MAX_LISTS, addToFanList, checkedName, createFanList, removeFromFanList, renameFanList } from './lists.js'
import type { MembersChange } from './lists.js'
import { MASS_MESSAGES, cancelMassMessage, sendMassMessage, unsendMassMessage } from './mass.js'
import { listMassMessages } from './mass-queries.js'
import { progressOf } from './progress.js'
import { checkedBody, checkedFiles, checkedTeaser } from './sending.js'

const listIdOf = (id: string): string => uuidOf('FanList', id, ['input', 'listId'])
const massIdOf = (id: string): string => uuidOf('MassMessage', id, ['input', 'massMessageId'])

const membersOf = ({ listId, userIds }: MembersChange): MembersChange => ({
  listId: listIdOf(listId),
  userIds: userIds.map((id) => uuidOf('User', id, ['input', 'userIds'])),
})

export const Mutation = {
  sendMassMessage: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const media = checkedFiles(input.media ?? [])
    const order = {
      segment: input.segment,
      listId: input.listId ? listIdOf(input.listId) : null,
      spentOverMinor: input.spentOverMinor ?? null,
      body: checkedBody(input.body, media.length > 0),
      teaser: checkedTeaser(input.teaser),
      priceMinor: input.priceMinor ?? null,
      subscriberDiscountBasisPoints: input.subscriberDiscountBasisPoints ?? null,
      media,
      isAgeRestricted: input.isAgeRestricted,
      sendAt: input.sendAt ?? null,
      idempotencyKey: input.idempotencyKey,
    }
    await context.limiter.spend(MASS_MESSAGES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) => sendMassMessage(tx, viewer, order, now))
    return { massMessage: await context.loaders.massMessage.load(answer.massMessageId), replayed, userErrors: [] }
  },

  cancelMassMessage: async (_parent, { input }, context) => {
    const id = massIdOf(input.massMessageId)
    await transaction(context, (tx, now) => cancelMassMessage(tx, signedIn(context), id, now))
    return { massMessage: await context.loaders.massMessage.clear(id).load(id), userErrors: [] }
  },

  unsendMassMessage: async (_parent, { input }, context) => {
    const id = massIdOf(input.massMessageId)
    await transaction(context, (tx, now) => unsendMassMessage(tx, signedIn(context), id, now))
    return { massMessage: await context.loaders.massMessage.clear(id).load(id), userErrors: [] }
  },

  createFanList: async (_parent, { input }, context) => {
    const order = { name: checkedName(input.name), idempotencyKey: input.idempotencyKey ?? null }
    const { answer, replayed } = await transaction(context, (tx, now) =>
      createFanList(tx, signedIn(context), order, now),
    )
    return { list: await context.loaders.fanList.load(answer.listId), replayed, userErrors: [] }
  },

  renameFanList: async (_parent, { input }, context) => {
    const order = { listId: listIdOf(input.listId), name: checkedName(input.name) }
    await transaction(context, (tx) => renameFanList(tx, signedIn(context), order))
    return { list: await context.loaders.fanList.clear(order.listId).load(order.listId), userErrors: [] }
  },

  addToFanList: async (_parent, { input }, context) => {
    const change = membersOf(input)
    await transaction(context, (tx, now) => addToFanList(tx, signedIn(context), change, now))
    return { list: await context.loaders.fanList.clear(change.listId).load(change.listId), userErrors: [] }
  },

  removeFromFanList: async (_parent, { input }, context) => {
    const change = membersOf(input)
    await transaction(context, (tx, now) => removeFromFanList(tx, signedIn(context), change, now))
    return { list: await context.loaders.fanList.clear(change.listId).load(change.listId), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

export const Subscription = {
  massMessageProgress: {
    subscribe: async (_parent, { massMessageId }, { db, bus, viewer, signal }) => {
      assert(viewer && signal, 'a rule asked for a session, and a subscription can be ended')
      const id = uuidOf('MassMessage', massMessageId, ['massMessageId'])
      const steps = await progressOf(db, bus, { id, creatorId: viewer.userId, signal })
      return mapped(steps, (massMessageProgress) => ({ massMessageProgress }))
    },
  },
} satisfies Partial<SubscriptionResolvers>

export const Viewer = {
  massMessages: async ({ userId }, args, { db }) => {
    const page = checkedPage(args, { list: 'viewer.massMessages', userId }, ['time', 'uuid'])
    const rows = await listMassMessages(db, userId, page)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
  fanLists: ({ userId }, _args, { db }) => listFanLists(db, userId, MAX_LISTS),
} satisfies Partial<ViewerResolvers>

export const MassMessage = {
  id: ({ id }) => globalId('MassMessage', id),
  list: ({ listId }, _args, { loaders }) => (listId === null ? null : loaders.fanList.load(listId)),
  spentOver: ({ spentOverMinor, currency }) =>
    spentOverMinor === null || currency === null ? null : { amountMinor: spentOverMinor, currency },
  price: priceOf,
} satisfies Partial<MassMessageResolvers>

export const FanList = {
  id: ({ id }) => globalId('FanList', id),
  members: async (list, args, { db }) => {
    const page = checkedPage(args, { list: 'fanList.members', id: list.id }, ['time', 'uuid'])
    const rows = await listMembers(db, list, page)
    return toConnection(page, rows, ({ addedAt, id }) => [addedAt.toISOString(), id])
  },
} satisfies Partial<FanListResolvers>
