import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'

const PROGRAM = ['/usr/bin/redis-server', '/usr/bin/valkey-server'].find((path) => existsSync(path))
let started = 0

/** A Redis or Valkey of a test's own, which keeps nothing. */
export interface TestRedis {
  readonly url: string
  /** Gone at once, as by a power cut. */
  kill(): Promise<void>
  start(): void
}

/** Whether the machine has one; says aloud what is skipped where not. */
export function hasRedis(what: string): boolean {
  if (!PROGRAM) console.warn(`skipped: ${what} (install it with: apt-get install -y redis-server)`)
  return PROGRAM !== undefined
}

export function startRedis(): TestRedis {
  started += 1
  const port = 16_000 + ((process.pid * 7 + started) % 8_000)
  let server: ChildProcess | null = null
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${String(port)}`,
    kill: () =>
      new Promise((resolve) => {
        if (!server) resolve()
        server?.once('exit', () => {
          resolve()
        })
        server?.kill('SIGKILL')
        server = null
      }),
    start: () => {
      server = spawn(PROGRAM ?? '', ['--port', String(port), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
    },
  }
  redis.start()
  return redis
}
