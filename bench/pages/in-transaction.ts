import { randomUUID } from 'node:crypto'
import { sqlOn } from '../../src/lib/db.js'
import type { Tx } from '../../src/lib/db.js'
import type { BareRequest } from './page.js'

/** The statements of `transaction`, on one client of the pool. */
export async function inTransaction<T>(
  { pool, viewerId }: BareRequest,
  work: (tx: Tx, now: Date) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  try {
    const sql = sqlOn(client)
    const tx = { sql, origin: {} } as unknown as Tx
    await client.query('begin')
    const [row] = await sql<{ now: Date }>`/* bench.begin */
      with time as materialized (select app_now() as now)
      select now, set_config('app.now', now::text, true), set_config('app.actor_id', ${viewerId ?? ''}, true),
        set_config('app.session_id', '', true), set_config('app.request_id', ${randomUUID()}, true),
        set_config('app.reason', '', true)
      from time`
    const result = await work(tx, row?.now ?? new Date(0))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
