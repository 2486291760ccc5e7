import assert from 'node:assert'
import { findVisibleUser, isActingStaff } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import type {
  MutationResolvers,
  PaymentChangeResolvers,
  PaymentMethodResolvers,
  PaymentResolvers,
  QueryResolvers,
  SubscriptionResolvers,
  ViewerResolvers,
  WebhookEventResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import { followStream } from '../lib/following.js'
import { globalId, uuidOf } from '../lib/ids.js'
import type { Money } from '../lib/money.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { mapped } from '../lib/sources.js'
import { signedIn } from '../lib/viewer.js'
import { cancelPayment } from './charging.js'
import { findWebhookEvent, listWebhookEvents } from './inbox-queries.js'
import type { WebhookEventRow } from './inbox-queries.js'
import { replayWebhookEvent } from './inbox.js'
import type { PaymentsLoaders } from './loaders.js'
import { findMethod, listMethods } from './method-queries.js'
import { NEW_METHODS, addPaymentMethod, removePaymentMethod, setDefaultMethod } from './methods.js'
import { payNow, reloadedPayment } from './paying.js'
import { listPayments } from './queries.js'
import { canSeePayment } from './rules.js'
import { checkedSource, declineOf } from './sources.js'
import { PAYMENT_CHANGED, paymentsOf } from './types.js'
import type { PaymentMethodRow, PaymentRow } from './types.js'
import { listWallets } from './wallet-queries.js'
import { topUpWallet } from './wallets.js'

interface PaymentsAsking extends AccountsAsking {
  readonly db: Db
  readonly loaders: AccountsAsking['loaders'] & PaymentsLoaders
}

export const Query = {
  webhookEvents: async (_parent, { states, processor, ...args }, context) => {
    const filter = { states: states ? [...new Set(states)].sort() : null, processor: processor ?? null }
    const page = checkedPage(args, { list: 'webhookEvents', ...filter }, ['time', 'uuid'])
    const lower = { ...filter, states: filter.states?.map((state) => state.toLowerCase()) ?? null }
    const rows = await listWebhookEvents(context.db, lower, page)
    return toConnection(page, rows, ({ receivedAt, id }) => [receivedAt.toISOString(), id])
  },
} satisfies Partial<QueryResolvers>

const methodIdOf = ({ paymentMethodId }: { readonly paymentMethodId: string }): string =>
  uuidOf('PaymentMethod', paymentMethodId, ['input', 'paymentMethodId'])

export const Mutation = {
  addPaymentMethod: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    await context.limiter.spend(NEW_METHODS, viewer.userId)
    const { answer, replayed } = await addPaymentMethod(context, context.payments, viewer, input)
    const paymentMethod = await findMethod(context.db, viewer.userId, answer.methodId)
    return { paymentMethod, replayed, userErrors: [] }
  },

  removePaymentMethod: async (_parent, { input }, context) => {
    await removePaymentMethod(context, context.payments, signedIn(context), methodIdOf(input))
    return { removedPaymentMethodId: input.paymentMethodId, userErrors: [] }
  },

  setDefaultPaymentMethod: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const id = methodIdOf(input)
    await transaction(context, (tx, now) => setDefaultMethod(tx, viewer, id, now))
    return { paymentMethod: await findMethod(context.db, viewer.userId, id), userErrors: [] }
  },

  cancelPayment: async (_parent, { input }, context) => {
    const id = uuidOf('Payment', input.paymentId, ['input', 'paymentId'])
    await cancelPayment(context, context.payments, signedIn(context), id)
    return { payment: await reloadedPayment(id, context), userErrors: [] }
  },

  topUpWallet: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const { amountMinor, currency, idempotencyKey } = input
    const source = checkedSource(input.payWith, context)
    const order = { amount: { amountMinor, currency }, source, idempotencyKey }
    const { answer, replayed } = await transaction(context, (tx, now) =>
      topUpWallet(tx, context.payments, viewer, order, now),
    )
    const paid = await payNow(context, answer.paymentId, source)
    const wallets = await listWallets(context.db, viewer.userId)
    const wallet = wallets.find(({ balance }) => balance.currency === currency) ?? null
    return { ...paid, wallet, replayed }
  },

  replayWebhookEvent: async (_parent, { input }, context) => {
    const id = uuidOf('WebhookEvent', input.webhookEventId, ['input', 'webhookEventId'])
    await transaction(context, (tx, now) => replayWebhookEvent(tx, signedIn(context), id, now))
    return { webhookEvent: await findWebhookEvent(context.db, id), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

export const Subscription = {
  paymentChanged: {
    subscribe: async (_parent, { after }, { db, bus, viewer, signal }) => {
      assert(viewer && signal, 'a rule asked for a session, and a subscription can be ended')
      const events = await followStream(db, bus, paymentsOf(viewer.userId), { after: after ?? null, signal })
      return mapped(events, ({ type, sequence, payload }) => {
        if (type !== PAYMENT_CHANGED) return null
        const { paymentId } = payload as { paymentId: string }
        return { paymentChanged: { sequence, paymentId } }
      })
    },
  },
} satisfies Partial<SubscriptionResolvers>

const inCurrency = (amountMinor: bigint, { currency }: PaymentRow): Money => ({ amountMinor, currency })

export const Payment = {
  id: ({ id }) => globalId('Payment', id),
  state: ({ state }) => (state === 'CREATED' ? 'PROCESSING' : state),
  amount: (payment) => inCurrency(payment.amountMinor, payment),
  fromWallet: (payment) => inCurrency(payment.walletMinor, payment),
  refunded: (payment) => inCurrency(payment.refundedMinor, payment),
  creator: ({ creatorId }, _args, context) => (creatorId ? findVisibleUser(creatorId, context) : null),
  decline: declineOf,
} satisfies PaymentResolvers

export const PaymentMethod = {
  id: ({ id }) => globalId('PaymentMethod', id),
} satisfies PaymentMethodResolvers

export const PaymentChange = {
  payment: async ({ paymentId }, _args, context) => {
    const payment = await reloadedPayment(paymentId, context)
    assert(payment, 'a payment is never deleted')
    return payment
  },
} satisfies PaymentChangeResolvers

export const WebhookEvent = {
  id: ({ id }) => globalId('WebhookEvent', id),
} satisfies WebhookEventResolvers

export const Viewer = {
  paymentMethods: (viewer, _args, { db }) => listMethods(db, viewer.userId),
  wallets: (viewer, _args, { db }) => listWallets(db, viewer.userId),
  payments: async (viewer, args, { db }) => {
    const page = checkedPage(args, { list: 'payments', of: viewer.userId }, ['time', 'uuid'])
    const rows = await listPayments(db, viewer.userId, page)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

/** A payment as `node` finds it: the payer's own, or anybody's for staff. */
export async function findPaymentNode(id: string, { loaders, viewer }: PaymentsAsking): Promise<PaymentRow | null> {
  const payment = await loaders.payment.load(id)
  return payment && canSeePayment(viewer, isActingStaff(viewer), payment) ? payment : null
}

/** A saved way to pay as `node` finds it: the viewer's own. */
export const findMethodNode = async (id: string, { db, viewer }: PaymentsAsking): Promise<PaymentMethodRow | null> =>
  viewer && !viewer.isLimited ? findMethod(db, viewer.userId, id) : null

/** A processor's message as `node` finds it: for admins. */
export const findWebhookEventNode = async (
  id: string,
  { db, viewer }: PaymentsAsking,
): Promise<WebhookEventRow | null> =>
  viewer?.role === 'ADMIN' && isActingStaff(viewer) ? findWebhookEvent(db, id) : null
