import { randomUUID } from 'node:crypto'
import { likeContent } from '../../src/comments/likes.js'
import type { Tx } from '../../src/lib/db.js'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import { prepare } from '../../src/lib/sql.js'
import type { SqlPart } from '../../src/lib/sql.js'
import type { BareRequest, BenchPage } from './page.js'

/** A like, never twice the same. */
export const like: BenchPage = {
  name: 'like',
  title: 'likeContent',
  goal: 0.5,
  document: /* GraphQL */ `
    mutation Like($id: ID!) {
      likeContent(input: { contentId: $id }) {
        content {
          id
          likeCount
          viewerHasLiked
        }
        userErrors {
          code
        }
      }
    }
  `,
  isWrite: true,
  asked: ({ likable, viewers }, index) => {
    // of two who like at the same time no two like the same post; in the next round each likes the next
    const uuid = likable[(index + Math.floor(index / viewers.length)) % likable.length] ?? ''
    return { id: globalId('Content', uuid) }
  },
  isWhole: ({ likeContent: { content } }) => (content as { viewerHasLiked: boolean }).viewerHasLiked,
  bare: async (request, { id = '' }) => {
    const { uuid = '' } = parseGlobalId(id) ?? {}
    const content = await inTransaction(request, (tx, now) =>
      likeContent(tx, { viewer: request.viewer, config: { ageGate: 'content' } as never }, uuid, {
        ...request.reading,
        now,
      }),
    )
    const { likeCount, viewerHasLiked } = content
    return { likeContent: { content: { id, likeCount, viewerHasLiked }, userErrors: [] } }
  },
}

/** The statements of `transaction`, on one client of the pool. */
async function inTransaction<T>({ pool, viewerId }: BareRequest, work: (tx: Tx, now: Date) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    const sql = async (strings: TemplateStringsArray, ...parts: SqlPart[]) =>
      (await client.query(prepare(strings, parts))).rows as unknown[]
    const tx = { sql } as unknown as Tx
    await client.query('begin')
    const [row] = (await sql`/* bench.begin */
      with time as materialized (select app_now() as now)
      select now, set_config('app.now', now::text, true), set_config('app.actor_id', ${viewerId ?? ''}, true),
        set_config('app.session_id', '', true), set_config('app.request_id', ${randomUUID()}, true),
        set_config('app.reason', '', true)
      from time`) as { now: Date }[]
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
