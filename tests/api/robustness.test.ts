import { randomUUID } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import fc from 'fast-check'
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql'
import type { GraphQLArgument, GraphQLField, GraphQLInputType, GraphQLOutputType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { served } from '../../src/served.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, PASSWORD } from '../support/world.js'
import type { Person, World } from '../support/world.js'

let server: TestServer
let world: World
let admin: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  admin = await world.admin()
})
afterAll(() => server.close())

interface Reply {
  readonly status: number
  readonly text: string
}
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
afterAll(() => {
  agent.destroy()
})
/** Status 0: the client itself would not send it, or the server hung up on it. */
const sendRaw = (method: string, headers: Record<string, string>, body: Buffer): Promise<Reply> =>
  new Promise((resolve) => {
    const nothing = { status: 0, text: '' }
    try {
      const outgoing = httpRequest(server.url, { method, headers, agent }, (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
        })
      })
      outgoing.on('error', () => {
        resolve(nothing)
      })
      outgoing.end(body)
    } catch {
      // not to be sent by any client of ours
      resolve(nothing)
    }
  })
const isSound = ({ status, text }: Reply): boolean => status < 500 && !text.includes('INTERNAL_SERVER_ERROR')

describe('requests at random', () => {
  // another one each time is for looking around: FC_SEED=$RANDOM
  const seed = Number(process.env['FC_SEED'] ?? 20_261_122)
  const RUNS = 2_000

  const bodies = (token: string) => [
    { query: '{ viewer { email sessions(first: 2) { nodes { device } } } }' },
    {
      query: 'query q($name: String!) { user(username: $name) { id profile { bio } } }',
      variables: { name: 'somebody' },
      operationName: 'q',
    },
    {
      query: 'mutation ($input: LoginInput!) { login(input: $input) { accessToken userErrors { code } } }',
      variables: { input: { challengeToken: 'x', code: '1' } },
    },
    { query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', variables: { ids: [admin.id, token] } },
    {
      query: '{ users(first: 3, filter: { text: "some" }) { nodes { username } pageInfo { endCursor } } }',
      extensions: { a: 1 },
    },
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
    {
      query: 'fragment f on User { id } query a { viewer { user { ...f } } } query b { __typename }',
      operationName: 'a',
    },
  ]

  /** What happens to the bytes of a body. */
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), count: fc.nat(40) }),
    fc.record({
      kind: fc.constant('insert' as const),
      at: fc.nat(),
      text: fc.oneof(
        fc.string(),
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          '"',
          '\\u0000',
          '\\ud800',
          ':',
          ',',
          '$',
          '...',
          '@skip(if: true)',
          'null',
          '1e999',
          '-0',
          '__proto__',
          '"""',
          '#',
        ),
      ),
    }),
    fc.record({
      kind: fc.constant('repeat' as const),
      at: fc.nat(),
      count: fc.integer({ min: 1, max: 60 }),
      times: fc.integer({ min: 2, max: 200 }),
    }),
    fc.record({ kind: fc.constant('json' as const), value: fc.jsonValue() }),
  )
  const headerValue = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,60}$/)
  const headers = fc.dictionary(
    fc.oneof(
      fc.constantFrom(
        'accept',
        'content-encoding',
        'x-forwarded-for',
        'x-forwarded-proto',
        'x-forwarded-host',
        'authorization',
        'origin',
        'apollo-require-preflight',
        'x-apollo-operation-name',
        'user-agent',
        'cookie',
        'accept-language',
        'range',
        'if-none-match',
        'expect',
        'forwarded',
      ),
      fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
    ),
    headerValue,
    { maxKeys: 3 },
  )
  const type = fc.oneof(
    { weight: 6, arbitrary: fc.constant('application/json') },
    { weight: 1, arbitrary: headerValue },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'application/json; charset=utf-16',
        'text/plain',
        'multipart/form-data',
        'application/graphql-response+json',
      ),
    },
  )
  const method = fc.oneof(
    { weight: 8, arbitrary: fc.constant('POST') },
    { weight: 1, arbitrary: fc.constantFrom('GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH') },
  )

  type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never
  const applied = (body: Buffer, { kind, ...how }: Mutation): Buffer => {
    const {
      at = 0,
      bits = 0,
      count = 0,
      times = 0,
      text = '',
      value,
    } = how as { at?: number; bits?: number; count?: number; times?: number; text?: string; value?: unknown }
    const place = body.length === 0 ? 0 : at % body.length
    if (kind === 'json') return Buffer.from(JSON.stringify(value))
    if (kind === 'flip') return Buffer.from(body.map((byte, index) => (index === place ? byte ^ bits : byte)))
    if (kind === 'cut') return Buffer.concat([body.subarray(0, place), body.subarray(place + count)])
    if (kind === 'insert') return Buffer.concat([body.subarray(0, place), Buffer.from(text), body.subarray(place)])
    return Buffer.concat([
      body.subarray(0, place),
      ...Array<Buffer>(times).fill(body.subarray(place, place + count)),
      body.subarray(place),
    ])
  }

  it(`never break the server (${String(RUNS)} runs, FC_SEED=${String(seed)})`, { timeout: 120_000 }, async () => {
    const fan = await world.fan({ isEmailVerified: false })
    const all = bodies(fan.token)
    const statuses = new Map<number, number>()
    const shot = fc.record({
      base: fc.nat(all.length - 1),
      mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
      headers,
      type,
      method,
      signedIn: fc.boolean(),
    })
    const property = fc.asyncProperty(
      shot,
      async ({ base, mutations, headers: extra, type: contentType, method: verb, signedIn }) => {
        const body = mutations.reduce(applied, Buffer.from(JSON.stringify(all[base])))
        const sent = {
          'content-type': contentType,
          ...(signedIn ? { authorization: `Bearer ${fan.token}` } : {}),
          ...extra,
        }
        const reply = await sendRaw(verb, sent, body)
        statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
        return isSound(reply)
      },
    )
    // a proxy's word for the protocol that made an address of nothing: found by seed 81899082
    const forwarded = { base: 0, mutations: [], headers: { 'x-forwarded-proto': 'A:' }, type: 'application/json' }
    const found = [[{ ...forwarded, method: 'POST', signedIn: false }]] as never
    await fc.assert(property, { seed, numRuns: 300, examples: found })
    const before = process.memoryUsage().rss
    await fc.assert(property, { seed: seed + 1, numRuns: RUNS })
    expect((process.memoryUsage().rss - before) / 1e6, 'MB').toBeLessThan(50)
    expect(statuses.get(200) ?? 0, JSON.stringify([...statuses])).toBeGreaterThan(50)
    expect(statuses.get(0) ?? 0, JSON.stringify([...statuses])).toBeLessThan(RUNS / 4)
    expect((await fan.request('{ viewer { email } }')).data).toEqual({ viewer: { email: fan.email } })
  })
})

