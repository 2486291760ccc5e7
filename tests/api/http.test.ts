import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/until.js'
import { connect, openLaboratory, RawSocket } from './laboratory.js'
import type { Laboratory } from './laboratory.js'

let lab: Laboratory
beforeAll(async () => (lab = await openLaboratory()))
afterAll(() => lab.close())

const JSON_TYPE = { 'content-type': 'application/json' }
const send = (body: string | undefined, headers: Record<string, string> = JSON_TYPE, method = 'POST', search = '') =>
  fetch(`${lab.url}${search}`, { method, headers, ...(body === undefined ? {} : { body }) })
const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { errors?: { extensions?: { code?: string } }[] }).errors?.[0]?.extensions?.code

describe('GraphQL over HTTP', () => {
  it('passes every MUST of the audits, and the SHOULDs but those that Apollo answers otherwise on purpose', async () => {
    const audits = serverAudits({ url: lab.url, fetchFn: fetch })
    const failed: string[] = []
    for (const audit of audits) {
      const result = await audit.fn()
      if (result.status !== 'ok') failed.push(`${result.status} ${audit.id} ${audit.name}`)
    }
    expect(failed.filter((line) => line.startsWith('error'))).toEqual([])
    const warnings = failed.filter((line) => line.startsWith('warn')).map((line) => line.split(' ')[1])
    // 400 for bad documents and variables, also under application/json
    expect(warnings.filter((id) => !['572B', 'FDE2', '7B9B'].includes(id ?? ''))).toEqual([])
  })
})

describe('a request is refused', () => {
  it.each([
    ['utf-7', 'application/json; charset=utf-7'],
    ['latin-1', 'application/json; charset="ISO-8859-1"'],
    ['text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['nothing said', ''],
  ])('that is not JSON in UTF-8: %s', async (_name, type) => {
    const response = await send(
      '{"query":"{ hello }"}',
      type === '' ? { 'content-type': '' } : { 'content-type': type },
    )
    expect(response.status).toBe(415)
    expect(await codeOf(response)).toBe('BAD_REQUEST')
  })

  it.each([
    ['no JSON', '{"query":', 400],
    ['an array', '[{"query":"{ hello }"}]', 400],
    ['a string', '"{ hello }"', 400],
    ['null', 'null', 400],
    ['an empty object', '{}', 400],
    ['a query that is no text', '{"query":{"a":1}}', 400],
    ['variables that are no object', '{"query":"{ hello }","variables":[]}', 400],
    ['variables as text', '{"query":"{ hello }","variables":"{}"}', 400],
    ['extensions that are no object', '{"query":"{ hello }","extensions":7}', 400],
    ['a prototype', '{"query":"{ hello }","variables":{"__proto__":{"a":1}}}', 400],
    ['a constructor’s prototype', '{"query":"{ hello }","variables":{"constructor":{"prototype":{}}}}', 400],
    [
      'an unknown version of persisted queries',
      '{"query":"{ hello }","extensions":{"persistedQuery":{"version":2}}}',
      400,
    ],
  ])('whose body is %s', async (_name, body, status) => {
    const response = await send(body)
    expect(response.status).toBe(status)
    expect(await codeOf(response)).toBe('BAD_REQUEST')
  })

  it('whose JSON reaches for a prototype, and says so', async () => {
    const response = await send('{"query":"{ hello }","variables":{"constructor":{"prototype":{}}}}')
    expect(await response.json()).toMatchObject({
      errors: [{ message: expect.stringContaining('prototype') as string }],
    })
  })

  it('that is larger than 160 kB', async () => {
    const response = await send(JSON.stringify({ query: '{ hello }', variables: { x: 'x'.repeat(160_001) } }))
    expect(response.status).toBe(413)
    expect(await codeOf(response)).toBe('BAD_REQUEST')
  })

  it('that a browser could send across sites without a preflight', async () => {
    expect((await send(undefined, {}, 'GET', '?query={hello}')).status).toBe(400)
    expect((await send(undefined, { 'apollo-require-preflight': '1' }, 'GET', '?query={hello}')).status).toBe(200)
  })

  it('that mutates by GET', async () => {
    const response = await send(undefined, { 'apollo-require-preflight': '1' }, 'GET', '?query=mutation{plain}')
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })

  it.each(['PUT', 'DELETE', 'PATCH'])('whose method is %s', async (method) => {
    expect((await send('{"query":"{ hello }"}', JSON_TYPE, method)).status).toBe(404)
  })

  it('for another path', async () => {
    const response = await fetch(lab.url.replace('/graphql', '/nothing'))
    expect(response.status).toBe(404)
    expect(await codeOf(response)).toBe('BAD_REQUEST')
  })
})

describe('headers', () => {
  it('protect every answer, and name the request', async () => {
    for (const response of [
      await send('{"query":"{ hello }"}'),
      await send('nonsense'),
      await fetch(lab.url.replace('/graphql', '/nothing')),
    ]) {
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      })
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(response.headers.get('x-powered-by')).toBeNull()
    }
  })

  it('do not let the client choose the request id', async () => {
    const response = await send('{"query":"{ hello }"}', { ...JSON_TYPE, 'x-request-id': 'mine', 'request-id': 'mine' })
    expect(response.headers.get('x-request-id')).not.toBe('mine')
  })

  it('let pages of listed origins in, and of this machine in development', async () => {
    const allowed = async (origin: string, url = lab.url) =>
      (
        await fetch(url, { method: 'POST', headers: { ...JSON_TYPE, origin }, body: '{"query":"{ hello }"}' })
      ).headers.get('access-control-allow-origin')
    expect(await allowed('https://app.example.com')).toBe('https://app.example.com')
    expect(await allowed('http://localhost:5173')).toBe('http://localhost:5173')
    expect(await allowed('https://app.example.com.evil.example')).toBeNull()
    expect(await allowed('null')).toBeNull()
    const production = await openLaboratory({ isProduction: true, mode: 'production' })
    expect(await allowed('http://localhost:5173', production.url)).toBeNull()
    await production.close()
  })

  it('answer a preflight', async () => {
    const preflight = (origin: string) =>
      send(
        undefined,
        { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
        'OPTIONS',
      )
    const response = await preflight('https://app.example.com')
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-headers')).toBeNull()
  })

  it('say https only where a trusted proxy says so, in production', async () => {
    const hsts = async (config: object) => {
      const production = await openLaboratory({ isProduction: true, mode: 'production', ...config })
      const response = await fetch(production.url, {
        method: 'POST',
        headers: { ...JSON_TYPE, 'x-forwarded-proto': 'https' },
        body: '{"query":"{ hello }"}',
      })
      await production.close()
      return response.headers.get('strict-transport-security')
    }
    expect(await hsts({ trustedProxies: ['127.0.0.0/8'] })).toContain('max-age')
    expect(await hsts({ trustedProxies: [] })).toBeNull()
  })
})

