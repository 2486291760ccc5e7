import { existsSync, mkdirSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse, validate } from 'graphql'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Readiness } from '../../src/api/http/health.js'
import { readSample } from '../../src/api/http/graphiql-assets.js'
import { DEMO_PASSWORD, seedDemo } from '../../src/demo/seed.js'
import { routesBeside } from '../../src/routes.js'
import { served } from '../../src/served.js'
import { request } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'

const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const SCREENSHOTS = join(import.meta.dirname, '../../.data/screenshots')
const CHROME = process.env['CHROME_PATH'] ?? '/usr/bin/chromium'
const hasChrome = existsSync(CHROME)
if (!hasChrome)
  console.warn('skipped: GraphiQL in a browser (install one with: apt-get install -y chromium, or set CHROME_PATH)')

let server: TestServer
beforeAll(async () => {
  server = await startServer({ config: { isDemo: true }, routes: routesBeside(new Readiness()) })
  await seedDemo(server.services.database)
})
afterAll(async () => {
  await server.close()
})

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL(path, server.origin), { headers })

const fileOf = async (name: string): Promise<string> => {
  const html = await (await get('/graphql', { accept: HTML })).text()
  return `${/"(\/graphiql\/[0-9a-f]+)\//.exec(html)?.[1] ?? ''}/${name}`
}

describe('the page', () => {
  it('is for browsers, and nothing in it comes from elsewhere', async () => {
    const response = await get('/graphql', { accept: HTML })
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toMatch(/script-src|unsafe-eval|\*/)
    expect(html).not.toMatch(/<script(?![^>]*\b(src=|type="application\/json"))/)
  })

  it('is kept by browsers until it changes', async () => {
    const etag = (await get('/graphql', { accept: HTML })).headers.get('etag') ?? ''
    expect((await get('/graphql', { accept: HTML, 'if-none-match': etag })).status).toBe(304)
    expect((await get('/graphql', { accept: HTML, 'if-none-match': '"other"' })).status).toBe(200)
  })

  it('is where the root leads', async () => {
    const response = await fetch(new URL('/', server.origin), { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, '/graphql'])
  })

  it('leaves GET operations of clients to the API', async () => {
    const response = await get('/graphql?query=%7B__typename%7D', {
      accept: 'application/json',
      'apollo-require-preflight': '1',
    })
    expect(await response.json()).toMatchObject({ data: { __typename: 'Query' } })
  })

  it('has samples that the schema accepts', () => {
    for (const name of ['viewer', 'update-profile', 'viewer-changed'])
      expect(validate(served.schema, parse(readSample(name)))).toEqual([])
  })

  it('is not there in production', async () => {
    const production = await startServer({
      database: server.database,
      config: { isProduction: true },
      routes: routesBeside(new Readiness()),
    })
    const response = await fetch(production.url, { headers: { accept: HTML } })
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    for (const path of [await fileOf('app.js'), '/'])
      expect((await fetch(new URL(path, production.origin))).status).toBe(404)
    await production.close()
  })

  it('shows passwords of the demo world only where there is one', async () => {
    const plain = await startServer({
      database: server.database,
      config: { isDemo: false },
      routes: routesBeside(new Readiness()),
    })
    expect(await (await get('/graphql', { accept: HTML })).text()).toContain(DEMO_PASSWORD)
    expect(await (await fetch(plain.url, { headers: { accept: HTML } })).text()).not.toContain(DEMO_PASSWORD)
    await plain.close()
  })
})

describe('its files', () => {
  it('come packed, and are kept for good', async () => {
    const path = await fileOf('app.js')
    const packed = await raw(path, 'gzip, deflate, br')
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(packed.headers['cache-control']).toContain('immutable')
    const plain = await raw(path, 'identity')
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true)
    expect(packed.body.length).toBeLessThan(plain.body.length / 3)
  })

  it('are those of the package, byte for byte', async () => {
    const bundle = await import('@graphql-yoga/render-graphiql/graphiql')
    for (const [file, text] of [
      ['app.css', bundle.css],
      ['editor.worker.js', bundle.editorWorkerService],
      ['graphql.worker.js', bundle.graphqlWorker],
      ['json.worker.js', bundle.jsonWorker],
    ] as const)
      expect(
        (await raw(await fileOf(file), 'gzip').then(({ body }) => gunzipSync(body).toString('utf8'))) === text,
        file,
      ).toBe(true)
  })

  it('are those of this version, and no others', async () => {
    const path = await fileOf('app.js')
    for (const other of [
      path.replace('app.js', '../../../package.json'),
      path.replace('app.js', 'constructor'),
      '/graphiql/0/app.js',
      path.replace('app.js', 'none.js'),
    ])
      expect((await get(other)).status).toBe(404)
  })

  const raw = (path: string, encoding: string): Promise<{ headers: Record<string, unknown>; body: Buffer }> =>
    new Promise((resolve, reject) => {
      httpRequest(new URL(path, server.origin), { headers: { 'accept-encoding': encoding } }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }))
      })
        .on('error', reject)
        .end()
    })
})

