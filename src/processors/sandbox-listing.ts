import type { Db } from '../lib/db.js'
import { toMoney } from './sandbox-books.js'
import type { Charge, Payout, Refund } from './sandbox-books.js'
import { listEntriesWithin } from './sandbox-queries.js'
import type { Movement, MovementKind, Movements, Span } from './types.js'

const PART = 100
const STATES: Readonly<Record<string, Movement['state']>> = {
  SUCCEEDED: 'SUCCEEDED',
  PAID: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELED: 'FAILED',
}

/** A part of the sandbox's own books. */
export async function listMovements(db: Db, kind: MovementKind, span: Span, after: string | null): Promise<Movements> {
  const entries = await listEntriesWithin<Charge | Refund | Payout>(db, kind, span, { after, limit: PART })
  return {
    movements: entries.map((entry) => ({
      reference: entry.id,
      ownId: ownIdOf(entry.data),
      amount: toMoney(entry.data.amount),
      state: STATES[entry.state] ?? 'OPEN',
    })),
    next: entries.length === PART ? (entries.at(-1)?.id ?? null) : null,
  }
}

function ownIdOf(data: (Charge | Refund | Payout)['data']): string | null {
  if ('intentId' in data) return data.intentId
  return 'payoutId' in data ? data.payoutId : data.refundId
}