describe('the address of a client', () => {
  const spentBy = async (trustedProxies: string[], forwarded: string) => {
    const proxied = await openLaboratory({ trustedProxies })
    await fetch(proxied.url, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'x-forwarded-for': forwarded },
      body: '{"query":"{ hello }"}',
    })
    await proxied.close()
    return [...proxied.budget.spent.keys()]
  }

  it('is the peer, whatever it says of itself', async () => {
    expect(await spentBy([], '203.0.113.7')).toEqual(['ip:127.0.0.1'])
  })

  it('is what a configured proxy forwards, and no further', async () => {
    expect(await spentBy(['127.0.0.0/8'], '203.0.113.7')).toEqual(['ip:203.0.113.7'])
    expect(await spentBy(['127.0.0.1'], '198.51.100.1, 203.0.113.7')).toEqual(['ip:203.0.113.7'])
    expect(await spentBy(['127.0.0.1', '203.0.113.0/24'], '198.51.100.1, 203.0.113.7')).toEqual(['ip:198.51.100.1'])
    expect(await spentBy(['127.0.0.1'], 'nonsense')).toEqual(['ip:127.0.0.1'])
    expect(await spentBy(['127.0.0.1'], '2001:db8:1:2:3:4:5:6')).toEqual(['ip:2001:db8:1:2'])
  })
})

