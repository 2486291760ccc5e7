import { checkedReason, findVisibleUser, isActingStaff } from '../accounts/accounts.js'
import type {
  EarningsResolvers,
  FinanceCaseResolvers,
  MutationResolvers,
  QueryResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import type { Asking } from '../lib/viewer.js'
import { closeCase } from './closing.js'
import { findCase, listCases } from './queries.js'
import { getRates, setRate } from './rates.js'
import type { FinanceCaseRow } from './types.js'

export const Query = {
  financeCases: async (_parent, { isOpen = null, kind = null, ...args }, { db }) => {
    const page = checkedPage(args, { list: 'financeCases', isOpen, kind }, ['time', 'uuid'])
    const rows = await listCases(db, { isOpen, kind }, page)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
  feeRates: (_parent, { creatorId }, { db, now }) =>
    getRates(db, creatorId ? uuidOf('User', creatorId, ['creatorId']) : null, now),
} satisfies Partial<QueryResolvers>

export const Mutation = {
  closeFinanceCase: async (_parent, { input }, context) => {
    const order = {
      caseId: uuidOf('FinanceCase', input.caseId, ['input', 'caseId']),
      resolution: checkedResolution(input.resolution),
    }
    await transaction({ ...context, reason: order.resolution }, (tx, now) =>
      closeCase(tx, signedIn(context), order, now),
    )
    return { case: await findCase(context.db, order.caseId), userErrors: [] }
  },

  setFeeRate: async (_parent, { input }, context) => {
    const { type, idempotencyKey } = input
    const order = {
      creatorId: input.creatorId ? uuidOf('User', input.creatorId, ['input', 'creatorId']) : null,
      type,
      basisPoints: input.basisPoints ?? null,
      reason: checkedReason(input.reason),
      idempotencyKey,
    }
    const { answer, replayed } = await transaction({ ...context, reason: order.reason }, (tx, now) =>
      setRate(tx, signedIn(context), order, now),
    )
    return { feeRates: await getRates(context.db, answer.creatorId, context.now), replayed, userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

/** As a reason is, under the name it has in the input. @throws INVALID invalid_input */
function checkedResolution(unchecked: string): string {
  try {
    return checkedReason(unchecked)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.code, error.reason, error.message, { path: ['input', 'resolution'] })
  }
}

export const FinanceCase = {
  id: ({ id }) => globalId('FinanceCase', id),
  creator: ({ creatorId }, _args, context) => (creatorId ? findVisibleUser(creatorId, context) : null),
  payment: ({ paymentIntentId }, _args, { loaders }) =>
    paymentIntentId ? loaders.payment.load(paymentIntentId) : null,
  resolvedBy: ({ resolvedById }, _args, context) => (resolvedById ? findVisibleUser(resolvedById, context) : null),
} satisfies FinanceCaseResolvers

export const Earnings = {
  feeRates: ({ creatorId }, _args, { db, now }) => getRates(db, creatorId, now),
} satisfies Partial<EarningsResolvers>

/** A case as `node` finds it: for admins. */
export const findCaseNode = async (
  id: string,
  { db, viewer }: Asking & { readonly db: Db },
): Promise<FinanceCaseRow | null> => (viewer?.role === 'ADMIN' && isActingStaff(viewer) ? findCase(db, id) : null)
