import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DEMO_IDS, DEMO_PASSWORD, DEMO_SIGN_INS } from '../../demo/seed.js'
import type { Config } from '../../env.js'
import { GraphiqlAssets, assetsVersion, readSample } from './graphiql-assets.js'
import type { Encoding } from './graphiql-assets.js'

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
]

/**
 * The in-browser explorer: `GET /graphql` of a browser answers its page, `/graphiql/…` its files, all from this server and
 * under a strict content security policy. In production there is none.
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
  serveAssets(app, version)
}

/** A browser that opens the address, and not a client that sends an operation by GET. */
const isVisit = ({ method, url, headers }: FastifyRequest): boolean =>
  method === 'GET' &&
  url.split('?', 1)[0] === ENDPOINT &&
  /\btext\/html\b/.test(headers.accept ?? '') &&
  !/json/.test(headers.accept ?? '')

interface Page {
  readonly html: string
  readonly etag: string
  readonly policy: string
}

function sendPage(request: FastifyRequest, reply: FastifyReply, { html, etag, policy }: Page): FastifyReply {
  reply
    .header('etag', etag)
    .header('cache-control', 'no-cache')
    .header('vary', 'accept')
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
  return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(html)
}

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
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Creator Platform API</title>
<link rel="icon" type="image/svg+xml" href="${base}/icon.svg">
<link rel="stylesheet" href="${base}/app.css">
<link rel="stylesheet" href="${base}/page.css">
<script defer src="${base}/graphql-ws.js"></script>
<script defer src="${base}/app.js"></script>
<script defer src="${base}/page.js"></script>
</head>
<body>
<noscript>This page needs JavaScript; the API itself is at ${ENDPOINT}.</noscript>
<header id="bar"></header>
<main id="root"></main>
<script type="application/json" id="settings">${JSON.stringify(settings).replaceAll('<', '\\u003c')}</script>
</body>
</html>
`
  return {
    html,
    etag: `"${createHash('sha256').update(html).digest('base64url')}"`,
    policy: makePolicy(config.publicUrl),
  }
}

/** Styles alone may stand in the page: the editor sets them as it goes. */
function makePolicy(publicUrl: string): string {
  const { host, protocol } = new URL(publicUrl)
  return [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    // some browsers do not count a socket to the same host as 'self'
    `connect-src 'self' ${protocol === 'https:' ? 'wss' : 'ws'}://${host}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

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
