import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A page for browsers that takes everything from this server, under a strict content security policy. */
export interface Page {
  readonly html: string
  readonly etag: string
  readonly policy: string
}

/** What stands in the page. `settings` reaches its scripts as the JSON of `#settings`. */
export interface PageParts {
  readonly title: string
  /** Where its files are. */
  readonly base: string
  readonly styles: readonly string[]
  readonly scripts: readonly string[]
  readonly body: string
  readonly settings: object
}

export function toPage({ title, base, styles, scripts, body, settings }: PageParts, publicUrl: string): Page {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" type="image/svg+xml" href="${base}/icon.svg">
${styles.map((name) => `<link rel="stylesheet" href="${base}/${name}">`).join('\n')}
${scripts.map((name) => `<script defer src="${base}/${name}"></script>`).join('\n')}
</head>
<body>
${body}
<script type="application/json" id="settings">${JSON.stringify(settings).replaceAll('<', '\\u003c')}</script>
</body>
</html>
`
  const etag = `"${createHash('sha256').update(html).digest('base64url')}"`
  return { html, etag, policy: policyFor(publicUrl) }
}

/** Styles alone may stand in a page: editors set them as they go. */
function policyFor(publicUrl: string): string {
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

export function sendPage(request: FastifyRequest, reply: FastifyReply, { html, etag, policy }: Page): FastifyReply {
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