describe('values that libraries stumble over', () => {
  it('are refused in documents as in variables: a text with NUL', async () => {
    for (const document of [
      '{ user(username: "a\\u0000b") { id } }',
      'mutation { updateProfile(input: { preferences: { a: ["\\u0000"] } }) { userErrors { code } } }',
    ])
      expect((await admin.request(document)).errors, document).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ])
    const inKey = await admin.request(
      'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { userErrors { code } } }',
      { input: { preferences: { 'a\u0000': 1 } } },
    )
    expect(inKey.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', reason: 'invalid_input' } }])
  })

  const TEXTS = [
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    'a\udfffb',
    '\u202egnp.exe',
    '\ufeff',
    '🏳️‍🌈'.repeat(50),
    'x'.repeat(300),
    'x'.repeat(30_000),
    `' or '1'='1`,
    `'; drop table users; --`,
    '$1',
    '%_\\',
    '${jndi:ldap://x}',
    '{{7*7}}',
    '<script>alert(1)</script>',
    '../../../etc/passwd',
    'a\r\nset-cookie: a=b',
    '__proto__',
    'constructor',
    'İ'.repeat(20),
    'ﬃ@ﬃ.com',
    'a@xn--.com',
    '"quoted"@example.org',
    `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.com`,
    '-1',
    '9999999999999999999',
    '-9223372036854775809',
    '1e309',
    'NaN',
    '0001-01-01',
    '9999-12-31',
    '2024-02-30',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999+14:00',
    '275760-09-13T00:00:00.001Z',
    'https://exa mple.com',
    'https://user:pass@example.com',
    'javascript:alert(1)',
    `https://${'a'.repeat(1_990)}.com`,
    'VXNlcjo=',
    globalId('User', randomUUID()),
  ]
  const PASSWORD_TEXTS = ['', '\u0000', '\ud800', 'x'.repeat(30_000), '🏳️‍🌈'.repeat(50), `' or '1'='1`]
  const JSONS: unknown[] = [
    { a: '\u0000' },
    { '\u0000': 1 },
    { a: '\ud800' },
    { '\ud800': 1 },
    [],
    'x',
    1e308,
    true,
    { a: [[[[[[[[[[1]]]]]]]]]] },
    Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`k${String(n)}`, n])),
    null,
  ]

  /** Something that fits, where the name says more than the type. */
  const GOOD: Readonly<Record<string, () => unknown>> = {
    email: () => `${randomUUID()}@example.org`,
    newEmail: () => `${randomUUID()}@example.org`,
    username: () => `u${randomUUID().slice(0, 8)}`,
    password: () => PASSWORD,
    currentPassword: () => PASSWORD,
    newPassword: () => `new-${PASSWORD}`,
    reason: () => 'A reason.',
    documentToken: () => 'for-people',
    birthDate: () => '1990-05-17',
    suspendedUntil: () => new Date(Date.now() + 86_400_000).toISOString(),
    status: () => 'SUSPENDED',
  }
  const BY_TYPE: Readonly<Record<string, () => unknown>> = {
    String: () => 'text',
    ID: () => globalId('User', randomUUID()),
    Boolean: () => true,
    Int: () => 1,
    BigInt: () => '100',
    Date: () => '1990-05-17',
    DateTime: () => '2026-03-01T09:30:00.000Z',
    Currency: () => 'EUR',
    CountryCode: () => 'DE',
    Url: () => 'https://example.org/',
    JSON: () => ({ a: 1 }),
  }
  interface Leaf {
    readonly path: readonly (string | number)[]
    readonly type: string
  }
  function good(type: GraphQLInputType, name: string, path: readonly (string | number)[], leaves: Leaf[]): unknown {
    const inner = isNonNullType(type) ? type.ofType : type
    if (isListType(inner)) return [good(inner.ofType, name, [...path, 0], leaves)]
    if (isInputObjectType(inner))
      return Object.fromEntries(
        Object.values(inner.getFields()).map((field) => [
          field.name,
          good(field.type, field.name, [...path, field.name], leaves),
        ]),
      )
    leaves.push({ path, type: inner.name })
    const made = GOOD[name]?.()
    if (isEnumType(inner))
      return inner.getValues().some((value) => value.name === made) ? made : inner.getValues()[0]?.name
    return made ?? BY_TYPE[inner.name]?.()
  }
  const replaced = (value: unknown, [head, ...rest]: readonly (string | number)[], by: unknown): unknown => {
    if (head === undefined) return by
    if (Array.isArray(value))
      return value.map((entry: unknown, index) => (index === head ? replaced(entry, rest, by) : entry))
    const object = value as Record<string, unknown>
    return { ...object, [head]: replaced(object[head], rest, by) }
  }

  /** Something of a type to select, to three levels; enough that every leaf of a payload is made. */
  function selection(type: GraphQLOutputType, levels = 3): string {
    const named = getNamedType(type)
    if (isScalarType(named) || isEnumType(named)) return ''
    const fields = isObjectType(named) ? Object.values(named.getFields()) : []
    const inner = fields.flatMap((field) => {
      if (field.args.length > 0) return []
      const below = getNamedType(field.type)
      if (isScalarType(below) || isEnumType(below)) return [field.name]
      return levels > 1 ? [`${field.name} ${selection(field.type, levels - 1)}`] : []
    })
    return `{ __typename ${inner.join(' ')} }`
  }

  const declared = ({ args }: GraphQLField<unknown, unknown>): string =>
    args.length === 0
      ? ''
      : `(${args.map((argument: GraphQLArgument) => `$${argument.name}: ${String(argument.type)}`).join(', ')})`
  const passed = ({ args }: GraphQLField<unknown, unknown>): string =>
    args.length === 0 ? '' : `(${args.map(({ name }) => `${name}: $${name}`).join(', ')})`

  const roots = [
    ['query', served.schema.getQueryType()],
    ['mutation', served.schema.getMutationType()],
  ] as const
  for (const [operation, type] of roots)
    for (const field of Object.values(type?.getFields() ?? {})) {
      if (field.args.length === 0) continue
      it(`do ${operation} ${field.name} no harm`, { timeout: 60_000 }, async () => {
        const document = `${operation} ${declared(field)} { ${field.name}${passed(field)} ${selection(field.type)} }`
        const leaves: Leaf[] = []
        const variables = Object.fromEntries(
          field.args.map(({ name, type: wanted }) => [name, good(wanted, name, [name], leaves)]),
        )
        // `first` and `last` exclude each other: only one is given beside what is tried
        if ('last' in variables) Object.assign(variables, { last: null, before: null, after: null })
        const isStaffField = /^(users|set|review|announce)/.test(field.name)
        let asker = isStaffField ? admin : await world.fan({ isEmailVerified: false })
        const tries = leaves.flatMap(({ path, type: leaf }) => {
          if (leaf === 'JSON') return JSONS.map((value) => ({ path, value }))
          // a password costs a hash, and is looked at by nothing else
          const isPassword = /password/i.test(String(path.at(-1)))
          const values = [...(isPassword ? PASSWORD_TEXTS : TEXTS), 2_147_483_648, {}, []]
          return values.map((value) => ({ path, value }))
        })
        for (const { path, value } of tries) {
          const answer = await asker.request(document, replaced(variables, path, value) as Record<string, unknown>)
          const shown = `${path.join('.')} = ${JSON.stringify(value).slice(0, 60)}: ${JSON.stringify(answer.errors)}`
          expect(answer.status, shown).toBeLessThan(500)
          expect(
            answer.errors.filter(({ extensions }) => extensions['code'] === 'INTERNAL_SERVER_ERROR'),
            shown,
          ).toEqual([])
          const reason = answer.errors[0]?.extensions['reason']
          // whoever was signed out, or has used up a limit by this, is followed by somebody else
          if (
            !isStaffField &&
            (reason === 'invalid_token' || reason === 'rate_limited' || reason === 'account_limited')
          )
            asker = await world.fan({ isEmailVerified: false })
        }
      })
    }
})
