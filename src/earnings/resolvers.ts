import assert from 'node:assert'
import { checkedReason, findVisibleUser, isActingStaff } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import type {
  EarningsResolvers,
  MutationResolvers,
  QueryResolvers,
  RefundResolvers,
  RevenueDayResolvers,
  TransactionResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { DAY_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, parseGlobalId, uuidOf } from '../lib/ids.js'
import type { Money } from '../lib/money.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import { carryOutRefund, findRefund } from '../payments/payments.js'
import type { RefundRow } from '../payments/payments.js'
import type { EarningsLoaders } from './loaders.js'
import { listEarned, listPaid, listRevenue } from './queries.js'
import { getEarnings, minimumPayout } from './reading.js'
import { previewRefund, refundTransaction } from './refunding.js'
import { sightOf } from './rules.js'
import type { RecordSight } from './rules.js'
import type { RecordRow } from './types.js'

interface EarningsAsking extends AccountsAsking {
  readonly db: Db
  readonly loaders: AccountsAsking['loaders'] & EarningsLoaders
  readonly now: Date
}

const MAX_DAYS = 366

export const Query = {
  transaction: (_parent, { id }, context) => {
    const parsed = parseGlobalId(id)
    return parsed?.type === 'Transaction' ? findTransactionNode(parsed.uuid, context) : null
  },
  previewRefund: (_parent, { transactionId, amountMinor }, context) =>
    previewRefund(context.db, signedIn(context), {
      transactionId: uuidOf('Transaction', transactionId, ['transactionId']),
      amountMinor: amountMinor ?? null,
    }),
} satisfies Partial<QueryResolvers>

export const Mutation = {
  refundTransaction: async (_parent, { input }, context) => {
    const { amountMinor, revokesAccess, idempotencyKey } = input
    const reason = checkedReason(input.reason)
    const transactionId = uuidOf('Transaction', input.transactionId, ['input', 'transactionId'])
    const order = { transactionId, amountMinor: amountMinor ?? null, revokesAccess, reason, idempotencyKey }
    const origin = { ...context, reason }
    const { answer, replayed } = await transaction(origin, (tx, now) =>
      refundTransaction(tx, context.payments, signedIn(context), order, now),
    )
    await carryOutRefund(context, context.payments, answer.refundId)
    return { refund: await findRefund(context.db, answer.refundId), replayed, userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

const sightOfRecord = (row: RecordRow, { viewer, now }: EarningsAsking): RecordSight =>
  sightOf(viewer, isActingStaff(viewer), row, now)
const inCurrency = (amountMinor: bigint, { currency }: { readonly currency: string }): Money => ({
  amountMinor,
  currency,
})

export const Transaction = {
  id: ({ id }) => globalId('Transaction', id),
  reverses: ({ reversesId }, _args, context) => (reversesId ? findTransactionNode(reversesId, context) : null),
  payer: (row, _args, context) =>
    row.payerId === null || (row.isAnonymous && sightOfRecord(row, context) === 'creator')
      ? null
      : findVisibleUser(row.payerId, context),
  creator: ({ creatorId }, _args, context) => (creatorId ? findVisibleUser(creatorId, context) : null),
  gross: (row) => inCurrency(row.grossMinor, row),
  platformFee: (row, _args, context) =>
    sightOfRecord(row, context) === 'payer' ? null : inCurrency(row.platformFeeMinor, row),
  net: (row, _args, context) => (sightOfRecord(row, context) === 'payer' ? null : inCurrency(row.netMinor, row)),
  occurredAt: (row, _args, context) => (sightOfRecord(row, context) === 'creator' ? row.shownAt : row.occurredAt),
} satisfies TransactionResolvers

export const Refund = {
  id: ({ id }) => globalId('Refund', id),
  amount: (row) => inCurrency(row.amountMinor, row),
  transaction: async ({ transactionId }, _args, { loaders }) => {
    const row = await loaders.transaction.load(transactionId)
    assert(row, 'a transaction is never deleted')
    return row
  },
} satisfies RefundResolvers

export const Earnings = {
  minimumPayout: ({ available }) => minimumPayout(available.currency),
  transactions: async ({ creatorId }, args, { db, now }) => {
    const page = checkedPage(args, { list: 'earnings', of: creatorId }, ['time', 'uuid'])
    const rows = await listEarned(db, creatorId, page, now)
    return toConnection(page, rows, ({ shownAt, id }) => [shownAt.toISOString(), id])
  },
  revenue: ({ creatorId, available }, { from, to }, { db, now }) => {
    const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
    if (days < 1 || days > MAX_DAYS)
      throw new AppError('INVALID', 'invalid_input', 'From 1 to 366 days.', { path: ['to'] })
    return listRevenue(db, creatorId, { from, to, currency: available.currency, now })
  },
} satisfies EarningsResolvers

export const RevenueDay = {
  gross: (row) => inCurrency(row.grossMinor, row),
  platformFee: (row) => inCurrency(row.platformFeeMinor, row),
  net: (row) => inCurrency(row.netMinor, row),
} satisfies RevenueDayResolvers

export const Viewer = {
  earnings: async (viewer, _args, { db, loaders, now }) => {
    const user = await loaders.user.load(viewer.userId)
    return user?.accountType === 'CREATOR' && user.currency !== null
      ? getEarnings(db, viewer.userId, user.currency, now)
      : null
  },
  transactions: async (viewer, args, { db }) => {
    const page = checkedPage(args, { list: 'transactions', of: viewer.userId }, ['time', 'uuid'])
    const rows = await listPaid(db, viewer.userId, page)
    return toConnection(page, rows, ({ occurredAt, id }) => [occurredAt.toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

/** A transaction as `node` finds it: whoever paid, whoever earned once it is shown, and staff. */
export async function findTransactionNode(id: string, context: EarningsAsking): Promise<RecordRow | null> {
  const row = await context.loaders.transaction.load(id)
  return row && sightOfRecord(row, context) ? row : null
}

/** A refund as `node` finds it: with its sale. */
export async function findRefundNode(id: string, context: EarningsAsking): Promise<RefundRow | null> {
  const refund = await findRefund(context.db, id)
  return refund && (await findTransactionNode(refund.transactionId, context)) ? refund : null
}