/** Half a surrogate pair cannot be written in an address. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

describe('whatever is sent', () => {
  it('never answers 5xx, and never ends the server: 2,000 mutated bodies and headers', async () => {
    const valid = JSON.stringify({
      query:
        'query Q($t: String, $n: BigInt, $j: JSON) { echo(text: $t, number: $n, json: $j) people(first: 2) { nodes { id } } }',
      operationName: 'Q',
      variables: { t: 'x', n: '1', j: { a: [1] } },
    })
    const mutation = fc.record({
      at: fc.nat(valid.length),
      cut: fc.nat(8),
      put: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom('\0', '{', '}', '"', '\\', '\ud800', '__proto__', '$', '...', '1e999', '-'),
      ),
    })
    const headers = fc.record({
      'content-type': fc.constantFrom(
        'application/json',
        'application/json; charset=utf-8',
        'application/json;;',
        'application/json; charset',
        'multipart/form-data',
      ),
      accept: fc.constantFrom(
        'application/json',
        'application/graphql-response+json',
        '*/*',
        'text/html',
        'multipart/mixed',
        ';q=',
        'a',
      ),
      authorization: fc.constantFrom('', 'Bearer x', 'bearer', 'Bearer é'.normalize('NFD').replace(/[^ -~]/g, '')),
      origin: fc.constantFrom('null', 'http://localhost', 'x'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutation, { minLength: 0, maxLength: 4 }),
        headers,
        fc.constantFrom('POST', 'GET', 'OPTIONS'),
        async (changes, head, method) => {
          const body = changes.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), valid)
          const search =
            method === 'GET'
              ? `?query=${encodeURIComponent(wellFormed(body))}&variables=${encodeURIComponent(wellFormed(body.slice(0, 40)))}`
              : ''
          const response = await send(method === 'POST' ? body : undefined, head, method, search)
          expect(response.status).toBeLessThan(500)
          await response.text()
        },
      ),
      { numRuns: 2_000 },
    )
    expect((await send('{"query":"{ hello }"}')).status).toBe(200)
  }, 60_000)

  it('cuts a client that never ends its headers', async () => {
    const { port } = new URL(lab.url)
    const socket = connectTcp(Number(port), '127.0.0.1')
    socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\n')
    const startedMs = performance.now()
    await new Promise((resolve) => {
      socket.once('close', resolve)
      socket.resume()
    })
    expect(performance.now() - startedMs).toBeLessThan(14_000)
  }, 20_000)
})

describe('too many connections', () => {
  let small: Laboratory
  beforeAll(async () => (small = await openLaboratory({ maxConnections: 3, maxSockets: 2 })))
  afterAll(() => small.close())

  const open = async (): Promise<Socket> => {
    const socket = connectTcp(Number(new URL(small.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('connect', resolve))
    return socket
  }
  const ask = async (): Promise<number> =>
    await fetch(small.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: '{"query":"{ hello }"}',
    }).then(
      ({ status }) => status,
      // the answer is sent before the question, and may be lost over it
      () => 503,
    )

  it('are answered that the server is full, and make room again by their end', async () => {
    const idle = await Promise.all([open(), open(), open()])
    await until(async () => (await ask()) === 503)
    const refused = await open()
    let answer = ''
    refused.on('data', (bytes: Buffer) => (answer += bytes.toString()))
    await new Promise((resolve) => refused.once('close', resolve))
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n(.+\r\n)*retry-after: 5\r\n/)
    idle[0].destroy()
    await until(async () => (await ask()) === 200)
    for (const socket of idle) socket.destroy()
  })

  it('are counted apart from sockets, which have a limit of their own', async () => {
    await until(async () => (await ask()) === 200)
    const sockets = [await connect(small.url), await connect(small.url)]
    const third = new RawSocket(small.url)
    await expect(third.opened).rejects.toThrow('503')
    const idle = await Promise.all([open(), open()])
    expect(await ask()).toBe(200)
    for (const { socket } of sockets) socket.terminate()
    for (const socket of idle) socket.destroy()
    await until(() => small.server.sockets === 0)
    const again = await connect(small.url)
    again.socket.terminate()
  })
})

describe('draining', () => {
  it('finishes what runs, refuses what comes, and tells sockets why', async () => {
    const ending = await openLaboratory()
    const socket = new RawSocket(ending.url)
    await socket.opened
    const startedMs = performance.now()
    await Promise.all([ending.close(), ending.close()])
    expect(await socket.closed).toEqual({ code: 1001, reason: 'The server is restarting: connect again.' })
    expect(performance.now() - startedMs).toBeLessThan(15_000)
    await expect(fetch(ending.url)).rejects.toThrow()
  })
})
