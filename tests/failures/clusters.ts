import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionUrl } from '../../src/lib/migrations/adapter.js'
import { startEmbeddedPostgres } from '../../src/lib/postgres/embedded.js'
import type { EmbeddedPostgres } from '../../src/lib/postgres/embedded.js'

/** A PostgreSQL of a test's own, to be stopped, killed and started again. */
export interface Cluster {
  /** The owner's way into the database `name`, whether or not the server runs. */
  url(name: string): string
  /** Ends it as an operator would: connections are broken, what was committed is written. */
  stop(): Promise<void>
  /** Ends it as a crash would: no process of it says goodbye. */
  kill(): void
  /** Starts it on the port it had. */
  start(): Promise<void>
  /** Stops it, and removes its files. */
  remove(): Promise<void>
}

/** Makes and starts a cluster; what it says is committed is on the disk, as in production. */
export async function openCluster(): Promise<Cluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'cluster-'))
  let running: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, settings: { max_connections: '60' } })
  const first = running.url
  const port = Number(new URL(first).port)
  const pidFile = join(dataDir, 'postgres/cluster/postmaster.pid')
  const folder = realpathSync(join(dataDir, 'postgres'))
  const stop = (): Promise<void> => running.stop()
  return {
    url: (name) => connectionUrl(first, name),
    stop,
    kill: () => {
      const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0
      // 0 would be the group of this very process
      if (pid > 1) process.kill(pid, 'SIGKILL')
    },
    start: async () => {
      running = await startEmbeddedPostgres({ dataDir, port, settings: { max_connections: '60' } })
    },
    remove: async () => {
      await stop()
      for (const path of [folder, dataDir]) rmSync(path, { recursive: true, force: true })
    },
  }
}
