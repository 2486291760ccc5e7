import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/env.js'
import { sqlStatements } from '../../src/lib/metrics.js'
import { CANARY, FAILURES, labSchema } from '../support/lab.js'
import { send, sendBytes, sendJson } from '../support/raw-http.js'
import type { RawAnswer } from '../support/raw-http.js'
import { startServer, TEST_KEYS } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'

let server: TestServer
/** The same product as production serves it. */
let production: TestServer
/** A schema of worst cases behind the same door. */
let lab: TestServer
let fan: Person
const refusals: number[] = []

beforeAll(async () => {
  server = await startServer()
  production = await startServer({
    database: server.database,
    config: { mode: 'production', isProduction: true, corsOrigins: ['https://app.example.com'] },
  })
  lab = await startServer({ database: server.database, schema: labSchema(), config: { isProduction: true } })
  fan = await makeWorld(server).fan({ isEmailVerified: false })
})
afterAll(async () => {
  await lab.close()
  await production.close()
  await server.close()
})

const post = (at: TestServer, body: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> =>
  sendJson(at.url, body, { 'x-forwarded-for': '203.0.113.9', ...headers })
const query = (
  at: TestServer,
  text: string,
  variables?: object,
  headers?: Record<string, string>,
): Promise<RawAnswer> => post(at, { query: text, ...(variables ? { variables } : {}) }, headers)
/** A refusal: said in GraphQL's form, with a code, before anything ran. */
function refused({ status, json, tookMs, text }: RawAnswer, code?: string): void {
  expect(status, text.slice(0, 300)).toBeGreaterThanOrEqual(400)
  expect(status, text.slice(0, 300)).toBeLessThan(500)
  expect(json?.data ?? null).toBeNull()
  expect(json?.errors?.[0]?.extensions?.code, text.slice(0, 300)).toEqual(code ?? expect.any(String))
  refusals.push(tookMs)
}
const nested = (levels: number, field = 'thing', leaf = 'name'): string =>
  `${`${field} { `.repeat(levels)}${leaf}${' }'.repeat(levels)}`
const many = (count: number, make: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => make(n)).join(' ')

describe('documents that are too much', () => {
  it('are refused: a cycle of twenty levels, however it is written', async () => {
    refused(await query(lab, `{ ${nested(20)} }`), 'GRAPHQL_VALIDATION_FAILED')
    refused(await query(lab, `{ ${nested(400)} }`))
    const fragments = many(
      20,
      (n) => `fragment f${String(n)} on Thing { ${n < 19 ? `thing { ...f${String(n + 1)} }` : 'name'} }`,
    )
    refused(await query(lab, `{ thing { ...f0 } } ${fragments}`), 'GRAPHQL_VALIDATION_FAILED')
    refused(
      await query(lab, `{ ${'thing { ... on Thing { '.repeat(20)}name${' } }'.repeat(20)} }`),
      'GRAPHQL_VALIDATION_FAILED',
    )
    refused(
      await query(lab, 'query q($on: Boolean = true) { ' + nested(20, 'thing @include(if: $on)') + ' }'),
      'GRAPHQL_VALIDATION_FAILED',
    )
    refused(
      await query(lab, '{ thing { ...a } } fragment a on Thing { ...b } fragment b on Thing { ...a }'),
      'GRAPHQL_VALIDATION_FAILED',
    )
    expect((await query(lab, `{ ${nested(8)} }`)).status).toBe(200)
  })

  it('are refused: cycles of what people, posts and comments are to each other, before a statement runs', async () => {
    const cycles = {
      'people and posts': ['user(username: "cleo")', 'contents { nodes { creator', '} }'],
      'people and those whom they follow': ['user(username: "cleo")', 'followers { nodes { following { nodes', '} } }'],
      'comments and answers': [
        'content(id: "x") { comments { nodes',
        'replies { nodes { parent { content { comments { nodes',
        '} } } } }',
      ],
    } as const
    const sent = async () => (await sqlStatements.get()).values[0]?.value ?? 0
    for (const [what, [root, step, ends]] of Object.entries(cycles))
      for (const levels of [4, 20]) {
        const closing = what.startsWith('comments') ? ' } }' : ''
        const document = `{ ${root} { ${`${step} { `.repeat(levels)}id${` }${ends}`.repeat(levels)} }${closing} }`
        const before = await sent()
        refused(await query(server, document), 'GRAPHQL_VALIDATION_FAILED')
        expect(await sent(), what).toBe(before)
      }
    // no deeper than may be, and as wide as it gets
    for (const first of [100, 50]) {
      const wide = `{ user(username: "cleo") { contents(first: ${String(first)}) { nodes { creator { contents(first: ${String(first)}) { nodes { id } } } } } } }`
      const before = await sent()
      const answer = await query(server, wide)
      refused(answer, 'BAD_USER_INPUT')
      expect(answer.json.errors[0].extensions.limit).toBe('cost')
      expect(await sent()).toBe(before)
    }
  })

  it('are refused: what doubles with each fragment', async () => {
    const doubling = many(
      18,
      (n) =>
        `fragment f${String(n)} on Thing { ${n < 17 ? `a: thing { ...f${String(n + 1)} } b: thing { ...f${String(n + 1)} }` : 'name'} }`,
    )
    refused(await query(lab, `{ thing { ...f0 } } ${doubling}`))
    const bushy = (levels: number): string =>
      levels === 0 ? 'name' : `a: thing { ${bushy(levels - 1)} } b: thing { ${bushy(levels - 1)} }`
    refused(await query(lab, `{ thing { ${bushy(6)} } }`))
  })

  it('are refused: aliases, root fields, mutations, tokens', async () => {
    refused(await query(lab, `{ ${many(100, (n) => `a${String(n)}: __typename`)} }`))
    refused(await query(lab, `{ ${many(16, (n) => `a${String(n)}: echo(text: "x")`)} }`))
    refused(await query(server, `{ ${many(30, (n) => `a${String(n)}: user(username: "u${String(n)}") { id }`)} }`))
    const logins = (count: number): string =>
      `mutation { ${many(count, (n) => `a${String(n)}: login(input: { email: "a@example.org", password: "x" }) { accessToken }`)} }`
    refused(await query(server, logins(6)))
    refused(await query(server, logins(100)))
    refused(await query(server, logins(1_000)))
    refused(await query(lab, `{ thing { ${'name '.repeat(1_000)} } }`), 'GRAPHQL_PARSE_FAILED')
    refused(await query(lab, `{ thing { name(${'a: 1 '.repeat(600)}) } }`), 'GRAPHQL_PARSE_FAILED')
    refused(await query(lab, '['.repeat(20_000)))
    refused(await query(lab, `{ echo(text: ${'['.repeat(900)}${']'.repeat(90)}) }`))
    refused(await query(lab, `{${' '.repeat(98_000)}`))
    refused(await query(lab, `#${'x'.repeat(90_000)}`))
  })

  it('are refused or harmless: directives and fields written over and over', async () => {
    refused(await query(lab, `{ __typename ${'@aa'.repeat(100)} }`), 'GRAPHQL_VALIDATION_FAILED')
    refused(await query(lab, `{ __typename ${'@skip(if: false) '.repeat(50)} }`), 'GRAPHQL_VALIDATION_FAILED')
    const repeated = await query(lab, `{ thing { ${'name '.repeat(490)} } }`)
    expect([repeated.status, repeated.json.data]).toEqual([200, { thing: { name: 'a thing' } }])
    expect(repeated.tookMs).toBeLessThan(500)
    refused(await query(lab, '{ thing { ...F @defer } } fragment F on Thing { name }'), 'GRAPHQL_VALIDATION_FAILED')
    refused(await query(lab, '{ things { nodes @stream { name } } }'), 'GRAPHQL_VALIDATION_FAILED')
  })

  it('are refused: lists whose size is a literal, a variable, a default, or nothing at all', async () => {
    const twoLists = (size: string): string => `things${size} { nodes { things${size} { nodes { name } } } }`
    refused(await query(lab, `{ ${twoLists('(first: 100)')} }`), 'BAD_USER_INPUT')
    refused(await query(lab, `query q($n: Int) { ${twoLists('(first: $n)')} }`, { n: 100 }), 'BAD_USER_INPUT')
    refused(await query(lab, `query q($n: Int = 100) { ${twoLists('(first: $n)')} }`), 'BAD_USER_INPUT')
    refused(
      await query(lab, `query q($n: Int) { ${twoLists('(last: $n, first: null)')} }`, { n: 100 }),
      'BAD_USER_INPUT',
    )
    refused(await query(lab, `{ things { nodes { ${twoLists('')} } } }`), 'BAD_USER_INPUT')
    refused(await query(lab, `query q($n: Int) { things { nodes { ${twoLists('(first: $n)')} } } }`), 'BAD_USER_INPUT')
    refused(
      await query(lab, `query q($n: Int) { things { nodes { ${twoLists('(first: $n)')} } } }`, { n: null }),
      'BAD_USER_INPUT',
    )
    for (const size of [0, -1, 101, 2_147_483_647, -2_147_483_648])
      refused(
        await query(lab, 'query q($n: Int) { things(first: $n) { nodes { name } } }', { n: size }),
        'BAD_USER_INPUT',
      )
    for (const size of [2_147_483_648, 1.5, 1e308, '7', true, [1], {}])
      refused(
        await query(lab, 'query q($n: Int) { things(first: $n) { nodes { name } } }', { n: size }),
        'BAD_USER_INPUT',
      )
    expect((await query(lab, '{ things(first: 30) { nodes { things(first: 30) { nodes { name } } } } }')).status).toBe(
      200,
    )
    const ids = Array.from({ length: 101 }, () => fan.id)
    refused(await query(server, 'query q($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids }), 'BAD_USER_INPUT')
    refused(await query(server, `{ nodes(ids: ${JSON.stringify(ids)}) { id } }`), 'BAD_USER_INPUT')
  })

  it('cost the same whether they are written out or given in variables', async () => {
    const cost = async (text: string, variables?: object): Promise<unknown> =>
      (await query(lab, text, variables)).json.extensions.cost.requested
    const literal = await cost('{ things(first: 40) { nodes { thing { name } } } }')
    expect(await cost('query q($n: Int) { things(first: $n) { nodes { thing { name } } } }', { n: 40 })).toEqual(
      literal,
    )
    expect(await cost('query q($n: Int = 40) { things(first: $n) { nodes { thing { name } } } }')).toEqual(literal)
    expect(
      await cost(
        '{ ...f } fragment f on Query { things(first: 40) { ...g } } fragment g on ThingConnection { nodes { thing { name } } }',
      ),
    ).toEqual(literal)
  })

  it('do not swell by introspection', async () => {
    const deep = `{ __schema { types { ${'fields { type { '.repeat(6)}name${' } }'.repeat(6)} } } }`
    refused(await query(server, deep, undefined, { authorization: `Bearer ${fan.token}` }))
    const aliased = `{ __schema { ${many(15, (n) => `a${String(n)}: types { fields { name type { name kind } args { name } } }`)} } }`
    const answer = await query(server, aliased, undefined, { authorization: `Bearer ${fan.token}` })
    expect(answer.tookMs).toBeLessThan(1_500)
    expect(answer.text.length).toBeLessThan(5_000_000)
  })
})

describe('the schema', () => {
  it('is kept from strangers in production, however they ask', async () => {
    const asks = [
      '{ __schema { types { name } } }',
      '{ __type(name: "User") { fields { name } } }',
      'query IntrospectionQuery { __schema { queryType { name } } }',
      '{ x: __schema { types { name } } }',
      '{ ... on Query { __schema { types { name } } } }',
      '{ ... { __type(name: "User") { name } } }',
      '{ ...f } fragment f on Query { __schema { types { name } } }',
      'query q($on: Boolean = true) { __schema @include(if: $on) { types { name } } }',
      '{ viewer { email } __schema { types { name } } }',
    ]
    for (const text of asks) {
      refused(await query(production, text))
      expect((await query(production, text)).text).not.toMatch(/"types"|"fields"/)
    }
    expect((await query(production, '{ __typename }')).json).toMatchObject({ data: { __typename: 'Query' } })
  })

  it('is not guessed at by its suggestions in production', async () => {
    const misspelt = [
      '{ viewr { email } }',
      '{ viewer { emal } }',
      '{ user(usernam: "x") { id } }',
      '{ users(filter: { accountTyp: FAN }) { nodes { id } } }',
      'mutation ($input: LoginInputt!) { login(input: $input) { accessToken } }',
      '{ users(filter: { status: ACTIV }) { nodes { id } } }',
    ]
    for (const text of misspelt) {
      const answer = await query(production, text)
      refused(answer)
      expect(answer.text).not.toMatch(/did you mean/i)
    }
    const input = await query(production, 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
      input: { emial: 'x' },
    })
    expect(input.text).not.toMatch(/did you mean/i)
    expect((await query(server, '{ viewr { email } }')).text).toMatch(/Did you mean/)
  })

  it('has no explorer, no landing page and no tracing in production', async () => {
    for (const path of [
      '/graphql',
      '/graphql?query={__typename}',
      '/',
      '/graphiql',
      '/playground',
      '/voyager',
      '/altair',
      '/console',
      '/explorer',
    ]) {
      const answer = await send(production.url, { method: 'GET', path, headers: { accept: 'text/html' } })
      expect(answer.text, path).not.toMatch(/<html|<script|graphiql/i)
    }
    const traced = await query(production, '{ __typename }', undefined, {
      'apollo-federation-include-trace': 'ftv1',
      'x-apollo-tracing': '1',
    })
    expect(Object.keys(traced.json.extensions ?? {})).toEqual(['cost'])
  })
})

describe('the ways in that browsers open to other sites', () => {
  const mutation = 'mutation { logout(input: {}) { isLoggedOut } }'

  it('run no mutation by GET, and no query without a header that asks first', async () => {
    const get = (text: string, headers: Record<string, string>): Promise<RawAnswer> =>
      send(server.url, { method: 'GET', path: `/graphql?query=${encodeURIComponent(text)}`, headers })
    const preflighted = { 'apollo-require-preflight': 'true', authorization: `Bearer ${fan.token}` }
    const answer = await get(mutation, preflighted)
    expect(answer.status).toBe(405)
    refused(await get('{ viewer { email } }', { authorization: `Bearer ${fan.token}` }))
    refused(await get('{ viewer { email } }', { 'content-type': 'text/plain', authorization: `Bearer ${fan.token}` }))
    refused(await get('{ viewer { email } }', { 'content-type': 'application/json; charset=x, text/plain' }))
    expect((await get('{ viewer { email } }', preflighted)).json).toEqual(
      expect.objectContaining({ data: { viewer: { email: fan.email } } }),
    )
    expect((await fan.request('{ viewer { email } }')).data).not.toBeNull()
  })

  it('run nothing that a form can post', async () => {
    const forms = [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'text/plain; application/json',
      '',
      'application/graphql',
      'application/xml',
      'application/json5',
      'application/jsonp',
    ]
    for (const type of forms) {
      const bodies = [JSON.stringify({ query: mutation }), `query=${encodeURIComponent(mutation)}`]
      for (const body of bodies) {
        const headers = { ...(type ? { 'content-type': type } : {}), authorization: `Bearer ${fan.token}` }
        const answer = await send(server.url, { headers, body })
        expect(answer.status, `${type}: ${answer.text}`).toBeGreaterThanOrEqual(400)
        expect(answer.status, type).toBeLessThan(500)
        expect(answer.json?.data ?? null, type).toBeNull()
      }
    }
    expect((await fan.request('{ viewer { email } }')).data).not.toBeNull()
  })

  it('say to no other site that it may read', async () => {
    const origins = [
      'https://evil.example',
      'null',
      'https://app.example.com.evil.example',
      'http://app.example.com',
      'https://app.example.com:444',
      'https://xapp.example.com',
      'http://localhost:3000',
    ]
    for (const origin of origins) {
      const preflight = await send(production.url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      })
      expect(preflight.headers['access-control-allow-origin'], origin).toBeUndefined()
      expect(preflight.headers['access-control-allow-headers'], origin).toBeUndefined()
      const answer = await query(production, '{ __typename }', undefined, { origin })
      expect(answer.headers['access-control-allow-origin'], origin).toBeUndefined()
    }
    const ours = await query(production, '{ __typename }', undefined, { origin: 'https://app.example.com' })
    expect(ours.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      vary: expect.stringMatching(/origin/i),
    })
    expect(ours.headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('carry the headers that keep pages in their place', async () => {
    for (const answer of [
      await query(production, '{ __typename }'),
      await query(production, '{'),
      await send(production.origin, { method: 'GET', path: '/nothing' }),
    ]) {
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      })
      for (const name of ['x-powered-by', 'server', 'set-cookie', 'etag'])
        expect(answer.headers[name], name).toBeUndefined()
      expect(answer.headers['content-type']).toMatch(/charset=utf-8/i)
    }
  })
})

describe('bodies that are no requests', () => {
  it('are refused as what they are', async () => {
    const bodies = [
      '',
      ' ',
      'null',
      '[]',
      '{}',
      '1',
      '"x"',
      'true',
      '{',
      '{"query"',
      '{"query":}',
      '\ufeff{"query":"{__typename}"}x',
      '{"query":null}',
      '{"query":1}',
      '{"query":""}',
      '{"query":[]}',
      '{"query":{}}',
      '{"variables":{}}',
    ]
    for (const body of bodies)
      refused(await send(server.url, { headers: { 'content-type': 'application/json' }, body }))
    const odd = [
      { query: '{ __typename }', variables: [] },
      { query: '{ __typename }', variables: 'x' },
      { query: '{ __typename }', variables: 1 },
      { query: '{ __typename }', operationName: 1 },
      { query: '{ __typename }', operationName: {} },
      { query: '{ __typename }', extensions: 'x' },
      { query: '{ __typename }', extensions: [] },
      { query: '{ __typename }', operationName: 'other' },
      { query: 'query a { __typename } query b { __typename }' },
      { query: 'subscription { viewerChanged { kind } }' },
      { query: 'type Query { a: Int }' },
      { query: 'extend type User { a: Int }' },
      { query: '{ __typename }', extensions: { persistedQuery: { version: 1, sha256Hash: 'x'.repeat(64) } } },
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'f'.repeat(64) } } },
      { extensions: { persistedQuery: { version: 1, sha256Hash: { a: 1 } } } },
      { extensions: { persistedQuery: 'x' } },
    ]
    for (const body of odd) {
      const answer = await post(server, body)
      expect(answer.status, JSON.stringify(body)).toBeLessThan(500)
      expect(answer.json.errors?.length, JSON.stringify(body)).toBeGreaterThan(0)
    }
  })

  it('are refused in batches', async () => {
    for (const batch of [
      [{ query: '{ __typename }' }],
      Array.from({ length: 100 }, () => ({ query: 'mutation { logout(input: {}) { isLoggedOut } }' })),
    ])
      refused(await post(server, batch, { authorization: `Bearer ${fan.token}` }))
    expect((await fan.request('{ viewer { email } }')).data).not.toBeNull()
  })

  it('are refused beyond 160 kB, in other charsets, and compressed', async () => {
    const large = await post(server, { query: `{ user(username: "${'x'.repeat(180_000)}") { id } }` })
    expect(large.status).toBe(413)
    refused(large)
    const chunked = await sendBytes(
      server.url,
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`ffff\r\n${'x'.repeat(0xffff)}\r\n`.repeat(3)}0\r\n\r\n`,
    )
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /)
    for (const charset of ['utf-7', 'utf-16', 'utf-16le', 'iso-8859-1', 'us-ascii', 'utf8x', '"utf-7"', 'UTF-7']) {
      const answer = await send(server.url, {
        headers: { 'content-type': `application/json; charset=${charset}` },
        body: '{"query":"{ __typename }"}',
      })
      expect(answer.status, charset).toBe(415)
      refused(answer)
    }
    expect(
      (
        await send(server.url, {
          headers: { 'content-type': 'application/json; charset=UTF-8' },
          body: '{"query":"{ __typename }"}',
        })
      ).status,
    ).toBe(200)
    for (const encoding of ['gzip', 'br', 'deflate', 'identity, gzip']) {
      const answer = await send(server.url, {
        headers: { 'content-type': 'application/json', 'content-encoding': encoding },
        body: Buffer.from('1f8b0800', 'hex'),
      })
      refused(answer)
    }
  })

  it('are refused when they nest or swell beyond measure', async () => {
    const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    const wrapped = (variables: string): string =>
      `{"query":"query q($v: String) { user(username: $v) { id } }","variables":${variables}}`
    const post_ = (body: string): Promise<RawAnswer> =>
      send(server.url, { headers: { 'content-type': 'application/json' }, body })
    refused(await post_(wrapped(deep(15_000))))
    refused(await post_(wrapped(`{"v":${deep(15_000)}}`)))
    refused(await post_(wrapped(`{"v":${'['.repeat(40_000)}${']'.repeat(40_000)}}`)))
    refused(await post_(wrapped(`{"v":[${'1,'.repeat(40_000)}1]}`)))
    refused(await post_(`{"query":"{ __typename }","extensions":{"persistedQuery":${deep(15_000)}}}`))
    refused(await post_(deep(15_000)))
    const profile = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { userErrors { code } } }'
    let preferences: unknown = 1
    for (let level = 0; level < 40; level += 1) preferences = { a: preferences }
    refused(await query(server, profile, { input: { preferences } }, { authorization: `Bearer ${fan.token}` }))
    refused(
      await query(
        server,
        profile,
        { input: { preferences: { a: 'x'.repeat(20_000) } } },
        { authorization: `Bearer ${fan.token}` },
      ),
    )
  })

  it('reach no prototype', async () => {
    const bodies = [
      '{"__proto__":{"polluted":1},"query":"{ __typename }"}',
      '{"query":"{ __typename }","variables":{"__proto__":{"polluted":1}}}',
      '{"query":"{ __typename }","variables":{"constructor":{"prototype":{"polluted":1}}}}',
      '{"query":"{ __typename }","extensions":{"__proto__":{"polluted":1}}}',
      '{"query":"mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { userErrors { code } } }","variables":{"input":{"preferences":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}}}',
      '{"query":"{ __proto__: __typename }"}',
      '{"query":"query ($__proto__: String) { user(username: $__proto__) { id } }","variables":{"__proto__":"x"}}',
      '{"query":"{ constructor: __typename toString: __typename hasOwnProperty: __typename }"}',
    ]
    for (const body of bodies) {
      const answer = await send(server.url, {
        headers: { 'content-type': 'application/json', authorization: `Bearer ${fan.token}` },
        body,
      })
      expect(answer.status, body).toBeLessThan(500)
      expect(({} as Record<string, unknown>)['polluted'], body).toBeUndefined()
      expect(Object.prototype.toString.call({})).toBe('[object Object]')
    }
    const header = await send(server.url, {
      headers: { 'content-type': 'application/json', __proto__: 'x', ['constructor']: 'x' },
      body: '{"query":"{ __typename }"}',
    })
    expect(header.status).toBe(200)
  })
})

describe('HTTP spoken wrongly', () => {
  const at = (path: string, method = 'POST'): Promise<RawAnswer> =>
    send(server.url, {
      method,
      path,
      headers: { 'content-type': 'application/json' },
      body: method === 'GET' ? '' : '{"query":"{ __typename }"}',
    })

  it('finds the API under one path and two methods', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE']) {
      const { status, json } = await at('/graphql', method)
      expect([400, 404, 405], method).toContain(status)
      expect(json?.data, method).toBeUndefined()
    }
    for (const path of [
      '/',
      '/graphql/',
      '/GRAPHQL',
      '//graphql',
      '/graphql%00',
      '/graphql%2f',
      '/graphql/..',
      '/%67raphql/x',
      '/.env',
      '/api/graphql',
      '/graphql;x=1',
    ]) {
      const { status } = await at(path)
      expect([400, 404], path).toContain(status)
    }
  })

  it('is not smuggled past a proxy', async () => {
    const body = '{"query":"{ __typename }"}'
    const head = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
    const wrong = [
      `${head}Content-Length: ${String(body.length)}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${head}Content-Length: 5\r\nContent-Length: 26\r\n\r\n${body}`,
      `${head}Content-Length: -1\r\n\r\n${body}`,
      `${head}Content-Length: +26\r\n\r\n${body}`,
      `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `${head}X: a\r\n b\0c\r\n\r\n`,
      `${head}X\x01: a\r\n\r\n`,
      'GET /graphql HTTP/9.9\r\n\r\n',
      'POST /graphql\r\n\r\n',
      'GET /graphql HTTP/1.0\r\n\r\n',
      `${head.replace('Host: x', 'Host: a b')}Content-Length: ${String(body.length)}\r\n\r\n${body}`,
      `${head.replace('Host: x', 'Host: [')}Content-Length: ${String(body.length)}\r\n\r\n${body}`,
      `${head}X-Forwarded-Host: a b\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
      `${head}X-Forwarded-Proto: a b\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
      `${head}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
    ]
    for (const bytes of wrong)
      expect(await sendBytes(server.url, bytes, 400), JSON.stringify(bytes.slice(0, 160))).toMatch(
        /^HTTP\/1\.1 4\d\d |^$/,
      )
    expect((await query(server, '{ __typename }')).status).toBe(200)
  })

  it('puts nothing of what clients send into headers', async () => {
    const crlf = 'x\r\nset-cookie: canary=1'
    const answers = [
      await post(server, { query: '{ __typename }', operationName: crlf }),
      await send(server.url, {
        method: 'GET',
        path: `/graphql?query=${encodeURIComponent(crlf)}`,
        headers: { 'apollo-require-preflight': '1' },
      }),
      await send(server.url, {
        headers: {
          'content-type': 'application/json',
          'x-request-id': 'canary-id',
          'x-apollo-operation-name': 'canary',
        },
        body: '{"query":"{ __typename }"}',
      }),
    ]
    for (const { headers } of answers) expect(JSON.stringify(headers)).not.toMatch(/canary/)
  })

  it('has a limit for every wait', async () => {
    const { requestTimeout, headersTimeout, keepAliveTimeout, timeout, maxRequestsPerSocket } = server.server.app.server
    expect(headersTimeout).toBeLessThanOrEqual(10_000)
    expect(requestTimeout).toBeLessThanOrEqual(30_000)
    expect(keepAliveTimeout).toBeLessThanOrEqual(75_000)
    expect(timeout).toBeGreaterThan(keepAliveTimeout)
    expect(timeout).toBeLessThanOrEqual(90_000)
    expect(maxRequestsPerSocket ?? 0).toBeGreaterThanOrEqual(0)
    const half = await sendBytes(
      server.url,
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query"',
      500,
    )
    expect(half).toBe('')
  })
})

describe('tokens that are none of ours', () => {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const decode = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>

  it('sign nobody in', async () => {
    const [head = '', body = '', signature = ''] = fan.token.split('.')
    const header = decode(head)
    const claims = decode(body)
    const seed =
      readConfig({ NODE_ENV: 'test', DATA_DIR: '/tmp/unused', ...TEST_KEYS }).tokenKeys[0]?.secret ?? Buffer.alloc(0)
    const ours = createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
      format: 'der',
      type: 'pkcs8',
    })
    const theirs = generateKeyPairSync('ed25519')
    const jwks = (await send(server.origin, { method: 'GET', path: '/.well-known/jwks.json' })).json as {
      keys: { x: string; d?: string }[]
    }
    expect(jwks.keys[0]?.d).toBeUndefined()
    const publicBytes = Buffer.from(jwks.keys[0]?.x ?? '', 'base64url')
    const signed = (changed: object, changedClaims: object = {}, key = ours): string => {
      const text = `${encode({ ...header, ...changed })}.${encode({ ...claims, ...changedClaims })}`
      return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`
    }
    const hmacSigned = (alg: string, key: Buffer | string): string => {
      const text = `${encode({ ...header, alg })}.${body}`
      return `${text}.${createHmac(alg.replace('HS', 'sha'), key).update(text).digest('base64url')}`
    }
    const forged: Record<string, string> = {
      'alg none': `${encode({ ...header, alg: 'none' })}.${body}.`,
      'alg None': `${encode({ ...header, alg: 'None' })}.${body}.${signature}`,
      'no signature': `${head}.${body}.`,
      'no alg': signed({ alg: undefined }),
      'HS256 by the public key': hmacSigned('HS256', publicBytes),
      'HS256 by the public key as text': hmacSigned('HS256', jwks.keys[0]?.x ?? ''),
      'HS512 by nothing': hmacSigned('HS512', ''),
      'another key under our kid': signed({}, {}, theirs.privateKey),
      'another key that it brings itself': signed(
        { jwk: theirs.publicKey.export({ format: 'jwk' }), kid: undefined },
        {},
        theirs.privateKey,
      ),
      'a key from elsewhere': signed({ jku: `${server.origin}/evil.json`, kid: 'evil' }, {}, theirs.privateKey),
      'a kid that is a path': signed({ kid: '../../../../dev/null' }),
      'a kid that is SQL': signed({ kid: "x' or '1'='1" }),
      'a kid that is an object': signed({ kid: { a: 1 } }),
      'no kid': signed({ kid: undefined }),
      'another type': signed({ typ: 'JWT' }),
      'a type of refresh': signed({ typ: 'rt+jwt' }),
      'a critical extension': signed({ crit: ['exp'], exp: 1 }),
      'an unencoded payload': signed({ b64: false, crit: ['b64'] }),
      'another audience': signed({}, { aud: 'somebody-else' }),
      'several audiences of others': signed({}, { aud: ['a', 'b'] }),
      'another issuer': signed({}, { iss: 'evil' }),
      'no end': signed({}, { exp: undefined }),
      'an end in the past': signed({}, { exp: 1_000 }),
      'an end that is text': signed({}, { exp: 'never' }),
      'not yet': signed({}, { nbf: Math.floor(Date.now() / 1_000) + 3_600 }),
      'no session': signed({}, { sid: undefined }),
      'a session that is none': signed({}, { sid: 'x' }),
      'somebody else’s session': signed({}, { sub: '11111111-1111-4111-8111-111111111111' }),
      nobody: signed({}, { sub: undefined }),
      'another payload': `${head}.${encode({ ...claims, sub: '11111111-1111-4111-8111-111111111111' })}.${signature}`,
      'one letter changed': fan.token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
      'white space': `${head}. ${body}.${signature}`,
      'five parts': `${fan.token}.x.y`,
      'a long one': `${fan.token}${'A'.repeat(5_000)}`,
    }
    expect(
      (await query(server, '{ viewer { email } }', undefined, { authorization: `Bearer ${signed({})}` })).json.data
        .viewer.email,
      'ours',
    ).toBe(fan.email)
    const message = (await query(server, '{ viewer { email } }', undefined, { authorization: 'Bearer x' })).json
      .errors[0].message as string
    for (const [what, token] of Object.entries(forged)) {
      const answer = await query(server, '{ viewer { email } }', undefined, { authorization: `Bearer ${token}` })
      expect(answer.status, what).toBe(401)
      expect(answer.json.errors, what).toMatchObject([
        { extensions: { code: 'UNAUTHENTICATED', reason: 'invalid_token' } },
      ])
      if (!['a long one', 'white space'].includes(what)) expect(answer.json.errors[0].message, what).toBe(message)
    }
    for (const authorization of [
      fan.token,
      `Basic ${fan.token}`,
      `bearer`,
      'Bearer',
      'Bearer ',
      `Token ${fan.token}`,
      `Bearer ${fan.token}, Bearer x`,
      `Bearer ${fan.refreshToken}`,
    ])
      expect(
        (await query(server, '{ viewer { email } }', undefined, { authorization })).status,
        authorization.slice(0, 12),
      ).toBe(401)
    expect(
      (await query(server, '{ viewer { email } }', undefined, { authorization: `bearer ${fan.token}` })).json.data
        .viewer,
    ).not.toBeNull()
  })
})

