import { Readiness } from './api/http/health.js'
import { readConfig } from './env.js'
import { jobHandlersWith } from './job-handlers.js'
import { eventHandlers } from './event-handlers.js'
import type { Ending } from './lifecycle.js'
import { configureLog, log } from './lib/log.js'
import { startRelay } from './lib/relay.js'
import { enqueueUpkeep } from './lib/upkeep.js'
import { startWorker } from './lib/worker.js'
import type { JobWorker } from './lib/worker.js'
import { openPlatform } from './platform.js'
import type { Platform } from './platform.js'

/** `npm run worker`: runs jobs, beside servers with `JOBS=off` or to help those that run their own. */
export async function runWorker({ signal, onEnd }: Ending): Promise<void> {
  const config = readConfig()
  configureLog(config.logLevel)
  const say = (line: string): void => log.info(line)
  const platform = await openPlatform({ config, service: 'worker', readiness: new Readiness(), say, signal })
  const worker = await openWorker(platform)
  onEnd(async () => {
    await worker.stop()
    await platform.close()
  })
  log.info('ready to run jobs')
}

/** Relays events and runs jobs over an open platform, the upkeep first. */
export async function openWorker({ services, jobs }: Platform): Promise<JobWorker> {
  const worker = await startWorker(services.database, jobHandlersWith(services), jobs)
  await enqueueUpkeep(jobs)
  const relay = startRelay(services.database, services.bus, eventHandlers)
  return {
    stop: async () => {
      await relay.stop()
      await worker.stop()
    },
  }
}
