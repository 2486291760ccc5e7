import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

export const ROOT = join(import.meta.dirname, '..')
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 20_000
const COLLECT_MS = 3_000

/** A server in a process of its own. */
export interface Child {
  /** `http://127.0.0.1:PORT`, as it printed it. */
  readonly origin: string
  /** Has it let go of what it does not use any more, where it was started with `COLLECTING`. */
  collectGarbage(): Promise<void>
  /** Ends it as a deployment would; kills it when it does not end. */
  stop(): Promise<void>
}

/** Arguments by which a server collects its garbage when it is told to. */
export const COLLECTING = ['--expose-gc', '--import', join(ROOT, 'bench/collecting.mjs')]

/** Starts a server and waits for its line `ready http://…`. @throws Error with what it printed when the line does not come */
export async function startChild(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Child> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await untilReady(child, args)
  return {
    origin: new URL(url).origin,
    collectGarbage: async () => {
      child.kill('SIGUSR2')
      await sleep(COLLECT_MS)
    },
    stop: async () => {
      if (child.exitCode !== null) return
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      child.kill('SIGTERM')
      await once(child, 'exit')
      clearTimeout(killer)
    },
  }
}

async function untilReady(child: ChildProcess, args: readonly string[]): Promise<string> {
  const printed: string[] = []
  const killer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  try {
    if (child.stdout)
      for await (const line of createInterface({ input: child.stdout })) {
        printed.push(line)
        const url = /^ready (http:\S+)/.exec(line)?.[1]
        if (url !== undefined) return url
      }
    throw new Error(`${args.join(' ')} did not start:\n${printed.join('\n')}`)
  } finally {
    clearTimeout(killer)
    // what it prints later must not fill the pipe
    child.stdout?.resume()
  }
}

/** What a server says of itself in Prometheus's text form. */
export interface Metrics {
  readonly rssBytes: number
  /** What is in use of the heap of JavaScript. */
  readonly heapUsedBytes: number
  readonly sqlStatements: number
  /** Of the process, in user and kernel. */
  readonly cpuSeconds: number
}

export async function readMetrics(origin: string): Promise<Metrics> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  const figure = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  return {
    rssBytes: figure('process_resident_memory_bytes'),
    heapUsedBytes: figure('nodejs_heap_size_used_bytes'),
    sqlStatements: figure('sql_statements_total'),
    cpuSeconds: figure('process_cpu_seconds_total'),
  }
}