describe('an address that is claimed', () => {
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken userErrors { code } } }'
  const guess = (at: TestServer, email: string, address: string): Promise<RawAnswer> =>
    query(
      at,
      login,
      { input: { email, password: 'not-the-Password-1' } },
      {
        'x-forwarded-for': address,
        forwarded: `for=${address}`,
        'x-real-ip': address,
        'client-ip': address,
        'true-client-ip': address,
        'cf-connecting-ip': address,
      },
    )

  it('counts for nothing unless a proxy of ours says so', async () => {
    const open = await startServer({ database: server.database, config: { trustedProxies: [] } })
    const reasons: string[] = []
    for (let n = 0; n < 60 && !reasons.includes('rate_limited'); n += 1) {
      const { json } = await guess(open, `nobody${String(n)}@example.org`, `198.18.${String(n)}.1`)
      reasons.push(json.errors?.[0]?.extensions.reason ?? json.data.login.userErrors[0].code)
    }
    await open.close()
    expect(reasons.at(-1)).toBe('rate_limited')
  })

  it('does not free an account that is being guessed at', async () => {
    const statuses: number[] = []
    let last: RawAnswer | undefined
    for (let n = 0; n < 14; n += 1) {
      last = await guess(server, fan.email, `198.19.${String(n)}.1`)
      statuses.push(last.json.errors?.[0]?.extensions.reason === 'rate_limited' ? 429 : 200)
    }
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(200))
    expect(statuses.slice(10)).toEqual(Array(4).fill(429))
    expect(last?.json.errors[0].extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    })
    expect(last?.json.data ?? null).toBeNull()
  })

  it('is counted for each field of a request', async () => {
    const email = 'aliased@example.org'
    const five = `mutation { ${many(5, (n) => `a${String(n)}: login(input: { email: "${email}", password: "wrong-Password-${String(n)}" }) { userErrors { code } }`)} }`
    const said: string[] = []
    for (let n = 0; n < 3; n += 1)
      said.push((await query(server, five, undefined, { 'x-forwarded-for': '198.20.0.1' })).text)
    expect(said[0]).not.toContain('rate_limited')
    expect(said[1]).not.toContain('rate_limited')
    expect(said[2]?.match(/rate_limited/g)?.length ?? 0).toBeGreaterThan(0)
  })
})

