import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DEMO_IDS, DEMO_PAIR, DEMO_PASSWORD, DEMO_SIGN_INS } from '../../demo/seed.js'
import type { Config } from '../../env.js'
import { GraphiqlAssets, assetsVersion, readSample } from './graphiql-assets.js'
import type { Encoding } from './graphiql-assets.js'
import { sendPage, toPage } from './page.js'
import type { Page } from './page.js'

const ENDPOINT = '/graphql'
const YEAR_SECONDS = 31_536_000

interface Sample {
  readonly name: string
  readonly variables?: object
}

const SAMPLES: readonly Sample[] = [
  { name: 'viewer' },
  { name: 'feed' },
  { name: 'search', variables: { text: 'tiles' } },
  { name: 'update-profile', variables: { input: { bio: 'Watercolours on Mondays.' } } },
  { name: 'viewer-changed' },
  { name: 'notification-received' },
]

/** What there is to look at in the demo world. */
const DEMO_SAMPLES: readonly Sample[] = [
  { name: 'post', variables: { id: DEMO_IDS.soldPost } },
  { name: 'thread', variables: { id: DEMO_IDS.openPost } },
  { name: 'like', variables: { input: { contentId: DEMO_IDS.openPost } } },
  { name: 'follow', variables: { input: { userId: DEMO_IDS.newcomer } } },
  { name: 'paid' },
  { name: 'earnings' },
  { name: 'conversations' },
  { name: 'live-streams' },
]

/**
 * The in-browser explorer: `GET /graphql` of a browser answers its page, `/graphiql/…` its files, all from this server and
 * under a strict content security policy; `/` leads there; beside it, `/demo` where there is a demo world. In production there is none of it.
 */
export function serveGraphiql(
  app: FastifyInstance,
  config: Pick<Config, 'isProduction' | 'isDemo' | 'publicUrl'>,
): void {
  if (config.isProduction) {
    app.addHook('onRequest', async (request, reply) =>
      isVisit(request) ? reply.code(404).type('text/plain').send('Not found\n') : undefined,
    )
    return
  }
  const version = assetsVersion()
  const page = makePage(version, config)
  app.addHook('onRequest', async (request, reply) => (isVisit(request) ? sendPage(request, reply, page) : undefined))
  app.get('/', (_request, reply) => reply.redirect(ENDPOINT))
  if (config.isDemo) {
    const demo = makeDemoPage(version, config.publicUrl)
    app.get('/demo', (request, reply) => sendPage(request, reply, demo))
  }
  serveAssets(app, version)
}

/** A browser that opens the address, and not a client that sends an operation by GET. */
const isVisit = ({ method, url, headers }: FastifyRequest): boolean =>
  method === 'GET' &&
  url.split('?', 1)[0] === ENDPOINT &&
  /\btext\/html\b/.test(headers.accept ?? '') &&
  !/json/.test(headers.accept ?? '')

function makePage(version: string, config: Pick<Config, 'isDemo' | 'publicUrl'>): Page {
  const base = `/graphiql/${version}`
  const settings = {
    base,
    endpoint: ENDPOINT,
    demo: config.isDemo
      ? {
          password: DEMO_PASSWORD,
          people: DEMO_SIGN_INS.map(({ email, accountType }) => ({ email, role: accountType.toLowerCase() })),
        }
      : null,
    samples: [...SAMPLES, ...(config.isDemo ? DEMO_SAMPLES : [])].map(({ name, variables }) => ({
      query: readSample(name),
      variables: JSON.stringify(variables, null, 2),
    })),
  }
  return toPage(
    {
      title: 'Creator Platform API',
      base,
      styles: ['app.css', 'page.css'],
      scripts: ['graphql-ws.js', 'app.js', 'page.js'],
      body: `<noscript>This page needs JavaScript; the API itself is at ${ENDPOINT}.</noscript>
<header id="bar"></header>
<main id="root"></main>`,
      settings,
    },
    config.publicUrl,
  )
}

/** Two demo people side by side, who talk and watch over the public API alone. */
const makeDemoPage = (version: string, publicUrl: string): Page =>
  toPage(
    {
      title: 'Creator Platform: two people, live',
      base: `/graphiql/${version}`,
      styles: ['demo.css'],
      scripts: ['graphql-ws.js', 'demo.js'],
      body: `<noscript>This page needs JavaScript.</noscript>
<header>
<h1>Two people, live</h1>
<p>Each is signed in on their own and has a socket of their own. All of it is the public API: <a href="${ENDPOINT}">explore it</a>.</p>
</header>
<main></main>`,
      settings: { endpoint: ENDPOINT, password: DEMO_PASSWORD, people: DEMO_PAIR },
    },
    publicUrl,
  )

function serveAssets(app: FastifyInstance, version: string): void {
  const assets = new GraphiqlAssets()
  app.get<{ Params: { version: string; name: string } }>('/graphiql/:version/:name', async (request, reply) => {
    const encoding = encodingFor(request.headers['accept-encoding'])
    const found = request.params.version === version ? await assets.find(request.params.name, encoding) : null
    if (!found) return reply.code(404).type('text/plain').send('Not found\n')
    if (encoding !== 'identity') reply.header('content-encoding', encoding)
    return reply
      .header('vary', 'accept-encoding')
      .header('cache-control', `public, max-age=${String(YEAR_SECONDS)}, immutable`)
      .header('x-content-type-options', 'nosniff')
      .type(found.type)
      .send(found.body)
  })
}

const encodingFor = (accepted = ''): Encoding => (/\bgzip\b(?!;\s*q=0(\.0+)?\b)/.test(accepted) ? 'gzip' : 'identity')
