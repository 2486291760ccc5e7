import { checkedReason, findVisibleUser, isActingStaff } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import { findVisibleContent, noSuchContent } from '../content/content.js'
import type { ContentAsking } from '../content/content.js'
import type { MutationResolvers, TipContextResolvers, TipResolvers, ViewerResolvers } from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import type { NodeType } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import { checkedSource, payNow } from '../payments/payments.js'
import type { PaymentsLoaders } from '../payments/payments.js'
import type { TipsLoaders } from './loaders.js'
import { findPostOfStream, listTipsReceived, listTipsSent } from './queries.js'
import { revealSender } from './revealing.js'
import { sightOf } from './rules.js'
import type { TipSight } from './rules.js'
import { TIPS, checkedMessage, sendTip } from './sending.js'
import type { TipContextRow, TipRow } from './types.js'

interface TipsAsking extends AccountsAsking {
  readonly loaders: AccountsAsking['loaders'] & TipsLoaders & PaymentsLoaders
  readonly now: Date
}

export const Mutation = {
  sendTip: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const { amountMinor, currency, isAnonymous, idempotencyKey } = input
    const creatorId = uuidOf('User', input.creatorId, ['input', 'creatorId'])
    const source = checkedSource(input.payWith, context)
    const order = {
      creatorId,
      amount: { amountMinor, currency },
      message: checkedMessage(input.message),
      isAnonymous,
      ...(await getTipped(input, creatorId, context)),
      source,
      idempotencyKey,
    }
    await context.limiter.spend(TIPS, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      sendTip(tx, context.payments, viewer, order, now),
    )
    const paid = await payNow(context, answer.paymentId, source)
    context.loaders.tip.clear(answer.tipId)
    return { tip: await context.loaders.tip.load(answer.tipId), ...paid, replayed }
  },

  revealTipSender: async (_parent, { input }, context) => {
    const reason = checkedReason(input.reason)
    const tipId = uuidOf('Tip', input.tipId, ['input', 'tipId'])
    const tip = await transaction({ ...context, reason }, (tx, now) =>
      revealSender(tx, signedIn(context), { tipId, reason }, now),
    )
    return { tip, sender: await findUser(tip.senderId, context), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

/**
 * What a tip is for: one thing, or nothing in particular.
 * @throws INVALID invalid_input of a post and a stream; NOT_FOUND node_not_found
 */
async function getTipped(
  {
    contentId,
    streamId,
  }: { readonly contentId?: string | null | undefined; readonly streamId?: string | null | undefined },
  creatorId: string,
  context: ContentAsking & { readonly db: Db },
): Promise<{ readonly contentId: string | null; readonly streamId: string | null }> {
  if (contentId && streamId)
    throw new AppError('INVALID', 'invalid_input', 'A tip is for one thing.', { path: ['input', 'streamId'] })
  if (contentId) return { contentId: await getTippedContent(contentId, creatorId, context), streamId: null }
  if (!streamId) return { contentId: null, streamId: null }
  const id = uuidOf('LiveStream', streamId, ['input', 'streamId'])
  const postId = await findPostOfStream(context.db, id)
  const post = postId === null ? null : await findVisibleContent(postId, context)
  if (post?.creatorId !== creatorId)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such LiveStream.', { path: ['input', 'streamId'] })
  return { contentId: null, streamId: id }
}

/** @throws NOT_FOUND node_not_found when the viewer cannot see the post, or it is another creator's */
async function getTippedContent(id: string, creatorId: string, context: ContentAsking): Promise<string> {
  const post = await findVisibleContent(uuidOf('Content', id, ['input', 'contentId']), context)
  if (post?.creatorId !== creatorId) throw noSuchContent()
  return post.id
}

const sightOfTip = (tip: TipRow, { viewer, now }: TipsAsking): TipSight =>
  sightOf(viewer, isActingStaff(viewer), tip, now)

const CONTEXT_TYPES = { CONTENT: 'Content', MESSAGE: 'Message', STREAM: 'LiveStream' } as const satisfies Record<
  TipContextRow['kind'],
  NodeType
>

export const Tip = {
  id: ({ id }) => globalId('Tip', id),
  sender: (tip, _args, context) =>
    tip.isAnonymous && sightOfTip(tip, context) !== 'giver' ? null : findUser(tip.senderId, context),
  recipient: ({ recipientId }, _args, context) => findUser(recipientId, context),
  amount: ({ amountMinor, currency }) => ({ amountMinor, currency }),
  context: contextOf,
  // the trail says whose payment it is
  payment: async (tip, _args, context) => {
    const sight = sightOfTip(tip, context)
    const isShown = sight === 'giver' || (sight === 'staff' && !tip.isAnonymous)
    return isShown && tip.paymentIntentId !== null ? context.loaders.payment.load(tip.paymentIntentId) : null
  },
  // the second in which it was given is the giver's own affair
  createdAt: (tip, _args, context) =>
    tip.isAnonymous && sightOfTip(tip, context) === 'recipient' ? (tip.shownAt ?? tip.createdAt) : tip.createdAt,
} satisfies TipResolvers

const findUser = (id: string, context: TipsAsking) => findVisibleUser(id, context)

function contextOf({ contentId, messageId, streamId, titleSnapshot: title }: TipRow): TipContextRow | null {
  if (contentId) return { kind: 'CONTENT', uuid: contentId, title }
  if (messageId) return { kind: 'MESSAGE', uuid: messageId, title }
  return streamId ? { kind: 'STREAM', uuid: streamId, title } : null
}

export const TipContext = {
  subjectId: ({ kind, uuid }) => globalId(CONTEXT_TYPES[kind], uuid),
  content: ({ kind, uuid }, _args, context) => (kind === 'CONTENT' ? findVisibleContent(uuid, context) : null),
} satisfies TipContextResolvers

export const Viewer = {
  tipsSent: async (viewer, args, { db }) => {
    const page = checkedPage(args, { list: 'tipsSent', of: viewer.userId }, ['time', 'uuid'])
    const rows = await listTipsSent(db, viewer.userId, page)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
  tipsReceived: async (viewer, args, { db, now }) => {
    const page = checkedPage(args, { list: 'tipsReceived', of: viewer.userId }, ['time', 'uuid'])
    const rows = await listTipsReceived(db, viewer.userId, page, now)
    return toConnection(page, rows, ({ shownAt, createdAt, id }) => [(shownAt ?? createdAt).toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

/** A tip as `node` finds it: the giver's, the creator's once it was shown to them, anybody's for staff. */
export async function findTipNode(id: string, context: TipsAsking): Promise<TipRow | null> {
  const tip = await context.loaders.tip.load(id)
  return tip && sightOfTip(tip, context) ? tip : null
}
