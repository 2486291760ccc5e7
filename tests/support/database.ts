import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { connectionUrl, withClient } from '../../src/lib/migrations/adapter.js'
import { openDatabase } from '../../src/lib/db.js'
import type { Database } from '../../src/lib/db.js'
import { appDatabaseUrl } from './global-setup.js'

/** A database of a test file's own: opened as the server would, and as the owner. */
export interface TestDatabase extends Database {
  readonly name: string
  readonly ownerUrl: string
  readonly appUrl: string
  /** A plain connection of the owner's: looks at rows past Prisma, and sets the clock. */
  readonly owner: pg.Client
  /** Moves the platform's time away from the real one. */
  setClock(offsetMs: number): Promise<void>
  /** Closes and drops it. Refuses while a transaction is still open: a test leaked it. */
  drop(): Promise<void>
}

/** Clones the migrated template; 80 ms, so each file has a clean database and no order to keep. */
export async function testDatabase(options: { readonly poolSize?: number } = {}): Promise<TestDatabase> {
  const server = inject('ownerUrl')
  const template = inject('template')
  const name = `cp_test_${String(inject('runId'))}_${randomBytes(6).toString('hex')}`
  await withClient(server, (owner) => owner.query(`create database "${name}" template "${template}"`))
  const ownerUrl = connectionUrl(server, name)
  const appUrl = appDatabaseUrl(server, template, name)
  const owner = new pg.Client({ connectionString: ownerUrl, options: '-c TimeZone=UTC' })
  await owner.connect()
  const database = openDatabase(appUrl, options)
  return {
    ...database,
    name,
    ownerUrl,
    appUrl,
    owner,
    setClock: async (offsetMs) => {
      await owner.query('update app_clock set offset_ms = $1', [Math.trunc(offsetMs)])
    },
    drop: async () => {
      const leaked = await openTransactions(owner, name)
      await database.close()
      await owner.end()
      await withClient(server, (admin) => admin.query(`drop database if exists "${name}" with (force)`))
      if (leaked.length > 0) throw new Error(`a transaction was left open: ${JSON.stringify(leaked)}`)
    },
  }
}

const LOOKS = 20
const LOOK_EVERY_MS = 100

/** Transactions that nobody ends; one that is about to be rolled back is given the time for it. */
async function openTransactions(owner: pg.Client, name: string): Promise<unknown[]> {
  for (let look = 1; ; look += 1) {
    const { rows } = await owner.query(
      `select pid, query from pg_stat_activity where datname = $1 and state like 'idle in transaction%'`,
      [name],
    )
    if (rows.length === 0 || look === LOOKS) return rows
    await sleep(LOOK_EVERY_MS)
  }
}
