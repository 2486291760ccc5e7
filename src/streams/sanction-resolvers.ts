import { findVisibleUser } from '../accounts/accounts.js'
import type { MutationResolvers, StreamSanctionResolvers, ViewerResolvers } from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { checkedLongText } from '../lib/text.js'
import { signedIn } from '../lib/viewer.js'
import { listSanctions } from './chat-queries.js'
import { findStreamNode, reloaded, streamIdOf } from './reading.js'
import type { StreamsAsking } from './reading.js'
import { liftById, liftSanction, sanction } from './sanctions.js'
import type { SanctionRow, StreamSanctionKind } from './types.js'

const MAX_SANCTION_MINUTES = 525_600
const MAX_REASON_LENGTH = 500

export const Mutation = {
  muteInStream: (_parent, { input }, context) => keepAway(context, input, 'MUTE'),
  unmuteInStream: (_parent, { input }, context) => letBack(context, input, 'MUTE'),
  banInStream: (_parent, { input }, context) => keepAway(context, input, 'BAN'),
  unbanInStream: (_parent, { input }, context) => letBack(context, input, 'BAN'),
  liftStreamSanction: async (_parent, { input }, context) => {
    const sanctionId = uuidOf('StreamSanction', input.sanctionId, ['input', 'sanctionId'])
    await transaction(context, (tx, now) => liftById(tx, signedIn(context), sanctionId, now))
    return { sanction: await context.loaders.sanction.clear(sanctionId).load(sanctionId), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

interface SanctionInput {
  readonly streamId: string
  readonly userId: string
  readonly isEverywhere: boolean
}

async function keepAway(
  context: StreamsAsking & Origin,
  input: SanctionInput & { readonly minutes?: number | null | undefined; readonly reason?: string | null | undefined },
  kind: StreamSanctionKind,
) {
  const minutes = input.minutes ?? null
  if (minutes !== null && (minutes < 1 || minutes > MAX_SANCTION_MINUTES))
    throw new AppError('INVALID', 'invalid_input', `From 1 to ${String(MAX_SANCTION_MINUTES)} minutes.`, {
      path: ['input', 'minutes'],
    })
  const reason = checkedLongText(input.reason ?? '', ['input', 'reason'], MAX_REASON_LENGTH) || null
  const order = { ...placeOf(input), kind, minutes, reason }
  await transaction(context, (tx, now) => sanction(tx, signedIn(context), order, now))
  return { stream: await reloaded(order.streamId, context), userErrors: [] }
}

async function letBack(context: StreamsAsking & Origin, input: SanctionInput, kind: StreamSanctionKind) {
  const order = { ...placeOf(input), kind }
  await transaction(context, (tx, now) => liftSanction(tx, signedIn(context), order, now))
  return { stream: await reloaded(order.streamId, context), userErrors: [] }
}

const placeOf = ({ streamId, userId, isEverywhere }: SanctionInput) => ({
  streamId: streamIdOf({ streamId }),
  userId: uuidOf('User', userId, ['input', 'userId']),
  isEverywhere,
})

export const StreamSanction = {
  id: ({ id }) => globalId('StreamSanction', id),
  userId: ({ userId }) => globalId('User', userId),
  user: ({ userId }, _args, context) => findVisibleUser(userId, context),
  stream: ({ streamId }, _args, context) => (streamId === null ? null : findStreamNode(streamId, context)),
  isEverywhere: ({ streamId }) => streamId === null,
} satisfies Partial<StreamSanctionResolvers>

export const Viewer = {
  streamSanctions: async ({ userId }, args, { db, now }) => {
    const page = checkedPage(args, { list: 'streamSanctions', of: userId }, ['time', 'uuid'])
    const rows = await listSanctions(db, userId, page, now)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

/** A sanction as `node` finds it: of the viewer's own streams, also where it was lifted. */
export const findSanctionNode = (id: string, { loaders }: StreamsAsking): Promise<SanctionRow | null> =>
  loaders.sanction.load(id)
