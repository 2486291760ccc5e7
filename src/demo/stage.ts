import assert from 'node:assert'
import { chargePayment } from '../payments/charging.js'
import type { PaymentServices, PaymentSource } from '../payments/types.js'
import { inPast, transaction } from '../lib/db.js'
import type { Db, Origin, Tx } from '../lib/db.js'
import type { Viewer } from '../lib/viewer.js'
import { Sandbox } from '../processors/processors.js'
import type { Deed } from './deeds.js'
import type { DemoPerson } from './world.js'

const REQUEST_ID = 'demo-money'

/** Where the past is played: everything on it goes by its clock. */
export interface Stage {
  readonly clock: { now: Date }
  readonly db: Db
  readonly sandbox: Sandbox
  readonly services: PaymentServices
  /** Everybody who pays. */
  readonly payerIds: readonly string[]
  /** The payments of deeds, by their names; as are messages and streams. */
  readonly payments: Map<string, string>
  readonly messages: Map<string, string>
  readonly streams: Map<string, string>
}

export function openStage(real: Db, services: PaymentServices, deeds: readonly Deed[]): Stage {
  assert(services.processor instanceof Sandbox, 'what never happened is charged by the sandbox alone')
  const clock = { now: new Date(0) }
  const db = inPast(real, () => clock.now)
  const sandbox = services.processor.inPast(db)
  const payerIds = [...new Set(deeds.flatMap((deed) => ('fan' in deed ? [deed.fan.id] : [])))]
  return {
    clock,
    db,
    sandbox,
    services: { ...services, processor: sandbox },
    payerIds,
    payments: new Map(),
    messages: new Map(),
    streams: new Map(),
  }
}

/** By whom something is written. */
export const originOf = (db: Db, actorId: string | null): Origin => ({
  db,
  actorId,
  sessionId: null,
  requestId: REQUEST_ID,
})

/** Somebody as the verbs see who is signed in. */
export const viewerOf = ({ id, accountType, age }: DemoPerson, now: Date): Viewer => ({
  userId: id,
  sessionId: '',
  role: accountType,
  status: 'ACTIVE',
  isLimited: false,
  hasSecondFactor: true,
  authenticatedAt: now,
  isAgeVerified: age?.status === 'APPROVED',
})

/** Runs a verb as somebody, at the time of the stage. */
export const act = <T>(
  { db }: Stage,
  person: DemoPerson,
  verb: (tx: Tx, viewer: Viewer, now: Date) => Promise<T>,
  reason?: string,
): Promise<T> =>
  transaction({ ...originOf(db, person.id), ...(reason !== undefined && { reason }) }, (tx, now) =>
    verb(tx, viewerOf(person, now), now),
  )

/** How something is paid, and under which key. */
export interface How {
  readonly source: PaymentSource
  readonly idempotencyKey: string
}

/** What every payment has: a verb that writes the intent, and the charge after its commit. */
export async function pay(
  stage: Stage,
  { name, fan, useWallet = false }: { readonly name: string; readonly fan: DemoPerson; readonly useWallet?: boolean },
  verb: (tx: Tx, viewer: Viewer, how: How, now: Date) => Promise<{ readonly answer: { readonly paymentId: string } }>,
): Promise<void> {
  const { db, services, payments } = stage
  const how = { source: { paymentMethodId: null, useWallet, returnUrl: null }, idempotencyKey: keyOf(name) }
  const { answer } = await act(stage, fan, (tx, viewer, now) => verb(tx, viewer, how, now))
  payments.set(name, answer.paymentId)
  await chargePayment(originOf(db, fan.id), services, answer.paymentId, { isPresent: true, returnUrl: null })
}

/** The idempotency key of a deed. */
export const keyOf = (name: string): string => `demo/${name}`

/** What a deed speaks of by its name. */
export function named(known: ReadonlyMap<string, string>, name: string): string {
  const id = known.get(name)
  assert(id, `${name} came before`)
  return id
}
