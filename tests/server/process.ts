import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { until } from '../support/until.js'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
/** A server that starts says how far it is: for so long it is silent, even on a busy machine. */
const SILENCE_MS = 120_000
/** Long enough to draw the demo world on a busy machine. */
export const READY_TIMEOUT_MS = 600_000

/** A server process of its own, as `npm start` would run it. */
export interface ServerProcess {
  readonly child: ChildProcess
  /** Everything printed so far. */
  readonly output: () => string
  /** Waits until it serves; answers the API's address. */
  ready(): Promise<string>
  /** Sends a signal, waits for the end, and answers the exit code; null when a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  readonly ended: Promise<number | null>
}

/** Starts the server with these variables and nothing of this process's own. */
export function startProcess(environment: Readonly<Record<string, string>>, ...args: readonly string[]): ServerProcess {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    env: { ...inherited, PORT: '0', ...environment },
  })
  let output = ''
  let saidAt = performance.now()
  const hear = (chunk: Buffer): void => {
    output += chunk.toString()
    saidAt = performance.now()
  }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', hear)
  let exitCode: number | null | undefined
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve((exitCode = code))))
  const readyUrl = (): string | undefined => /ready (http:\/\/[^\s"]+)/.exec(output)?.[1]
  return {
    child,
    output: () => output,
    ended,
    ready: async () => {
      const isSilent = (): boolean => performance.now() - saidAt > SILENCE_MS
      await until(() => readyUrl() !== undefined || exitCode !== undefined || isSilent(), READY_TIMEOUT_MS)
      const url = readyUrl()
      const end = exitCode === undefined ? 'says nothing any more' : `ended with ${String(exitCode)}`
      if (url === undefined) throw new Error(`the server ${end}:\n${output}`)
      return url
    },
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}
