import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configureLog } from '../../src/lib/log.js'
import { openLogSink } from '../../src/lib/log-sink.js'
import type { LogSink } from '../../src/lib/log-sink.js'
import { request } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'

/** What a person entrusts to the platform, each recognisable. None may be found at rest, nor in the log. */
const PERSONAL = {
  email: 'canary.first@secret-mail.example',
  newEmail: 'canary.second@secret-mail.example',
  wrongEmail: 'canary.third@secret-mail.example',
  legalName: 'Canaria Legalname-Secretson',
  phone: '+4915155512377',
  birthDate: '1987-11-29',
  city: 'Canaryville-on-Secret',
  characteristic: 'canary-characteristic-tattoo',
  ip: '203.0.113.187',
  password: 'canary-Password-11-horse',
  newPassword: 'canary-Password-22-horse',
  resetPassword: 'canary-Password-33-horse',
  wrongPassword: 'canary-Wrong-44-password',
  documentToken: 'canary-document-token-55',
}
/** What only who holds it may know; filled as it is handed out. */
const secrets: Record<string, string> = {}

let server: TestServer
let sink: LogSink
let person: Person
let admin: Person
const printed: string[] = []
const write = process.stdout.write.bind(process.stdout)

beforeAll(async () => {
  server = await startServer()
  sink = openLogSink(server.database.appUrl, 'api')
  process.stdout.write = (chunk: string | Uint8Array) => printed.push(String(chunk)) > 0
  configureLog('debug', sink)
  try {
    await live()
  } finally {
    process.stdout.write = write
  }
  configureLog('critical')
  await until(() => sink.waiting === 0)
}, 60_000)
afterAll(async () => {
  await sink.close()
  await server.close()
})

const call = async (
  asker: Pick<Person, 'request'>,
  name: string,
  input: object,
  fields = '',
): Promise<Record<string, any>> => {
  const document = `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${fields} userErrors { code message } } }`
  return (await asker.request(document, { input })).data?.[name] as Record<string, any>
}
const remember = (name: string, value: unknown): string => {
  expect(value, name).toEqual(expect.any(String))
  secrets[name] = String(value)
  return String(value)
}

/** Everything that an account can do by now, and some of what it cannot. */
async function live(): Promise<void> {
  const world = makeWorld(server)
  admin = await world.admin()
  const made = await world.fan({
    username: 'canary',
    email: PERSONAL.email,
    password: PERSONAL.password,
    isEmailVerified: false,
  })
  person = made
  await request(
    server.url,
    'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
    { input: { email: PERSONAL.email, password: PERSONAL.password } },
    { 'x-forwarded-for': PERSONAL.ip },
  )
  remember('accessToken', made.token)
  remember('refreshToken', made.refreshToken)
  await server.drain()
  remember('verification', (await server.mails.newestTo(PERSONAL.email)).token)
  await call(made, 'verifyEmail', { token: secrets['verification'] })
  await call(made, 'updateProfile', {
    legalName: PERSONAL.legalName,
    phone: PERSONAL.phone,
    birthDate: PERSONAL.birthDate,
    location: { countryCode: 'DE', region: 'Saxony', city: PERSONAL.city },
    characteristics: { body: PERSONAL.characteristic },
    preferences: { theme: 'dark' },
    bio: 'Hello.',
  })
  await call(made, 'updateProfile', {
    legalName: `${PERSONAL.legalName} II`,
    phone: '12',
    birthDate: PERSONAL.birthDate,
    expectedVersion: 99,
  })
  await call(made, 'submitAgeVerification', {
    countryCode: 'DE',
    birthDate: PERSONAL.birthDate,
    documentToken: PERSONAL.documentToken,
    idempotencyKey: 'one',
  })

  const stranger = world.stranger()
  await call(stranger, 'login', { email: PERSONAL.email, password: PERSONAL.wrongPassword })
  await call(stranger, 'login', { email: PERSONAL.wrongEmail, password: PERSONAL.wrongPassword })
  await call(stranger, 'register', { username: 'canary2', email: PERSONAL.email, password: PERSONAL.password })
  await call(stranger, 'register', { username: 'x', email: PERSONAL.wrongEmail, password: PERSONAL.wrongPassword })
  await stranger.request(`{ user(username: "${PERSONAL.wrongEmail}") { nope(password: "${PERSONAL.wrongPassword}") } }`)
  await stranger.request(
    `mutation { login(input: { email: "${PERSONAL.email}", password: "${PERSONAL.password}", code: 5 }) { accessToken } }`,
  )

  const elsewhere = await made.elsewhere()
  for (const code of await elsewhere.addSecondFactor()) remember(`recovery code ${code}`, code)
  remember('totp secret', elsewhere.totpSecret)
  const { challenge } = await call(
    stranger,
    'login',
    { email: PERSONAL.email, password: PERSONAL.password },
    'challenge { token }',
  )
  remember('challenge', challenge.token)
  await call(stranger, 'login', { challengeToken: challenge.token, code: '000000' })
  const recovery = Object.entries(secrets).find(([name]) => name.startsWith('recovery code'))?.[1] ?? ''
  const session = await call(
    stranger,
    'login',
    { challengeToken: challenge.token, code: recovery },
    'accessToken refreshToken',
  )
  remember('second access token', session['accessToken'])
  remember('second refresh token', session['refreshToken'])
  const refreshed = await call(
    stranger,
    'refreshSession',
    { refreshToken: session['refreshToken'] },
    'accessToken refreshToken',
  )
  remember('third refresh token', refreshed['refreshToken'])

  await call(elsewhere, 'changeEmail', { newEmail: PERSONAL.newEmail })
  await server.drain()
  remember('change of address', (await server.mails.newestTo(PERSONAL.newEmail)).token)
  await call(elsewhere, 'verifyEmail', { token: secrets['change of address'] })
  await call(elsewhere, 'changePassword', { currentPassword: PERSONAL.password, newPassword: PERSONAL.newPassword })
  await call(stranger, 'requestPasswordReset', { email: PERSONAL.newEmail })
  await server.drain()
  remember('reset', (await server.mails.newestTo(PERSONAL.newEmail)).token)
  await call(stranger, 'resetPassword', { token: secrets['reset'], newPassword: PERSONAL.resetPassword })
  await call(admin, 'setAccountStatus', { userId: made.id, status: 'BANNED', reason: 'A test of the trail.' })
  await call(admin, 'setAccountStatus', { userId: made.id, status: 'ACTIVE', reason: 'A test of the trail.' })
  await admin.request('{ users { nodes { staffView { email } } } }')
  await server.drain()
}

