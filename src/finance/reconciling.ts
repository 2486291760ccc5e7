import { createHash } from 'node:crypto'
import { findLedgerProblems } from '../ledger/ledger.js'
import { DAY_MS, HOUR_MS, addMs } from '../lib/clock.js'
import { databaseNow, transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import { isUuid } from '../lib/ids.js'
import { insertCase } from '../payments/payments.js'
import type { Movement, MovementKind, Processor, Span } from '../processors/types.js'
import { listOwn, listOwnWithin } from './queries.js'
import type { OwnMovement } from './queries.js'

/** How far back the books are compared; each night again, so that one that was missed is made up for. */
const SPAN_MS = 3 * DAY_MS
/** What is younger may be on its way between the two. */
const MARGIN_MS = HOUR_MS
const KINDS: readonly MovementKind[] = ['CHARGE', 'REFUND', 'PAYOUT']

/** How two books differ about one thing. */
type Difference = 'unknown_here' | 'unknown_there' | 'ended_otherwise' | 'another_amount'

/**
 * Opens a case for everything about which the processor's books and ours differ, and for everything at which ours do not add up.
 * Nothing is corrected: a person decides. Found again, it is the same case.
 * @throws ProcessorUnavailable, for the job to be tried again
 */
export async function reconcile(origin: Origin, processor: Processor): Promise<void> {
  await reportDrift(origin)
  const now = await databaseNow(origin.db)
  const span = { from: addMs(now, -SPAN_MS), to: addMs(now, -MARGIN_MS) }
  for (const kind of KINDS) await compare(origin, processor, kind, span)
}

async function reportDrift(origin: Origin): Promise<void> {
  for (const { problem, id } of await findLedgerProblems(origin.db)) {
    const reference = `drift:${createHash('sha256').update(problem).digest('hex').slice(0, 16)}:${id}`
    await transaction(origin, (tx, now) =>
      insertCase(tx, { kind: 'LEDGER_DRIFT', reference, details: { problem, id } }, now),
    )
  }
}

async function compare(origin: Origin, processor: Processor, kind: MovementKind, span: Span): Promise<void> {
  const seen = new Set<string>()
  for (let after: string | null = null; ;) {
    const { movements, next } = await processor.listMovements(kind, span, after)
    const own = await ownOf(origin, processor, kind, movements)
    for (const theirs of movements) {
      const ours = own(theirs)
      for (const name of [theirs.reference, ours?.id]) if (name) seen.add(name)
      const difference = differenceOf(kind, theirs, ours)
      if (difference) await report(origin, kind, difference, theirs, ours)
    }
    if (next === null) break
    after = next
  }
  // at the edges of the span the two may have been begun on either side of it
  const inner = { from: addMs(span.from, MARGIN_MS), to: addMs(span.to, -MARGIN_MS) }
  for (let after: string | null = null; ;) {
    const own: OwnMovement[] = await listOwnWithin(origin.db, kind, { processor: processor.name, span: inner, after })
    for (const ours of own) if (!seen.has(ours.id)) await report(origin, kind, 'unknown_there', null, ours)
    after = own.at(-1)?.id ?? null
    if (after === null) return
  }
}

/** Ours by what the processor calls it, or by what we called it there. */
async function ownOf(
  { db }: Origin,
  { name }: Processor,
  kind: MovementKind,
  movements: readonly Movement[],
): Promise<(theirs: Movement) => OwnMovement | null> {
  const ids = movements.flatMap(({ ownId }) => (ownId !== null && isUuid(ownId) ? [ownId] : []))
  const references = movements.map(({ reference }) => reference)
  const own = await listOwn(db, kind, { processor: name, references, ids })
  const byName = new Map(own.flatMap((one) => [[one.id, one] as const, [one.reference ?? one.id, one] as const]))
  return ({ reference, ownId }) => byName.get(reference) ?? byName.get(ownId ?? '') ?? null
}

function differenceOf(kind: MovementKind, theirs: Movement, ours: OwnMovement | null): Difference | null {
  if (!ours) return theirs.state === 'SUCCEEDED' ? 'unknown_here' : null
  const isOpposite = theirs.state !== ours.state && theirs.state !== 'OPEN' && ours.state !== 'OPEN'
  // what has left for a creator may still be on its way
  const isUntold = theirs.state === 'SUCCEEDED' && ours.state === 'OPEN' && kind !== 'PAYOUT'
  if (isOpposite || isUntold) return 'ended_otherwise'
  const { amountMinor, currency } = theirs.amount
  return amountMinor === ours.amountMinor && currency === ours.currency ? null : 'another_amount'
}

const report = (
  origin: Origin,
  kind: MovementKind,
  difference: Difference,
  theirs: Movement | null,
  ours: OwnMovement | null,
): Promise<void> =>
  transaction(origin, (tx, now) =>
    insertCase(
      tx,
      {
        kind: 'PROCESSOR_MISMATCH',
        reference: `reconcile:${kind.toLowerCase()}:${difference}:${theirs?.reference ?? ours?.id ?? ''}`,
        creatorId: ours?.creatorId ?? null,
        paymentIntentId: ours?.paymentIntentId ?? null,
        details: {
          difference,
          kind,
          theirs: theirs && { ...theirs, amount: undefined, ...toText(theirs.amount) },
          ours: ours && { id: ours.id, reference: ours.reference, state: ours.state, ...toText(ours) },
        },
      },
      now,
    ),
  )

const toText = ({ amountMinor, currency }: { readonly amountMinor: bigint; readonly currency: string }) => ({
  amountMinor: amountMinor.toString(),
  currency,
})