describe('what breaks inside', () => {
  it('is shown as broken, with an id to ask after, and nothing else', async () => {
    const documents = [...FAILURES, 'commit'].flatMap((how) => [
      `{ boom(how: "${how}") }`,
      `{ requiredBoom(how: "${how}") }`,
      `{ thing { boom(how: "${how}") } }`,
      `{ ok: echo(text: "x") boom(how: "${how}") }`,
      `mutation { fail(input: { how: "${how}" }) { done userErrors { message } } }`,
    ])
    for (const text of documents) {
      const answer = await query(lab, text)
      expect(answer.text, text).not.toMatch(
        new RegExp(`${CANARY}|prisma|postgres|stack|\\.ts|node_modules|select |uuid`, 'i'),
      )
      const errors = (answer.json.errors ?? []) as { message: string; extensions: Record<string, unknown> }[]
      if (/how: "null"/.test(text) && !text.includes('required')) continue
      expect(errors, text).toHaveLength(1)
      expect(errors[0]?.message, text).toBe('Something went wrong on our side.')
      expect(errors[0]?.extensions, text).toEqual({
        code: 'INTERNAL_SERVER_ERROR',
        requestId: answer.headers['x-request-id'],
      })
      if (answer.json.data === null || answer.json.data === undefined) expect(answer.status, text).toBe(500)
    }
  })
})

describe('a refusal', () => {
  it('costs little', async () => {
    const sorted = refusals.sort((a, b) => a - b)
    expect(sorted.length).toBeGreaterThan(80)
    expect(sorted[Math.floor(sorted.length * 0.5)]).toBeLessThan(50)
    const probes: number[] = []
    for (let n = 0; n < 20; n += 1) probes.push((await query(lab, '{ __typename }')).tookMs)
    probes.sort((a, b) => a - b)
    expect(probes[10]).toBeLessThan(50)
    // or, on a machine that is busy with other things, no worse than what is not refused
    expect(sorted[Math.floor(sorted.length * 0.95)]).toBeLessThan(Math.max(200, 10 * (probes[19] ?? 0)))
  })
})
