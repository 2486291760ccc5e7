import { record } from '../audit/audit.js'
import { holdActor, noSuchUser } from '../accounts/accounts.js'
import { DEFAULT_FEE_BASIS_POINTS } from '../ledger/ledger.js'
import type { SaleType, TransactionType } from '../ledger/types.js'
import type { Db, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Viewer } from '../lib/viewer.js'
import { endRate, holdRates, insertRate, isCreator, listRates } from './queries.js'
import type { FeeRateRow } from './types.js'

const SALES: readonly SaleType[] = ['SUBSCRIPTION', 'TIP', 'CONTENT_PURCHASE', 'MESSAGE_PURCHASE', 'STREAM_ACCESS']
const WHOLE_BASIS_POINTS = 10_000

/** What the platform keeps of a creator's sales from `now` on, or of anybody's: one rate per kind. */
export async function getRates(db: Db, creatorId: string | null, now: Date): Promise<FeeRateRow[]> {
  const rates = await listRates(db, creatorId, now)
  return SALES.map((type) => {
    const all = rates.filter((rate) => rate.type === type)
    const rate = all.find((each) => each.creatorId !== null) ?? all[0]
    return rate
      ? { type, basisPoints: rate.basisPoints, isOwn: rate.creatorId !== null, validFrom: rate.validFrom }
      : { type, basisPoints: DEFAULT_FEE_BASIS_POINTS, isOwn: false, validFrom: null }
  })
}

/** What the platform shall keep of which sales. */
export interface RateOrder {
  /** Null for everybody. */
  readonly creatorId: string | null
  readonly type: TransactionType
  /** Null to end what was agreed. */
  readonly basisPoints: number | null
  readonly reason: string
  readonly idempotencyKey: string
}

/**
 * Sets a rate for sales from now on: the one before ends, and stays on record beside what was sold at it. Idempotent under
 * the key. Audited.
 * @throws NOT_FOUND node_not_found; INVALID invalid_input; FORBIDDEN account_limited
 */
export async function setRate(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...order }: RateOrder,
  now: Date,
): Promise<Remembered<{ creatorId: string | null }>> {
  const call = { scope: viewer.userId, mutation: 'setFeeRate', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    const { creatorId, basisPoints } = order
    await holdActor(tx, viewer.userId, now)
    const type = checkedSale(order.type)
    if (basisPoints !== null && (basisPoints < 0 || basisPoints > WHOLE_BASIS_POINTS))
      throw invalid('A rate is from 0 to 10000.', 'basisPoints')
    if (creatorId !== null && !(await isCreator(tx, creatorId))) throw noSuchUser(['input', 'creatorId'])
    await holdRates(tx)
    const ended = await endRate(tx, { creatorId, type }, now)
    const validFrom = ended && ended.endedAt > now ? ended.endedAt : now
    const id =
      basisPoints === null
        ? ended?.id
        : await insertRate(tx, { creatorId, type, basisPoints, validFrom, createdById: viewer.userId }, now)
    if (id) await recordRate(tx, viewer, { ...order, id, before: ended?.basisPoints ?? null }, now)
    return { creatorId }
  })
}

function checkedSale(type: TransactionType): SaleType {
  const sale = SALES.find((each) => each === type)
  if (!sale) throw invalid('Nothing is kept of payouts and refunds.', 'type')
  return sale
}

const invalid = (message: string, field: string): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path: ['input', field] })

const recordRate = (
  tx: Tx,
  viewer: Viewer,
  order: Omit<RateOrder, 'idempotencyKey'> & { readonly id: string; readonly before: number | null },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action: 'fee_rate.set',
      category: 'ADMINISTRATIVE',
      severity: 'HIGH',
      subject: { table: 'fee_rates', id: order.id },
      ...(order.creatorId !== null && { userId: order.creatorId }),
      adminId: viewer.userId,
      before: { type: order.type, basisPoints: order.before },
      after: { type: order.type, basisPoints: order.basisPoints },
      description: 'Set what the platform keeps of sales.',
      reason: order.reason,
    },
    now,
  )
