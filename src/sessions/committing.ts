import type { Origin, Tx } from '../lib/db.js'
import { transaction } from '../lib/db.js'
import { AppError } from '../lib/errors.js'

/**
 * A transaction whose refusals are kept: an AppError that `work` returns is thrown once everything is committed, so that a
 * wrong password or a stolen token leaves its audit row, its counted try, its ended session. One that `work` throws undoes
 * everything, as everywhere.
 */
export async function committing<T>(origin: Origin, work: (tx: Tx, now: Date) => Promise<T | AppError>): Promise<T> {
  const outcome = await transaction(origin, work)
  if (outcome instanceof AppError) throw outcome
  return outcome
}

/** The same request, now that it is known who makes it: what it writes is theirs. */
export const actingAs = (origin: Origin, userId: string): Origin => ({ ...origin, actorId: userId })