describe.skipIf(!hasChrome)('in a browser', { timeout: 120_000 }, () => {
  let browser: Browser
  let page: Page
  const complaints: string[] = []
  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true })
    browser = await chromium.launch({ executablePath: CHROME, args: ['--no-sandbox'] })
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
    page.setDefaultTimeout(30_000)
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('request', (sent) => {
      if (!sent.url().startsWith(server.origin) && !sent.url().startsWith('data:'))
        complaints.push(`left the server: ${sent.url()}`)
    })
    await page.goto(server.url)
    await page.locator('.graphiql-execute-button').waitFor()
  })
  afterAll(async () => {
    await browser.close()
  })

  const answer = async (): Promise<string> =>
    (await page.locator('.graphiql-response').innerText()).replace(/\u00a0/g, ' ')
  const answers = async (text: string): Promise<void> => {
    await expect.poll(answer, { timeout: 20_000 }).toContain(text)
  }
  const open = async (name: string): Promise<void> => {
    const button = page.locator('.graphiql-tab-button').filter({ hasText: new RegExp(`^${name}$`) })
    const tab = page.locator('.graphiql-tab').filter({ has: button })
    // a tab does not open while another one's operation is being stopped
    await expect.poll(async () => (await button.click(), tab.getAttribute('aria-selected'))).toBe('true')
  }
  const run = (): Promise<void> => page.locator('.graphiql-execute-button').click()
  const shoot = (name: string): Promise<Buffer> => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })

  it('answers a stranger', async () => {
    await open('Viewer')
    await run()
    await answers('"viewer": null')
  })

  it('signs a person of the demo world in by one click, and sends their token', async () => {
    await page.getByRole('button', { name: 'fan', exact: true }).click()
    await page.locator('#bar .person').waitFor()
    await run()
    await answers('"email": "fan@example.com"')
    await shoot('query')
  })

  it('documents the schema', async () => {
    await page.getByRole('button', { name: /documentation explorer/i }).click()
    await expect.poll(() => page.locator('.graphiql-doc-explorer-content').innerText()).toContain('Query')
    await shoot('docs')
    await page.getByRole('button', { name: /history/i }).click()
    await expect.poll(() => page.locator('.graphiql-history-items').innerText()).toContain('Viewer')
    await page.getByRole('button', { name: /hide history/i }).click()
    await page
      .getByRole('button', { name: /explorer/i })
      .last()
      .click()
    await expect.poll(() => page.locator('.graphiql-plugin').innerText()).toContain('Explorer')
    await shoot('explorer')
    await page
      .getByRole('button', { name: /hide.*explorer/i })
      .last()
      .click()
  })

  it('receives an event in a subscription', async () => {
    await open('ViewerChanged')
    await run()
    await page.getByRole('button', { name: /stop/i }).waitFor()
    await changeBio('Seen in the browser')
    await answers('Seen in the browser')
    await shoot('subscription')
    await page.getByRole('button', { name: /stop/i }).click()
    await page.getByRole('button', { name: /execute/i }).waitFor()
  })

  it('changes something from the page itself', async () => {
    await open('UpdateProfile')
    await run()
    await answers('"userErrors": []')
    await shoot('mutation')
  })

  it('keeps what is typed out of the address, and the token out of what survives the tab', async () => {
    expect(new URL(page.url()).search).toBe('')
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('eyJ')
    expect(await page.evaluate('sessionStorage.length')).toBe(1)
  })

  it('is still signed in after a reload, and not after signing out', async () => {
    await page.reload()
    await page.locator('#bar .person').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'creator', exact: true }).waitFor()
    await open('Viewer')
    await run()
    await answers('"viewer": null')
  })

  it('met no error, no refusal of the policy, and no other server', () => {
    expect(complaints).toEqual([])
  })

  async function changeBio(bio: string): Promise<void> {
    const login = await request(server.url, `mutation ($input: LoginInput!) { login(input: $input) { accessToken } }`, {
      input: { email: 'fan@example.com', password: DEMO_PASSWORD },
    })
    const { accessToken } = (login.data as { login: { accessToken: string } }).login
    const changed = await request(
      server.url,
      `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { userErrors { code } } }`,
      { input: { bio } },
      { authorization: `Bearer ${accessToken}` },
    )
    expect(changed.data).toEqual({ updateProfile: { userErrors: [] } })
  }
})
