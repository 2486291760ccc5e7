import { Alarm } from '../lib/alarm.js'
import type { Bus } from '../lib/bus.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { begin, followState } from '../lib/sources.js'
import type { Source } from '../lib/sources.js'
import { listMassMessagesById } from './mass-queries.js'
import { MASS_TOPIC } from './types.js'
import type { MassMessageRow } from './types.js'

/** Who follows a mass message, and until when. */
export interface Following {
  readonly id: string
  readonly creatorId: string
  readonly signal: AbortSignal
}

const markOf = ({ state, sentCount, skippedCount }: MassMessageRow): string =>
  [state, sentCount, skippedCount].join(' ')

const isLast = ({ state }: MassMessageRow): boolean => state !== 'SCHEDULED' && state !== 'SENDING'

/**
 * A mass message as it is, now and whenever it went a step further: states, not steps. Ends with the signal, and once it is sent,
 * cancelled or taken back.
 * @throws NOT_FOUND node_not_found
 */
export const progressOf = (db: Db, bus: Bus, following: Following): Promise<AsyncIterable<MassMessageRow>> =>
  begin(steps(db, bus, following), following.signal)

async function* steps(db: Db, bus: Bus, { id, creatorId, signal }: Following): Source<MassMessageRow> {
  const alarm = new Alarm(signal)
  const stop = bus.onSignal(MASS_TOPIC, id, () => {
    alarm.ring()
  })
  try {
    const look = async (): Promise<MassMessageRow> => {
      const [mass] = await listMassMessagesById(db, creatorId, [id])
      if (!mass) throw new AppError('NOT_FOUND', 'node_not_found', 'No such MassMessage.', { path: ['massMessageId'] })
      return mass
    }
    yield* followState({ look, markOf, isLast, alarm })
  } finally {
    stop()
  }
}
