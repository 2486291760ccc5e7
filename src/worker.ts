import { Readiness } from './api/http/health.js'
import { readConfig } from './env.js'
import { jobHandlers } from './job-handlers.js'
import type { Ending } from './lifecycle.js'
import { configureLog, log } from './lib/log.js'
import { startWorker } from './lib/worker.js'
import { openPlatform } from './platform.js'

/** `npm run worker`: runs jobs, beside servers with `JOBS=off` or to help those that run their own. */
export async function runWorker({ signal, onEnd }: Ending): Promise<void> {
  const config = readConfig()
  configureLog(config.logLevel)
  const say = (line: string): void => log.info(line)
  const platform = await openPlatform({ config, service: 'worker', readiness: new Readiness(), say, signal })
  const worker = await startWorker(platform.services.database, jobHandlers, platform.jobs)
  onEnd(async () => {
    await worker.stop()
    await platform.close()
  })
  log.info('ready to run jobs')
}