/** Each text as it could lie about: as it is, in hexadecimal, in base64 at each of three offsets, and as digests anybody could make. */
function* disguises(text: string): Generator<[string, string]> {
  yield ['clear', text]
  yield ['hex', Buffer.from(text).toString('hex')]
  yield ['utf-16', Buffer.from(text, 'utf16le').toString('hex')]
  yield ['escaped', encodeURIComponent(text)]
  for (const offset of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(offset, ' '), Buffer.from(text)]).toString('base64')
    // the ends depend on what stands beside
    yield [
      `base64 ${String(offset)}`,
      whole.slice(offset === 0 ? 0 : 4, Math.floor(whole.replace(/=+$/, '').length / 4) * 4 - 4),
    ]
  }
  for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512'])
    for (const form of [text, text.toLowerCase()]) {
      const digest = createHash(algorithm).update(form).digest()
      yield [`${algorithm} in hex`, digest.toString('hex')]
      yield [`${algorithm} in base64`, digest.toString('base64').replace(/=+$/, '')]
    }
}

async function everything(): Promise<{ table: string; text: string }[]> {
  const { rows: tables } = await server.database.owner.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
  )
  const all: { table: string; text: string }[] = []
  for (const { name } of tables) {
    const { rows } = await server.database.owner.query<{ text: string }>(`select t::text as text from ${name} t`)
    all.push(...rows.map(({ text }) => ({ table: name, text })))
  }
  return all
}

