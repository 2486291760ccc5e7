import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { lookAhead, rankAllCreators, scoreRecentPosts } from './ranking.js'
import { lookAheadJob, rankCreatorsJob, scorePostsJob } from './types.js'

/** What this domain does in the background. */
export const jobs: readonly JobHandler[] = [
  handle(lookAheadJob, (_payload, services, jobId) => lookAhead(jobOrigin(services, jobId)), { cron: '* * * * *' }),
  handle(scorePostsJob, (_payload, services, jobId) => scoreRecentPosts(jobOrigin(services, jobId)), {
    cron: '*/5 * * * *',
  }),
  handle(rankCreatorsJob, (_payload, services, jobId) => rankAllCreators(jobOrigin(services, jobId)), {
    cron: '*/10 * * * *',
  }),
]
