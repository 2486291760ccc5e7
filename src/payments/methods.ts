import { createHash } from 'node:crypto'
import { record } from '../audit/audit.js'
import { holdActor } from '../accounts/accounts.js'
import { keyedHash } from '../keys/keys.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently, rememberedAnswer } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { emit } from '../lib/events.js'
import { HOUR_MS, SECOND_MS } from '../lib/clock.js'
import type { RateLimit } from '../lib/rate.js'
import type { Viewer } from '../lib/viewer.js'
import { ProcessorUnavailable } from '../processors/processors.js'
import type { Decline, SavedMethod } from '../processors/types.js'
import { askProcessor } from './asking.js'
import {
  countMethods,
  findCustomer,
  findMethod,
  insertCustomer,
  insertMethod,
  makeDefault,
  removeMethod,
} from './method-queries.js'
import { DEFAULT_METHOD_CHANGED, paymentsOf } from './types.js'
import type { PaymentServices } from './types.js'

/** Ways to pay that are kept for one person. */
export const MAX_METHODS = 20
/** Whoever tries out stolen cards saves many of them. */
export const NEW_METHODS: RateLimit = { name: 'payments.methods', points: 20, windowSeconds: HOUR_MS / SECOND_MS }
const MAX_TOKEN_LENGTH = 200
const PATH = ['input', 'token']

/**
 * Saves a way to pay, once under its key. The processor is asked outside any transaction, under a key made of person, idempotency
 * key and token, so that a retry saves the same one. Audited.
 * @throws INVALID payment_declined; CONFLICT too_many_payment_methods, idempotency_mismatch; UNAVAILABLE service_unavailable
 */
export async function addPaymentMethod(
  origin: Origin,
  services: PaymentServices,
  viewer: Viewer,
  { token, idempotencyKey }: { readonly token: string; readonly idempotencyKey: string },
): Promise<Remembered<{ methodId: string }>> {
  if (!/^[\x21-\x7e]+$/.test(token) || token.length > MAX_TOKEN_LENGTH)
    throw new AppError('INVALID', 'invalid_input', 'This is no token of a payment method.', { path: PATH })
  const tokenIndex = Buffer.from(keyedHash('payment_method', token)).toString('hex')
  const call = { scope: viewer.userId, mutation: 'addPaymentMethod', key: idempotencyKey, request: { tokenIndex } }
  const known = await rememberedAnswer<{ methodId: string }>(origin.db, call)
  if (known) return { answer: known, replayed: true }
  const key = createHash('sha256').update(`${viewer.userId}:${idempotencyKey}:${token}`).digest('hex')
  const customer = await ensureCustomer(origin, services, viewer)
  const saved = await askProcessor(() => services.processor.saveMethod({ customer, token, key }), refused)
  return transaction(origin, (tx, now) =>
    idempotently(tx, call, now, async () => ({ methodId: await keepMethod(tx, services, viewer, saved, now) })),
  )
}

const refused = ({ code, declineClass, reason: message }: Decline): AppError =>
  new AppError('INVALID', 'payment_declined', message, { path: PATH, decline: { code, declineClass, message } })

async function ensureCustomer(origin: Origin, { processor }: PaymentServices, { userId }: Viewer): Promise<string> {
  const known = await findCustomer(origin.db, userId, processor.name)
  if (known) return known
  const { reference } = await processor.createCustomer({ userId, key: `customer:${userId}` })
  await transaction(origin, (tx, now) => insertCustomer(tx, { userId, processor: processor.name, reference }, now))
  return (await findCustomer(origin.db, userId, processor.name)) ?? reference
}

async function keepMethod(
  tx: Tx,
  { processor }: PaymentServices,
  { userId }: Viewer,
  saved: SavedMethod,
  now: Date,
): Promise<string> {
  await holdActor(tx, userId, now)
  const fingerprintIndex = saved.fingerprint ? keyedHash('payment_method', saved.fingerprint) : null
  const { id, isNew, isDefault } = await insertMethod(
    tx,
    { ...saved, userId, processor: processor.name, fingerprintIndex },
    now,
  )
  if (!isNew) return id
  if ((await countMethods(tx, userId)) > MAX_METHODS)
    throw new AppError('CONFLICT', 'too_many_payment_methods', `At most ${String(MAX_METHODS)} ways to pay are kept.`)
  await recordMethod(tx, { action: 'payment_method.added', id, userId, description: 'A way to pay was saved.' }, now)
  if (isDefault) await emitDefault(tx, userId, now)
  return id
}

/** Forgets a way to pay, here and at the processor. Idempotent. Audited. @throws NOT_FOUND node_not_found */
export async function removePaymentMethod(
  origin: Origin,
  { processor }: PaymentServices,
  viewer: Viewer,
  id: string,
): Promise<void> {
  const removed = await transaction(origin, async (tx, now) => {
    await holdActor(tx, viewer.userId, now)
    const method = await removeMethod(tx, viewer.userId, id, now)
    if (!method) throw noSuchMethod()
    const step = {
      action: 'payment_method.removed',
      id,
      userId: viewer.userId,
      description: 'A way to pay was removed.',
    }
    await recordMethod(tx, step, now)
    if (method.hasNewDefault) await emitDefault(tx, viewer.userId, now)
    return method
  })
  // it is charged no more whatever the processor keeps
  await processor.removeMethod(removed.reference).catch((error: unknown) => {
    if (!(error instanceof ProcessorUnavailable)) throw error
  })
}

/** Takes this way where a payment names none. Idempotent. Audited. @throws NOT_FOUND node_not_found */
export async function setDefaultMethod(tx: Tx, viewer: Viewer, id: string, now: Date): Promise<void> {
  const { userId } = viewer
  await holdActor(tx, userId, now)
  const method = await findMethod(tx, userId, id)
  if (!method) throw noSuchMethod()
  if (method.isDefault) return
  await makeDefault(tx, userId, id)
  const step = { action: 'payment_method.made_default', id, userId, description: 'A way to pay became the default.' }
  await recordMethod(tx, step, now)
  await emitDefault(tx, userId, now)
}

const emitDefault = (tx: Tx, userId: string, now: Date): Promise<bigint> =>
  emit(tx, { stream: paymentsOf(userId), type: DEFAULT_METHOD_CHANGED, payload: { userId } }, now)

const noSuchMethod = (): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such PaymentMethod.', { path: ['input', 'paymentMethodId'] })

const recordMethod = (
  tx: Tx,
  step: { readonly action: string; readonly id: string; readonly userId: string; readonly description: string },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action: step.action,
      category: 'PAYMENT',
      severity: 'LOW',
      subject: { table: 'payment_methods', id: step.id },
      userId: step.userId,
      description: step.description,
    },
    now,
  )
