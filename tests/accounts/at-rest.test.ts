import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { World } from '../support/world.js'
import { mutate } from './calls.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const CANARIES = {
  email: 'canary.mailbox@secret-canary.example',
  newEmail: 'canary.second@other-canary.example',
  legalName: 'Canaria Legalnameovska',
  birthDate: '1977-03-21',
  phone: '+4917699887766',
  city: 'Canarystadt',
  characteristic: 'canary-trait-9f3',
  documentToken: 'canary-document-token',
  ip: '203.0.113.77',
}

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const { owner } = server.database
  const { rows } = await owner.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  const parts: string[] = []
  for (const { name } of rows) {
    const table = await owner.query<{ line: string }>(`select t::text as line from ${name} t`)
    parts.push(...table.rows.map(({ line }) => `${name}: ${line}`))
  }
  return parts.join('\n')
}

const disguises = (text: string): string[] => {
  const bytes = Buffer.from(text)
  // a text stands at one of three places of a base64 group: what is the same whatever stands before and after it
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    return encoded.slice(shift === 0 ? 0 : shift + 1, encoded.length - 2)
  })
  return [text, text.toLowerCase(), text.toUpperCase(), bytes.toString('hex'), ...base64]
}

it('keeps no address, name, birth date, phone number, place or token readable in any table', async () => {
  const person = await world.fan({ email: CANARIES.email })
  await mutate(person, 'updateProfile', {
    legalName: CANARIES.legalName,
    birthDate: CANARIES.birthDate,
    phone: CANARIES.phone,
    location: { countryCode: 'DE', city: CANARIES.city },
    characteristics: { trait: CANARIES.characteristic },
  })
  await mutate(person, 'updateProfile', { bio: 'A second version encrypts everything again.' })
  await mutate(person, 'changeEmail', { newEmail: CANARIES.newEmail })
  await mutate(person, 'submitAgeVerification', {
    countryCode: 'DE',
    birthDate: CANARIES.birthDate,
    documentToken: CANARIES.documentToken,
    idempotencyKey: 'k',
  })
  await mutate(
    { request: (document, variables) => person.request(document, variables) },
    'resendVerification',
    {},
    'isSent',
  )
  await server.drain()
  const text = (await dump()).replace(/\s/g, ' ')
  expect(text).toContain(person.username)
  for (const [name, canary] of Object.entries({
    ...CANARIES,
    clientIp: person.ip,
    password: person.password,
    token: person.refreshToken,
  }))
    for (const form of disguises(canary)) expect(text.includes(form), `${name} as ${form}`).toBe(false)
})
