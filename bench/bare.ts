// The limit that the API is measured against: the same statements on the same pool, behind bare node:http. It does not check
// signatures, limits or rules, and writes the answers by hand.
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { openKeyring, verifyKeys } from '../src/keys/keys.js'
import { readConfig } from '../src/env.js'
import { openDatabase } from '../src/lib/db.js'
import { metrics } from '../src/lib/metrics.js'
import type { Viewer } from '../src/lib/viewer.js'
import { findLiveSession } from '../src/sessions/queries.js'
import type { Asked } from './pages/page.js'
import { PAGES } from './pages/pages.js'

const config = readConfig()
openKeyring(config.masterKeys)
const { db, pool } = openDatabase(config.databaseAppUrl ?? '', { poolSize: config.databasePoolSize })
await verifyKeys(db)

const answers = new Map(PAGES.map(({ name, bare }) => [name, bare]))

/** `Authorization: <session id>`, `GET /<page>?<what is asked>`. */
async function answer({ url = '/', headers }: IncomingMessage): Promise<string> {
  const [name = '', query = ''] = url.slice(1).split('?')
  const { now, row } = await findLiveSession(db, headers.authorization ?? '')
  const viewer = row && ({ userId: row.userId, isAgeVerified: row.isAgeVerified, isLimited: false } as Viewer)
  const viewerId = row?.userId ?? null
  const reading = { viewerId, isAgeVerified: row?.isAgeVerified ?? false, isGated: false, now }
  const asked: Asked = Object.fromEntries(new URLSearchParams(query))
  const data = await answers.get(name)?.({ db, pool, now, viewerId, viewer, reading }, asked)
  return JSON.stringify({ data })
}

const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    void metrics.metrics().then((text) => response.end(text))
    return
  }
  void answer(request).then(
    (body) => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body)
    },
    (error: unknown) => {
      console.error(String(error))
      response.writeHead(500).end(String(error))
    },
  )
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`ready http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}\n`)
})
process.on('SIGTERM', () => process.exit(0))
