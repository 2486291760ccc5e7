import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Readiness } from '../../src/api/http/health.js'
import { seedDemo } from '../../src/demo/seed.js'
import { routesBeside } from '../../src/routes.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'

const SCREENSHOTS = join(import.meta.dirname, '../../.data/screenshots')
const CHROME = process.env['CHROME_PATH'] ?? '/usr/bin/chromium'
const hasChrome = existsSync(CHROME)
if (!hasChrome)
  console.warn('skipped: /demo in a browser (install one with: apt-get install -y chromium, or set CHROME_PATH)')

let server: TestServer
beforeAll(async () => {
  server = await startServer({ config: { isDemo: true }, routes: routesBeside(new Readiness()) })
  await seedDemo(server.services.database, { payments: server.services.payments })
}, 180_000)
afterAll(async () => {
  await server.close()
})

it('is there with the demo world outside production, and nowhere else', async () => {
  const response = await fetch(new URL('/demo', server.origin))
  expect(response.status).toBe(200)
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  const html = await response.text()
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//)
  for (const config of [{ isDemo: false }, { isDemo: true, isProduction: true }]) {
    const other = await startServer({ database: server.database, config, routes: routesBeside(new Readiness()) })
    expect((await fetch(new URL('/demo', other.origin))).status).toBe(404)
    await other.close()
  }
})

describe.skipIf(!hasChrome)('in a browser', () => {
  let browser: Browser
  let page: Page
  const problems: string[] = []
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROME, args: ['--no-sandbox'] })
    page = await browser.newPage({ viewport: { width: 1_200, height: 900 } })
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(new URL('/demo', server.origin).href)
    await page.waitForSelector('body[data-ready=yes]', { timeout: 30_000 })
  })
  afterAll(async () => {
    await browser.close()
  })

  const fan = () => page.locator('.person').nth(0)
  const creator = () => page.locator('.person').nth(1)

  it('signs in two people who see what the other says, writes and has read', async () => {
    expect(await fan().locator('.role').textContent()).toBe('fan')
    expect(await creator().locator('.role').textContent()).toBe('creator')
    await fan().locator('form input').pressSequentially('Hello there')
    await creator().locator('.other', { hasText: 'is typing' }).waitFor()
    await fan().locator('form button').click()
    await creator().locator('.messages li.theirs', { hasText: 'Hello there' }).waitFor()
    await fan().locator('.messages li.own', { hasText: 'Hello there' }).waitFor()
    await creator().locator('form input').fill('Hello yourself')
    await creator().locator('form button').click()
    await fan().locator('.messages li.theirs', { hasText: 'Hello yourself' }).waitFor()
    await creator().locator('.other', { hasText: 'is typing' }).waitFor({ state: 'detached' })
    expect(await fan().locator('.messages li').count()).toBe(await creator().locator('.messages li').count())
  })

  it('shows what was written before, and what of it has to be paid for', async () => {
    await fan().locator('.messages li.theirs', { hasText: 'Shall I send it flat or rolled?' }).waitFor()
    await fan()
      .locator('.messages li.theirs', { hasText: '🔒 The recipe of the blue, to the gram. 4.00 GBP' })
      .waitFor()
    await creator().locator('.messages li.own', { hasText: 'Ultramarine 14 g' }).waitFor()
  })

  it('shows a stream that begins, who watches it, and that it ended', async () => {
    await fan().locator('.stream .title', { hasText: 'Live: The door is open' }).waitFor()
    await creator().locator('.stream .toggle', { hasText: 'Go live' }).click()
    await fan().locator('.stream .title', { hasText: 'Live: Studio, live' }).waitFor()
    // followers are told by a job
    await server.drain()
    await fan().locator('.news li').first().waitFor()
    expect(await fan().locator('.bell').textContent()).toMatch(/[1-9]/)
    await fan().locator('.stream .toggle', { hasText: 'Watch' }).click()
    await creator().locator('.stream .count', { hasText: '1' }).waitFor()
    await fan().locator('.stream .count', { hasText: '1' }).waitFor()
    mkdirSync(SCREENSHOTS, { recursive: true })
    await page.screenshot({ path: join(SCREENSHOTS, 'demo.png') })
    await creator().locator('.stream .toggle', { hasText: 'End' }).click()
    await creator().locator('.stream .title', { hasText: 'Nobody is live.' }).waitFor()
    await fan().locator('.stream .title', { hasText: 'Live: The door is open' }).waitFor()
  })

  it('is alive again after a night without a network', async () => {
    const night = await browser.newPage()
    let isAway = false
    const sockets = new Set<WebSocketRoute>()
    await night.clock.install()
    await night.route('**/graphql', (route) => (isAway ? route.abort() : route.continue()))
    await night.routeWebSocket('**/graphql', async (socket) => {
      if (isAway) return socket.close({ code: 1001 })
      socket.connectToServer()
      sockets.add(socket)
    })
    await night.goto(new URL('/demo', server.origin).href)
    await night.waitForSelector('body[data-ready=yes]', { timeout: 30_000 })
    isAway = true
    await Promise.all([...sockets].map((socket) => socket.close({ code: 1001 })))
    for (let minute = 0; minute < 20; minute += 1) await night.clock.runFor(60_000)
    isAway = false
    await night.clock.runFor(60_000)
    const theirs = night.locator('.person').nth(1)
    await fan().locator('form input').fill('Good morning')
    await fan().locator('form button').click()
    await theirs.locator('.messages li.theirs', { hasText: 'Good morning' }).waitFor()
    expect(await theirs.locator('.problem').textContent()).toBe('')
    await night.close()
  }, 60_000)

  it('has nothing to complain of', () => {
    expect(problems).toEqual([])
  })
})
