import { Alarm } from '../lib/alarm.js'
import type { Bus } from '../lib/bus.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { listMassMessagesById } from './mass-queries.js'
import { MASS_TOPIC } from './types.js'
import type { MassMessageRow } from './types.js'

/**
 * A mass message as it is, now and whenever it went a step further: states, not steps. Ends with the signal, and once it is sent,
 * cancelled or taken back.
 * @throws NOT_FOUND node_not_found
 */
export async function* progressOf(
  db: Db,
  bus: Bus,
  { id, creatorId, signal }: { readonly id: string; readonly creatorId: string; readonly signal: AbortSignal },
): AsyncGenerator<MassMessageRow> {
  const alarm = new Alarm(signal)
  const stop = bus.onSignal(MASS_TOPIC, id, () => {
    alarm.ring()
  })
  try {
    let told = ''
    do {
      const [mass] = await listMassMessagesById(db, creatorId, [id])
      if (!mass) throw new AppError('NOT_FOUND', 'node_not_found', 'No such MassMessage.', { path: ['massMessageId'] })
      const state = [mass.state, mass.sentCount, mass.skippedCount].join(' ')
      if (state !== told) yield mass
      told = state
      if (mass.state !== 'SCHEDULED' && mass.state !== 'SENDING') return
    } while (await alarm.next())
  } finally {
    stop()
  }
}
