// npm run demo:scale -- --users N: adds N made-up people to DATABASE_URL's database, or to the embedded one.
import { parseArgs } from 'node:util'
import { setup } from './setup.mjs'

if (process.env.NODE_ENV === 'production') {
  console.error('demo:scale does not run in production: it fills the database with made-up people.')
  process.exit(1)
}
const { values } = parseArgs({ options: { users: { type: 'string' } } })
if (!/^[1-9]\d*$/.test(values.users ?? '')) {
  console.error('usage: npm run demo:scale -- --users N')
  process.exit(2)
}

await setup({ build: true })
const [{ readConfig }, { Readiness }, { openPlatform }, { scaleDemo }] = await Promise.all(
  ['env', 'api/http/health', 'platform', 'demo/scale'].map((module) => import(`../dist/${module}.js`)),
)
const { signal } = new AbortController()
const config = { ...readConfig(), storesLogs: false }
const platform = await openPlatform({
  config,
  service: 'demo-scale',
  readiness: new Readiness(),
  say: console.log,
  signal,
})
try {
  const { users, follows, seconds } = await scaleDemo(platform.services.database.db, Number(values.users), console.log)
  console.log(`added ${users} people and ${follows} follows in ${seconds.toFixed(1)} s`)
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error)
  process.exitCode = 1
} finally {
  await platform.close()
}
