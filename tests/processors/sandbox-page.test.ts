import { fastify } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openProcessor, serveSandboxPages } from '../../src/processors/processors.js'
import { provenCreator } from '../content/posts.js'
import { chargeOf, newKey, saveCard, tip } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const BACK = 'https://app.example.com/back?a=1&b="<i>"'

let server: TestServer
let world: World
let creator: Person
let fan: Person
let page: URL
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
})
afterAll(() => server.close())

beforeEach(async () => {
  fan = await world.fan()
  await saveCard(fan, 'pm_card_authenticationRequired')
  const { data } = await tip(fan, creator, { payWith: { returnUrl: BACK } })
  const { actionUrl } = data?.['sendTip'].payment as { actionUrl: string }
  expect(actionUrl).toContain(await chargeOf(server, fan))
  page = new URL(new URL(actionUrl).pathname, server.origin)
})

const answer = (said: string) =>
  fetch(page, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: said,
  })
const states = async () => {
  await server.drain()
  const { viewer } = await fan.do('{ viewer { tipsSent { nodes { state payment { state } } } } }')
  return viewer.tipsSent.nodes as unknown
}
const PAID = [{ state: 'PAID', payment: { state: 'SUCCEEDED' } }]
const FAILED = [{ state: 'FAILED', payment: { state: 'FAILED' } }]

it('asks the payer on a page that says how much, runs nothing, and leads nowhere but back', async () => {
  const response = await fetch(page)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(response.headers.get('content-security-policy')).toBe(
    "default-src 'none'; form-action 'self' https://app.example.com; base-uri 'none'; frame-ancestors 'none'",
  )
  const html = await response.text()
  expect(html).toContain('5.00 EUR')
  expect(html.match(/<button [^>]*>/g)).toEqual([
    '<button name="answer" value="confirm">',
    '<button name="answer" value="decline">',
  ])
  expect(html).not.toContain('<script')
})

it.each([
  ['answer=confirm', PAID, 'answer=decline'],
  ['answer=decline', FAILED, 'answer=confirm'],
])('takes %s, sends the payer back, and takes no second answer', async (first, outcome, second) => {
  for (const said of [first, second]) {
    const { status, headers } = await answer(said)
    expect([status, headers.get('location')]).toEqual([303, new URL(BACK).href])
    expect(await states()).toEqual(outcome)
  }
  const html = await (await fetch(page)).text()
  expect(html).toContain('Nothing is asked any more.')
  expect(html).toContain('href="https://app.example.com/back?a=1&amp;b=%22%3Ci%3E%22"')
  expect(html).not.toContain('<button')
})

it('takes nothing else for an answer, and knows no other charges', async () => {
  for (const said of ['', 'answer=perhaps', 'confirm']) expect((await answer(said)).status).toBe(400)
  expect((await answer('a'.repeat(200))).status).toBe(413)
  expect(
    (await fetch(page, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })).status,
  ).toBe(400)
  expect(await states()).toEqual([{ state: 'PENDING', payment: { state: 'REQUIRES_ACTION' } }])
  const payer = await world.fan()
  await saveCard(payer)
  await tip(payer, creator)
  for (const name of ['x', '%00', 'ch_sandbox_000000000000000000000000', await chargeOf(server, payer)]) {
    page = new URL(`/sandbox/actions/${name}`, server.origin)
    expect([(await fetch(page)).status, (await answer('answer=confirm')).status], name).toEqual([404, 404])
  }
})

it.each([
  ['answer=confirm', 'VERIFIED'],
  ['answer=decline', 'DISABLED'],
])('asks a creator whose bank wants to know more, and takes %s once', async (said, state) => {
  const owner = await provenCreator(world)
  const { addPayoutAccount } = await owner.do(
    `mutation ($input: AddPayoutAccountInput!) { addPayoutAccount(input: $input) { onboardingUrl userErrors { code } } }`,
    { input: { countryCode: 'NO', returnUrl: BACK, idempotencyKey: newKey() } },
  )
  page = new URL(new URL(addPayoutAccount.onboardingUrl as string).pathname, server.origin)
  expect(await (await fetch(page)).text()).toContain('<strong>NO, EUR</strong>')
  for (const each of [said, 'answer=confirm', 'answer=decline']) {
    const { status, headers } = await answer(each)
    expect([status, headers.get('location')]).toEqual([303, new URL(BACK).href])
    await server.drain()
    expect((await owner.do('{ viewer { payoutAccounts { state } } }')).viewer.payoutAccounts).toEqual([{ state }])
  }
  expect(await (await fetch(page)).text()).toContain('Nothing is asked any more.')
  for (const name of ['x', '%00', 'acct_sandbox_000000000000000000000000']) {
    page = new URL(`/sandbox/onboarding/${name}`, server.origin)
    expect([(await fetch(page)).status, (await answer('answer=confirm')).status], name).toEqual([404, 404])
  }
})

it('is not there where Stripe is the processor', async () => {
  const app = fastify()
  const stripe = { secretKey: 'sk_test_loopback', webhookSecrets: ['whsec_new'], apiBase: 'http://127.0.0.1:1' }
  serveSandboxPages(app, await openProcessor({ stripe, db: {} as never, secrets: [] }))
  for (const method of ['GET', 'POST'] as const)
    expect((await app.inject({ method, url: page.pathname })).statusCode).toBe(404)
  await app.close()
})
