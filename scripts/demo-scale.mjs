// npm run demo:scale -- --users N: adds N made-up people, and what they publish, like and say, to DATABASE_URL's database or
// to the embedded one. --posts, --likes and --comments say how many of those; otherwise they go by the number of people.
import { parseArgs } from 'node:util'
import { setup } from './setup.mjs'

if (process.env.NODE_ENV === 'production') {
  console.error('demo:scale does not run in production: it fills the database with made-up people.')
  process.exit(1)
}
const NAMES = ['users', 'posts', 'likes', 'comments']
const { values } = parseArgs({ options: Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }])) })
const given = Object.entries(values)
if (values.users === undefined || given.some(([, value]) => !/^\d+$/.test(String(value)))) {
  console.error('usage: npm run demo:scale -- --users N [--posts N] [--likes N] [--comments N]')
  process.exit(2)
}
const size = Object.fromEntries(given.map(([name, value]) => [name, Number(value)]))

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
  const { seconds, ...made } = await scaleDemo(platform.services.database.db, size, console.log)
  const all = Object.entries(made).map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
  console.log(`added ${all.join(', ')} in ${Math.ceil(seconds)} s`)
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error)
  process.exitCode = 1
} finally {
  await platform.close()
}