describe('what is stored', () => {
  it('would be recognised in disguise', () => {
    for (const before of ['', 'a', 'ab', 'abc', '{"email":"'])
      for (const encoding of ['hex', 'base64'] as const) {
        const hidden = Buffer.from(`${before}${PERSONAL.email}", more`).toString(encoding)
        expect(
          [...disguises(PERSONAL.email)].some(([, disguise]) => hidden.includes(disguise)),
          `${before} ${encoding}`,
        ).toBe(true)
      }
  })

  it('holds the address that a session came from, sealed', async () => {
    const { rows } = await server.database.owner.query(
      'select from user_sessions where user_id = $1 and ip is not null',
      [person.uuid],
    )
    expect(rows.length).toBeGreaterThan(0)
  })

  it('shows nothing of what a person entrusted, in no table and in no disguise', async () => {
    const rows = await everything()
    expect(rows.length).toBeGreaterThan(100)
    const found: string[] = []
    for (const [name, text] of Object.entries({ ...PERSONAL, ...secrets })) {
      // what a random token or code hashes to tells nothing; what people choose can be guessed
      const isRandom = name in secrets
      for (const [how, disguise] of disguises(text)) {
        if (isRandom && /^(md5|sha)/.test(how)) continue
        const needle = disguise.toLowerCase()
        if (needle.length < 6) continue
        for (const { table, text: row } of rows)
          if (row.toLowerCase().includes(needle)) found.push(`${name} (${how}) in ${table}: ${row.slice(0, 200)}`)
      }
    }
    expect(found).toEqual([])
  })

  it('has secrets as hashes that cost, or of what cannot be guessed', async () => {
    const { rows } = await server.database.owner.query<{ hash: string }>(
      'select password_hash as hash from users where password_hash is not null',
    )
    expect(rows.length).toBeGreaterThan(1)
    for (const { hash } of rows) {
      const [, memory, time, parallelism] =
        /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[\w+/]{22,}\$[\w+/]{43}$/.exec(hash) ?? []
      expect(Number(memory)).toBeGreaterThanOrEqual(19_456)
      expect(Number(time)).toBeGreaterThanOrEqual(2)
      expect(Number(parallelism)).toBe(1)
    }
    expect(new Set(rows.map(({ hash }) => hash.split('$')[4])).size, 'each its own salt').toBe(rows.length)
  })

  it('is told apart per person: the same text is never the same ciphertext', async () => {
    const world = makeWorld(server)
    const [one, two] = [await world.fan({ isEmailVerified: false }), await world.fan({ isEmailVerified: false })]
    const same = {
      legalName: 'Same Name',
      phone: '+4915155500000',
      birthDate: '1990-01-01',
      location: { city: 'Same City' },
    }
    for (const each of [one, two]) await call(each, 'updateProfile', same)
    const { rows } = await server.database.owner.query<Record<string, Buffer>>(
      `select legal_name, phone, birth_date, city from user_profiles where is_current and user_id = any($1::uuid[])`,
      [[one.uuid, two.uuid]],
    )
    expect(rows).toHaveLength(2)
    for (const column of ['legal_name', 'phone', 'birth_date', 'city']) {
      const [a, b] = rows.map((row) => row[column])
      expect(a?.equals(b ?? Buffer.alloc(0)), column).toBe(false)
    }
  })
})

describe('what is logged', () => {
  it('shows nothing of it either, on standard output or in system_logs', async () => {
    const output = printed.join('')
    expect(printed.length).toBeGreaterThan(20)
    const { rows } = await server.database.owner.query<{ text: string }>('select t::text as text from system_logs t')
    expect(rows.length).toBeGreaterThan(20)
    const logged = output + rows.map(({ text }) => text).join('\n')
    for (const [name, text] of Object.entries({ ...PERSONAL, ...secrets }))
      expect(logged.toLowerCase().includes(text.toLowerCase()), name).toBe(false)
    for (const line of output.split('\n').filter((each) => each.startsWith('{')))
      expect(() => JSON.parse(line) as unknown, line).not.toThrow()
  })
})

describe('the audit trail', () => {
  interface Entry {
    action: string
    category: string
    actor_id: string | null
    user_id: string | null
    session_id: string | null
    request_id: string | null
    admin_id: string | null
    severity: string
  }
  const trail = async (userId: string): Promise<Entry[]> =>
    (
      await server.database.owner.query<Entry>('select * from audit_logs where user_id = $1 order by created_at', [
        userId,
      ])
    ).rows

  it('has a row for everything that happened to the account', async () => {
    const actions = new Set((await trail(person.uuid)).map(({ action }) => action))
    const expected = [
      'account.registered',
      'account.email_verified',
      'profile.updated',
      'age_verification.submitted',
      'session.refused',
      'session.started',
      'second_factor.started',
      'second_factor.confirmed',
      'second_factor.recovery_code_used',
      'account.email_change_asked',
      'account.email_changed',
      'password.changed',
      'password.reset_requested',
      'password.reset',
      'account.banned',
      'account.reinstated',
    ]
    expect(expected.filter((action) => !actions.has(action))).toEqual([])
  })

  it('says who, in which session and in which request', async () => {
    const rows = await trail(person.uuid)
    for (const row of rows) expect(row.request_id, row.action).toMatch(/^([0-9a-f-]{36}|job[:-]\d+)$/)
    const byStaff = rows.filter(({ action }) => ['account.banned', 'account.reinstated'].includes(action))
    expect(byStaff.length).toBe(2)
    for (const row of byStaff)
      expect(row).toMatchObject({
        actor_id: admin.uuid,
        admin_id: admin.uuid,
        category: 'administrative',
        session_id: expect.any(String),
      })
    for (const action of ['profile.updated', 'password.changed', 'second_factor.confirmed']) {
      const row = rows.find((each) => each.action === action)
      expect(row, action).toMatchObject({ actor_id: person.uuid, user_id: person.uuid, session_id: expect.any(String) })
    }
  })
})
