// npm run check:ledger: proves the invariants of money (prisma/check-ledger.sql) in DATABASE_URL's database or in the embedded
// one. Changes nothing; ends with 1 where something does not add up, and says what.
import { readFileSync } from 'node:fs'
import { setup } from './setup.mjs'

await setup({ build: true })
const [{ readConfig }, { Readiness }, { openPlatform }] = await Promise.all(
  ['env', 'api/http/health', 'platform'].map((module) => import(`../dist/${module}.js`)),
)
const platform = await openPlatform({
  config: { ...readConfig(), storesLogs: false },
  service: 'check-ledger',
  readiness: new Readiness(),
  say: () => undefined,
  signal: new AbortController().signal,
})
try {
  const { rows } = await platform.services.database.pool.query(
    readFileSync(new URL('../prisma/check-ledger.sql', import.meta.url), 'utf8'),
  )
  for (const { problem, id } of rows) console.error(`${problem}: ${id}`)
  console.log(rows.length === 0 ? 'the ledger adds up' : `${rows.length} breaches`)
  process.exitCode = rows.length === 0 ? 0 : 1
} finally {
  await platform.close()
}
