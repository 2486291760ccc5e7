import assert from 'node:assert'
import { isActingStaff } from '../accounts/accounts.js'
import type { EarningsLoaders } from '../earnings/earnings.js'
import type {
  DisputeFactResolvers,
  DisputeResolvers,
  EarningsResolvers,
  MutationResolvers,
  QueryResolvers,
  TransactionResolvers,
} from '../generated/graphql.js'
import { DAY_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import { globalId, uuidOf } from '../lib/ids.js'
import type { Money } from '../lib/money.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import type { Asking } from '../lib/viewer.js'
import { answerDispute, sendEvidence } from './answering.js'
import type { DisputesLoaders } from './loaders.js'
import { findDispute, listDisputes, listDisputesAgainst } from './queries.js'
import { isAnswerable, sightOf } from './rules.js'
import type { DisputeSight } from './rules.js'
import type { DisputeRow } from './types.js'

interface DisputesAsking extends Asking {
  readonly loaders: DisputesLoaders & EarningsLoaders
}

export const Query = {
  disputes: async (_parent, { state, ...args }, { db }) => {
    const page = checkedPage(args, { list: 'disputes', state: state ?? null }, ['time', 'uuid'])
    const rows = await listDisputes(db, state ?? null, page)
    return toConnection(page, rows, ({ openedAt, id }) => [openedAt.toISOString(), id])
  },
} satisfies Partial<QueryResolvers>

export const Mutation = {
  submitDisputeEvidence: async (_parent, { input }, context) => {
    const disputeId = uuidOf('Dispute', input.disputeId, ['input', 'disputeId'])
    const order = { disputeId, idempotencyKey: input.idempotencyKey }
    const { replayed } = await transaction(context, (tx, now) => answerDispute(tx, signedIn(context), order, now))
    await sendEvidence(context, context.payments, disputeId)
    return { dispute: await findDispute(context.db, disputeId), replayed, userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

const sightOfDispute = (row: DisputeRow, { viewer, now }: Asking): DisputeSight =>
  sightOf(viewer, isActingStaff(viewer), row, now)
const inCurrency = (amountMinor: bigint, { currency }: DisputeRow): Money => ({ amountMinor, currency })

/** Whether a dispute began before its sale was shown to the creator: until when the giver was there is not theirs to know. */
const isEarly = ({ openedAt, saleShownAt }: DisputeRow): boolean => openedAt < saleShownAt

export const Dispute = {
  id: ({ id }) => globalId('Dispute', id),
  transaction: async ({ transactionId }, _args, { loaders }) => {
    const row = await loaders.transaction.load(transactionId)
    assert(row, 'a transaction is never deleted')
    return row
  },
  amount: (row) => inCurrency(row.amountMinor, row),
  fromCreator: (row) => inCurrency(row.fromCreatorMinor, row),
  fee: (row, _args, context) =>
    sightOfDispute(row, context) === 'staff' ? { amountMinor: row.feeMinor, currency: row.feeCurrency } : null,
  evidenceDueAt: (row, _args, context) => {
    const { evidenceDueAt } = row
    const isBlurred = evidenceDueAt !== null && isEarly(row) && sightOfDispute(row, context) === 'creator'
    return isBlurred ? new Date(evidenceDueAt.getTime() - (evidenceDueAt.getTime() % DAY_MS)) : evidenceDueAt
  },
  canBeAnswered: (row, _args, { now }) => isAnswerable(row, now),
  evidence: (row, _args, context) =>
    row.isAnonymous || sightOfDispute(row, context) !== 'staff' ? null : row.evidence,
  openedAt: (row, _args, context) =>
    isEarly(row) && sightOfDispute(row, context) === 'creator' ? row.saleShownAt : row.openedAt,
} satisfies DisputeResolvers

export const DisputeFact = {
  at: ({ at }) => new Date(at),
} satisfies DisputeFactResolvers

export const Transaction = {
  dispute: async ({ id }, _args, context) => {
    const row = await context.loaders.disputeOf.load(id)
    return row && sightOfDispute(row, context) ? row : null
  },
} satisfies Partial<TransactionResolvers>

export const Earnings = {
  disputes: async ({ creatorId }, args, { db, now }) => {
    const page = checkedPage(args, { list: 'disputesAgainst', of: creatorId }, ['time', 'uuid'])
    const rows = await listDisputesAgainst(db, creatorId, page, now)
    return toConnection(page, rows, ({ shownAt, saleShownAt, id }) => [(shownAt ?? saleShownAt).toISOString(), id])
  },
} satisfies Partial<EarningsResolvers>

/** A dispute as `node` finds it: the creator's, once its sale is shown to them, anybody's for staff. */
export async function findDisputeNode(id: string, context: DisputesAsking): Promise<DisputeRow | null> {
  const row = await context.loaders.dispute.load(id)
  return row && sightOfDispute(row, context) ? row : null
}
