// npm run check:ledger: proves the invariants of money (src/ledger/problem-queries.ts) in DATABASE_URL's database or in the embedded
// one. Changes nothing; ends with 1 where something does not add up, and says what.
import { setup } from './setup.mjs'

await setup({ build: true })
const [{ readConfig }, { Readiness }, { openPlatform }, { findLedgerProblems }] = await Promise.all(
  ['env', 'api/http/health', 'platform', 'ledger/ledger'].map((module) => import(`../dist/${module}.js`)),
)
const platform = await openPlatform({
  config: { ...readConfig(), storesLogs: false },
  service: 'check-ledger',
  readiness: new Readiness(),
  say: () => undefined,
  signal: new AbortController().signal,
})
try {
  const problems = await findLedgerProblems(platform.services.database.db)
  for (const { problem, id } of problems) console.error(`${problem}: ${id}`)
  console.log(problems.length === 0 ? 'the ledger adds up' : `${problems.length} breaches; 1000 are told at most`)
  process.exitCode = problems.length === 0 ? 0 : 1
} finally {
  await platform.close()
}
