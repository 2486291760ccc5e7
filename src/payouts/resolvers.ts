import { checkedReason, findVisibleUser, isActingStaff } from '../accounts/accounts.js'
import type {
  MutationResolvers,
  PayoutAccountResolvers,
  PayoutHoldResolvers,
  PayoutResolvers,
  QueryResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedReturnUrl } from '../lib/urls.js'
import { checkedPage, toConnection } from '../lib/page.js'
import type { Connection, PageArgs, PageRequest } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import type { Asking } from '../lib/viewer.js'
import { addPayoutAccount, removePayoutAccount, setDefaultPayoutAccount } from './accounts.js'
import { holdPayouts, releasePayoutHold } from './holding.js'
import { findAccount, findHold, findPayout, listAccounts, listHolds, listPayouts, listPayoutsOf } from './queries.js'
import { decidePayout, requestPayout } from './requesting.js'
import { sendPayout } from './sending.js'
import type { PayoutAccountRow, PayoutHoldRow, PayoutRow } from './types.js'

interface PayoutsAsking extends Asking {
  readonly db: Db
}

async function pageOf(
  args: PageArgs,
  filter: { readonly creatorId: string | null; readonly states: readonly string[] | null },
  list: (page: PageRequest) => Promise<PayoutRow[]>,
): Promise<Connection<PayoutRow>> {
  const page = checkedPage(args, { list: 'payouts', ...filter }, ['time', 'uuid'])
  return toConnection(page, await list(page), ({ createdAt, id }) => [createdAt.toISOString(), id])
}

export const Query = {
  payouts: (_parent, { states: asked, ...args }, { db }) => {
    const states = asked ? [...new Set(asked)].sort().map((state) => state.toLowerCase()) : null
    return pageOf(args, { creatorId: null, states }, (page) => listPayouts(db, states, page))
  },
} satisfies Partial<QueryResolvers>

export const Mutation = {
  addPayoutAccount: async (_parent, { input }, context) => {
    const order = { ...input, returnUrl: checkedReturnUrl(input.returnUrl, context.config, ['input', 'returnUrl']) }
    const { id, ...added } = await addPayoutAccount(context, context.payments, signedIn(context), order)
    return { payoutAccount: await findAccount(context.db, id), ...added, userErrors: [] }
  },

  removePayoutAccount: async (_parent, { input }, context) => {
    const id = uuidOf('PayoutAccount', input.payoutAccountId, ['input', 'payoutAccountId'])
    await transaction(context, (tx, now) => removePayoutAccount(tx, signedIn(context), id, now))
    return { removedPayoutAccountId: input.payoutAccountId, userErrors: [] }
  },

  setDefaultPayoutAccount: async (_parent, { input }, context) => {
    const id = uuidOf('PayoutAccount', input.payoutAccountId, ['input', 'payoutAccountId'])
    await transaction(context, (tx, now) => setDefaultPayoutAccount(tx, signedIn(context), id, now))
    return { payoutAccount: await findAccount(context.db, id), userErrors: [] }
  },

  requestPayout: async (_parent, { input }, context) => {
    const order = {
      amountMinor: input.amountMinor ?? null,
      payoutAccountId: input.payoutAccountId
        ? uuidOf('PayoutAccount', input.payoutAccountId, ['input', 'payoutAccountId'])
        : null,
      idempotencyKey: input.idempotencyKey,
    }
    const { answer, replayed } = await transaction(context, (tx, now) =>
      requestPayout(tx, signedIn(context), order, now),
    )
    await sendPayout(context, context.payments, answer.payoutId)
    return { payout: await findPayout(context.db, answer.payoutId), replayed, userErrors: [] }
  },

  decidePayout: async (_parent, { input }, context) => {
    const reason = checkedReason(input.reason)
    const order = { payoutId: uuidOf('Payout', input.payoutId, ['input', 'payoutId']), isApproved: input.isApproved }
    const who = { processorName: context.payments.processor.name, viewer: signedIn(context) }
    await transaction({ ...context, reason }, (tx, now) => decidePayout(tx, who, order, now))
    await sendPayout(context, context.payments, order.payoutId)
    return { payout: await findPayout(context.db, order.payoutId), userErrors: [] }
  },

  holdPayouts: async (_parent, { input }, context) => {
    const reason = checkedReason(input.reason)
    const order = {
      creatorId: uuidOf('User', input.creatorId, ['input', 'creatorId']),
      amountMinor: input.amountMinor ?? null,
      releaseAt: input.releaseAt ?? null,
      reason,
      idempotencyKey: input.idempotencyKey,
    }
    const { answer, replayed } = await transaction({ ...context, reason }, (tx, now) =>
      holdPayouts(tx, signedIn(context), order, now),
    )
    return { hold: await findHold(context.db, answer.holdId), replayed, userErrors: [] }
  },

  releasePayoutHold: async (_parent, { input }, context) => {
    const reason = checkedReason(input.reason)
    const holdId = uuidOf('PayoutHold', input.holdId, ['input', 'holdId'])
    await transaction({ ...context, reason }, (tx, now) =>
      releasePayoutHold(tx, signedIn(context), { holdId, reason }, now),
    )
    return { hold: await findHold(context.db, holdId), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

export const PayoutAccount = {
  id: ({ id }) => globalId('PayoutAccount', id),
} satisfies PayoutAccountResolvers

export const Payout = {
  id: ({ id }) => globalId('Payout', id),
  creator: ({ creatorId }, _args, context) => findVisibleUser(creatorId, context),
  amount: ({ amountMinor, currency }) => ({ amountMinor, currency }),
} satisfies PayoutResolvers

export const PayoutHold = {
  id: ({ id }) => globalId('PayoutHold', id),
  amount: ({ amountMinor, currency }) => (amountMinor !== null && currency !== null ? { amountMinor, currency } : null),
} satisfies PayoutHoldResolvers

export const Viewer = {
  payoutAccounts: (viewer, _args, { db }) => listAccounts(db, viewer.userId),
  payouts: ({ userId }, args, { db }) =>
    pageOf(args, { creatorId: userId, states: null }, (page) => listPayoutsOf(db, userId, page)),
  payoutHolds: (viewer, _args, { db, now }) => listHolds(db, viewer.userId, now),
} satisfies Partial<ViewerResolvers>

const isOwnOrStaff = ({ viewer }: Asking, { creatorId }: { readonly creatorId: string }): boolean =>
  viewer?.userId === creatorId || (isActingStaff(viewer) && viewer?.role === 'ADMIN')

/** A destination as `node` finds it: its owner's. */
export async function findPayoutAccountNode(
  id: string,
  { db, viewer }: PayoutsAsking,
): Promise<PayoutAccountRow | null> {
  const account = await findAccount(db, id)
  return account && viewer && !viewer.isLimited && account.creatorId === viewer.userId ? account : null
}

/** A payout as `node` finds it: the creator's own, anybody's for admins. */
export async function findPayoutNode(id: string, asking: PayoutsAsking): Promise<PayoutRow | null> {
  const payout = await findPayout(asking.db, id)
  return payout && isOwnOrStaff(asking, payout) ? payout : null
}

/** A hold as `node` finds it: the creator's whose earnings it keeps back, anybody's for admins. */
export async function findHoldNode(id: string, asking: PayoutsAsking): Promise<PayoutHoldRow | null> {
  const hold = await findHold(asking.db, id)
  return hold && isOwnOrStaff(asking, hold) ? hold : null
}
