import { findVisibleUser, isActingStaff } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import { findVisibleContent, noSuchContent } from '../content/content.js'
import type { ContentRow } from '../content/types.js'
import type { MutationResolvers, PurchaseResolvers, ViewerResolvers } from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import { checkedSource, payNow } from '../payments/payments.js'
import { PURCHASES, purchaseContent } from './buying.js'
import type { PurchasesLoaders } from './loaders.js'
import { listPurchases } from './queries.js'
import { canSeePurchase } from './rules.js'
import type { PurchaseRow } from './types.js'

interface PurchasesAsking extends AccountsAsking {
  readonly loaders: AccountsAsking['loaders'] & PurchasesLoaders
}

export const Mutation = {
  purchaseContent: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const contentId = uuidOf('Content', input.contentId, ['input', 'contentId'])
    const post = await findVisibleContent(contentId, context)
    if (!post) throw noSuchContent()
    refuseUnproven(post, viewer.isAgeVerified || post.creatorId === viewer.userId)
    const source = checkedSource(input.payWith, context)
    const { expectedPrice, idempotencyKey } = input
    const order = { contentId, creatorId: post.creatorId, expectedPrice, source, idempotencyKey }
    await context.limiter.spend(PURCHASES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      purchaseContent(tx, context.payments, viewer, order, now),
    )
    const paid = await payNow(context, answer.paymentId, source)
    const { loaders } = context
    loaders.purchase.clear(answer.purchaseId)
    loaders.content.clear(contentId)
    const purchase = await loaders.purchase.load(answer.purchaseId)
    return { purchase, ...paid, content: await findVisibleContent(contentId, context), replayed }
  },
} satisfies Partial<MutationResolvers>

function refuseUnproven({ isAgeRestricted }: ContentRow, isProven: boolean): void {
  if (!isAgeRestricted || isProven) return
  throw new AppError('CONFLICT', 'age_verification_required', 'Prove your age first.', { path: ['input', 'contentId'] })
}

export const Purchase = {
  id: ({ id }) => globalId('Purchase', id),
  content: ({ contentId }, _args, context) => (contentId ? findVisibleContent(contentId, context) : null),
  title: ({ titleSnapshot }) => titleSnapshot,
  creator: ({ creatorId }, _args, context) => findVisibleUser(creatorId, context),
  amount: ({ amountMinor, currency }) => ({ amountMinor, currency }),
  payment: ({ paymentIntentId }, _args, { loaders }) =>
    paymentIntentId ? loaders.payment.load(paymentIntentId) : null,
} satisfies Partial<PurchaseResolvers>

export const Viewer = {
  purchases: async (viewer, args, { db }) => {
    const page = checkedPage(args, { list: 'purchases', of: viewer.userId }, ['time', 'uuid'])
    const rows = await listPurchases(db, viewer.userId, page)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

/** A purchase as `node` finds it: the buyer's own, or anybody's for staff. */
export async function findPurchaseNode(id: string, { loaders, viewer }: PurchasesAsking): Promise<PurchaseRow | null> {
  const purchase = await loaders.purchase.load(id)
  return purchase && canSeePurchase(viewer, isActingStaff(viewer), purchase) ? purchase : null
}
