import assert from 'node:assert'
import { checkedReason, findVisibleUser, isActingStaff } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import type {
  EarningsResolvers,
  IncomeResolvers,
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
import { isTimeZone } from '../lib/zones.js'
import { carryOutRefund, findRefund } from '../payments/payments.js'
import type { RefundRow } from '../payments/payments.js'
import type { EarningsLoaders } from './loaders.js'
import { listEarned, listIncome, listPaid, listRevenue } from './queries.js'
import { getEarnings, minimumPayout } from './reading.js'
import { previewRefund, refundTransaction } from './refunding.js'
import { isPayerHidden, sightOf } from './rules.js'
import type { RecordSight } from './rules.js'
import type { RecordRow } from './types.js'

interface EarningsAsking extends AccountsAsking {
  readonly db: Db
  readonly loaders: AccountsAsking['loaders'] & EarningsLoaders
  readonly now: Date
}

const MAX_DAYS = 366
const MAX_INCOME_DAYS = { HOUR: 31, DAY: 366, MONTH: 3_660 } as const

export const Query = {
  transaction: (_parent, { id }, context) => {
    const parsed = parseGlobalId(id)
    return parsed?.type === 'Transaction' ? findTransactionNode(parsed.uuid, context) : null
  },
  previewRefund: (_parent, { transactionId, amountMinor }, context) =>
    previewRefund(
      context.db,
      context.payments,
      signedIn(context),
      { transactionId: uuidOf('Transaction', transactionId, ['transactionId']), amountMinor: amountMinor ?? null },
      context.now,
    ),
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
    row.payerId === null || isPayerHidden(sightOfRecord(row, context), row)
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
  transaction: (row, _args, context) => getRefunded(row, context),
  createdAt: async (row, _args, context) => {
    const sale = await getRefunded(row, context)
    // one that was accepted before the sale was shown would say until when the giver was there
    return sightOfRecord(sale, context) === 'creator' && sale.shownAt > row.createdAt ? sale.shownAt : row.createdAt
  },
} satisfies RefundResolvers

async function getRefunded({ transactionId }: RefundRow, { loaders }: EarningsAsking): Promise<RecordRow> {
  const row = await loaders.transaction.load(transactionId)
  assert(row, 'a transaction is never deleted')
  return row
}

export const Earnings = {
  minimumPayout: ({ available }) => minimumPayout(available.currency),
  transactions: async ({ creatorId }, { from = null, to = null, type = null, ...args }, { db, now }) => {
    const page = checkedPage(args, { list: 'earnings', of: creatorId, from, to, type }, ['time', 'uuid'])
    const rows = await listEarned(db, creatorId, { from, to, type }, page, now)
    return toConnection(page, rows, ({ shownAt, id }) => [shownAt.toISOString(), id])
  },
  income: async ({ creatorId, available }, { from, to, by, timeZone = null }, { db, now }) => {
    const days = (to.getTime() - from.getTime()) / DAY_MS
    if (days <= 0 || days > MAX_INCOME_DAYS[by]) throw invalid('This is too long a time, or none.', 'to')
    if (timeZone !== null && !(await isTimeZone(db, timeZone))) throw invalid('There is no such zone.', 'timeZone')
    return listIncome(db, creatorId, { from, to, by, timeZone, currency: available.currency, now })
  },
  revenue: ({ creatorId, available }, { from, to }, { db, now }) => {
    const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
    if (days < 1 || days > MAX_DAYS)
      throw new AppError('INVALID', 'invalid_input', 'From 1 to 366 days.', { path: ['to'] })
    return listRevenue(db, creatorId, { from, to, currency: available.currency, now })
  },
} satisfies EarningsResolvers

const invalid = (message: string, argument: string): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path: [argument] })

export const Income = {
  gross: (row) => inCurrency(row.grossMinor, row),
  platformFee: (row) => inCurrency(row.platformFeeMinor, row),
  net: (row) => inCurrency(row.netMinor, row),
} satisfies IncomeResolvers

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
