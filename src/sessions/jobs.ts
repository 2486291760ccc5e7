import { handle } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { cleanSessions, sendAccountNotice, sendPasswordReset } from './types.js'
import { clean, mailAccountNotice, mailPasswordReset } from './upkeep.js'

export const jobs: JobHandler[] = [
  handle(sendPasswordReset, ({ userId }, services, jobId) => mailPasswordReset(services, userId, jobId)),
  handle(sendAccountNotice, (payload, services, jobId) => mailAccountNotice(services, payload, jobId)),
  handle(cleanSessions, (_payload, { db }, jobId) => clean(db, jobId), { cron: '17 * * * *' }),
]
