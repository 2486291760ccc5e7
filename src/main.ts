import { relative } from 'node:path'
import { Readiness } from './api/http/health.js'
import { DEMO_PASSWORD, DEMO_SIGN_INS, seedDemo } from './demo/seed.js'
import { openDoor } from './door.js'
import { readConfig } from './env.js'
import type { Config } from './env.js'
import { configureLog, log } from './lib/log.js'
import { listenForEnd } from './lifecycle.js'
import type { Ending } from './lifecycle.js'
import { openPlatform } from './platform.js'
import { routesBeside } from './routes.js'
import { served } from './served.js'
import { createServer } from './server.js'
import { openWorker, runWorker } from './worker.js'

const ending = listenForEnd()
const start = process.argv.includes('--worker') ? runWorker : runServer
await start(ending).catch(ending.refuseToStart)

/** `npm start`: the API, and jobs beside it unless `JOBS=off`. */
async function runServer({ signal, onEnd }: Ending): Promise<void> {
  const asked = readConfig()
  configureLog(asked.logLevel)
  const say = sayer(asked)
  const readiness = new Readiness()
  const door = await openDoor(asked, readiness)
  onEnd(() => door.close())
  const config = listeningOn(asked, door.port)
  const platform = await openPlatform({ config, service: 'api', readiness, say, signal })
  onEnd(() => platform.close())
  if (config.isDemo) {
    const { database, media, payments } = platform.services
    const seeding = config.hasDemoFiles ? { storage: media.storage, payments } : {}
    if (await seedDemo(database, { ...seeding, say })) say('made the demo world')
  }
  const server = await createServer(platform.services, { ...served, routes: routesBeside(readiness) })
  const worker = config.runsJobs ? await openWorker(platform) : null
  await door.close()
  const url = await server.listen()
  await readiness.serving()
  onEnd(async () => {
    readiness.draining()
    await Promise.all([server.drain(), worker?.stop()])
    await readiness.close()
    await platform.close()
  })
  for (const line of aboutServer(config, url)) say(line)
  say(`ready ${url}`)
}

/** The port that was found where any would do. */
function listeningOn(config: Config, port: number): Config {
  if (config.port === port) return config
  return { ...config, port, publicUrl: config.publicUrl.replace(/:0$/, `:${String(port)}`) }
}

/** Lines for people on a terminal; in production they are lines of the log. */
function sayer({ isProduction }: Config): (line: string) => void {
  return (line) => {
    if (isProduction) log.info(line)
    else process.stdout.write(`${line}\n`)
  }
}

function aboutServer(config: Config, url: string): string[] {
  if (config.isProduction) return []
  const mails = config.smtpUrl ? [] : [`mails       ${relative(process.cwd(), config.dataDir)}/mail`]
  const people = config.isDemo
    ? [`sign in as  ${DEMO_SIGN_INS.map(({ email }) => email).join(', ')}`, `            password ${DEMO_PASSWORD}`]
    : []
  return ['', `explorer    ${url} in a browser`, ...mails, ...people, '']
}
