import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator } from '../content/posts.js'
import { request } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { saveCard } from './paying.js'

const LOCAL = ['http://localhost:3000/back', 'http://127.0.0.1:5173/', 'http://[::1]/back']
const ELSEWHERE = [
  'http://app.example.com/back',
  'http://localhost.example.com/',
  'http://a@localhost/',
  'ftp://localhost/',
]

let server: TestServer
let production: TestServer
let creator: Person
let fan: Person
beforeAll(async () => {
  server = await startServer()
  production = await startServer({ database: server.database, config: { isProduction: true } })
  const world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  await saveCard(fan, 'pm_card_authenticationRequired')
})
afterAll(async () => {
  await production.close()
  await server.close()
})

const asked = async (at: TestServer, { token }: Person, name: string, input: object) => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
  const document = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code path } } }`
  const { data, errors } = await request<any, unknown>(
    at.url,
    document,
    { input },
    { authorization: `Bearer ${token}` },
  )
  return data ? (data[name].userErrors as unknown) : errors[0]?.extensions['code']
}
const tipped = (at: TestServer, returnUrl: string) => {
  const input = { creatorId: creator.id, amountMinor: '500', currency: 'EUR', idempotencyKey: randomUUID() }
  return asked(at, fan, 'sendTip', { ...input, payWith: { returnUrl } })
}
const destination = (at: TestServer, returnUrl: string) =>
  asked(at, creator, 'addPayoutAccount', { countryCode: 'DE', returnUrl, idempotencyKey: randomUUID() })
const refusedAt = (...path: string[]) => [{ code: 'INVALID_INPUT', path: ['input', ...path] }]

describe('where payers and creators are sent back to', () => {
  it.each(LOCAL)('may be a front end at %s, but not in production', async (address) => {
    expect(await tipped(server, address)).toEqual([])
    expect(await destination(server, address)).toEqual([])
    expect(await tipped(production, address)).toEqual(refusedAt('payWith', 'returnUrl'))
    expect(await destination(production, address)).toEqual(refusedAt('returnUrl'))
  })

  it.each(ELSEWHERE)('is not %s', async (address) => {
    for (const at of [server, production]) expect(await tipped(at, address)).toBe('BAD_USER_INPUT')
  })

  it('is https everywhere', async () => {
    for (const at of [server, production]) expect(await tipped(at, 'https://app.example.com/back')).toEqual([])
  })
})

it('what others open is https wherever it leads', async () => {
  for (const address of LOCAL) {
    expect(await asked(server, fan, 'updateProfile', { website: address })).toEqual(refusedAt('website'))
    const socialLinks = [{ platform: 'site', url: address }]
    expect(await asked(server, fan, 'updateProfile', { socialLinks })).toEqual(refusedAt('socialLinks'))
  }
})
