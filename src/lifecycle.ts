import { MigrationError } from './lib/migrations/history.js'
import { ConfigError } from './env.js'
import { KeysRefused } from './keys/keys.js'
import { monotonicMs } from './lib/clock.js'
import { log } from './lib/log.js'
import { TIMEOUTS } from './lib/timeouts.js'

/** A terminal's interrupt reaches us twice, once by itself and once through npm; later ones are the person's. */
const SAME_SIGNAL_MS = 500
const FORCED_EXIT_CODE = 130

/** What ends a process in order, and what tells it to begin. */
export interface Ending {
  /** Aborted by the first signal, or by an error that nobody caught. */
  readonly signal: AbortSignal
  /** Has `drain` run when the end comes; the process exits after it, or after 15 s whatever is under way. */
  readonly onEnd: (drain: () => Promise<void>) => void
  /** Says why the process cannot start, for a person where the reason is theirs to mend, and ends it with 1. */
  readonly refuseToStart: (error: unknown) => void
}

/**
 * Listens to SIGTERM and SIGINT, and to errors that nobody caught, for which the process ends with 1. A second signal ends it
 * at once.
 */
export function listenForEnd(): Ending {
  const controller = new AbortController()
  let drain = (): Promise<void> => Promise.resolve()
  let startedMs: number | null = null
  const begin = (why: string, exitCode: number): void => {
    if (startedMs !== null) {
      if (monotonicMs() - startedMs > SAME_SIGNAL_MS) process.exit(FORCED_EXIT_CODE)
      return
    }
    startedMs = monotonicMs()
    if (exitCode === 0) log.info({ why }, 'stopping')
    controller.abort(new Error(`stopped by ${why}`))
    void finish(drain, exitCode)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => begin(signal, 0))
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'an error that nobody caught')
    begin(origin, 1)
  })
  return {
    signal: controller.signal,
    onEnd: (work) => {
      drain = work
    },
    refuseToStart: (error) => {
      // whoever stopped us while we started knows why we did not
      if (controller.signal.aborted) return
      tellWhy(error)
      begin('a failed start', 1)
    },
  }
}

async function finish(drain: () => Promise<void>, exitCode: number): Promise<never> {
  setTimeout(() => {
    log.error({ afterMs: TIMEOUTS.drainMs }, 'stopping took too long')
    process.exit(1)
  }, TIMEOUTS.drainMs - SAME_SIGNAL_MS).unref()
  try {
    await drain()
    if (exitCode === 0) log.info('stopped')
  } catch (error) {
    log.error({ err: error }, 'stopping failed')
    process.exit(1)
  }
  process.exit(exitCode)
}

function tellWhy(error: unknown): void {
  const isTheirs = error instanceof ConfigError || error instanceof MigrationError || error instanceof KeysRefused
  if (isTheirs || isInUse(error)) process.stderr.write(`${error.message}\n`)
  else log.fatal({ err: error }, 'the start failed')
}

const isInUse = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
