import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashOf } from '../../src/api/documents.js'
import { openApi, prepareOperation } from '../../src/api/prepare.js'
import type { OperationRequest } from '../../src/api/prepare.js'
import type { Services } from '../../src/api/services.js'
import { connect, laboratorySchema, LocalLimiter, openLaboratory, Sessions } from './laboratory.js'
import type { Laboratory } from './laboratory.js'

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } })

let lab: Laboratory
beforeAll(async () => (lab = await openLaboratory()))
afterAll(() => lab.close())

describe('an operation is chosen', () => {
  it('by name where a document has several', async () => {
    const query = 'query A { hello } query B { person { id } }'
    const answer = async (operationName?: string) =>
      (await (await post(lab.url, { query, operationName })).json()) as object
    expect(await answer('A')).toMatchObject({ data: { hello: 'world' } })
    expect(await answer('B')).toMatchObject({ data: { person: { id: 'person-0' } } })
    expect(await answer('C')).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }] })
    expect(await answer()).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }] })
  })

  it('subscriptions are for sockets, the rest for HTTP', async () => {
    const { status, errors } = await lab.ask('subscription { ticks { sequence } }')
    expect({ status, code: errors[0]?.extensions['code'] }).toEqual({ status: 400, code: 'USE_SOCKET' })
    const socket = await connect(lab.url)
    for (const query of ['{ hello }', 'mutation { plain }']) {
      socket.subscribe(query, query)
      expect((await socket.next(query)).payload).toMatchObject([{ extensions: { code: 'USE_HTTP' } }])
    }
    socket.socket.close()
  })
})

describe('who asks', () => {
  it('is read once per request, whatever it asks', async () => {
    const token = lab.sessions.open('reader')
    const { reads } = lab.sessions
    await lab.ask('{ a: signedIn b: signedIn me { id secret } person { secret } }', {}, token)
    expect(lab.sessions.reads).toBe(reads + 1)
  })

  it('is not read at all when the operation is refused before', async () => {
    const { reads } = lab.sessions
    await lab.ask('{ nothing }')
    await lab.ask('{ people(first: 1000) { nodes { id } } }')
    expect(lab.sessions.reads).toBe(reads)
  })

  it.each(['Bearer nobody', 'Basic dXNlcjpwYXNz', 'Bearer', 'Bearer a b', `Bearer ${'x'.repeat(5_000)}`])(
    '%s is refused with 401, on a socket with 4403',
    async (authorization) => {
      const response = await fetch(lab.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: '{"query":"{ hello }"}',
      })
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({
        errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'invalid_token' } }],
      })
    },
  )
})

describe('documents by hash', () => {
  const query = '{ hello person { name } }'
  const hash = hashOf(query)

  it('are remembered once they were sent, for both transports', async () => {
    const [first, second, third] = [
      await post(lab.url, { extensions: persisted(hash) }),
      await post(lab.url, { query, extensions: persisted(hash) }),
      await post(lab.url, { extensions: persisted(hash) }),
    ]
    expect(await first.json()).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] })
    expect(await second.json()).toMatchObject({ data: { hello: 'world' } })
    expect(await third.json()).toMatchObject({ data: { hello: 'world' } })
    const socket = await connect(lab.url)
    socket.send({ type: 'subscribe', id: '1', payload: { query: '', extensions: persisted(hash) } })
    expect((await socket.next('1')).payload).toMatchObject([{ extensions: { code: 'USE_HTTP' } }])
    socket.socket.close()
  })

  it('are refused under a hash that is not theirs', async () => {
    const response = await post(lab.url, { query: '{ hello }', extensions: persisted(hash) })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })

  it('are the only ones in allow-list mode, on both transports', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'documents-'))
    const file = join(folder, 'documents.json')
    const subscription = 'subscription { ticks { sequence } }'
    writeFileSync(file, JSON.stringify({ [hash]: query, [hashOf(subscription)]: subscription }))
    const closed = await openLaboratory({ persistedOperations: { mode: 'allow-list', file } })
    expect((await closed.ask(query)).data).toMatchObject({ hello: 'world' })
    expect(await (await post(closed.url, { extensions: persisted(hash) })).json()).toMatchObject({
      data: { hello: 'world' },
    })
    const { status, errors } = await closed.ask('{ hello }')
    expect({ status, code: errors[0]?.extensions['code'] }).toEqual({
      status: 400,
      code: 'PERSISTED_QUERY_NOT_ALLOWED',
    })
    expect(
      await (await post(closed.url, { query: '{ hello }', extensions: persisted(hashOf('{ hello }')) })).json(),
    ).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_ALLOWED' } }],
    })
    const socket = await connect(closed.url)
    socket.subscribe('1', 'subscription { ticks { sequence viewer } }')
    expect((await socket.next('1')).payload).toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_NOT_ALLOWED' } }])
    socket.subscribe('2', subscription)
    await new Promise((resolve) => setTimeout(resolve, 50))
    closed.bus.publish('ticks')
    expect((await socket.next('2')).type).toBe('next')
    socket.socket.close()
    await closed.close()
    rmSync(folder, { recursive: true })
  })

  it('do not start a server whose list names them wrongly', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'documents-'))
    const file = join(folder, 'documents.json')
    writeFileSync(file, JSON.stringify({ ['0'.repeat(64)]: query }))
    await expect(openLaboratory({ persistedOperations: { mode: 'allow-list', file } })).rejects.toThrow(
      'is not the sha256',
    )
    rmSync(folder, { recursive: true })
  })
})

describe('introspection in production', () => {
  it('is not for strangers, whatever it is wrapped in', async () => {
    const production = await openLaboratory({ isProduction: true, mode: 'production' })
    for (const query of [
      '{ __schema { queryType { name } } }',
      '{ ... { __type(name: "Person") { name } } }',
      '{ ...F } fragment F on Query { x: __schema { queryType { name } } }',
    ])
      expect((await production.ask(query)).errors[0]?.extensions['code'], query).toBe('GRAPHQL_VALIDATION_FAILED')
    expect((await production.ask('{ __typename }')).data).toEqual({ __typename: 'Query' })
    const token = production.sessions.open('developer')
    expect((await production.ask('{ __schema { queryType { name } } }', {}, token)).errors).toEqual([])
    await production.close()
  })
})

describe('what is remembered', () => {
  const request = (source: string): OperationRequest => ({
    source,
    operationName: null,
    variables: {},
    transport: 'http',
    credentials: null,
    client: { ip: '127.0.0.1', userAgent: '' },
    requestId: 'id',
  })

  it('is bounded, however many documents are sent', async () => {
    const budget = new LocalLimiter()
    const config = { isProduction: false, costBudget: 20_000, persistedOperations: { mode: 'automatic' } }
    const services = { config, database: {}, bus: {}, limiter: budget, budget } as unknown as Services
    const api = openApi(laboratorySchema(), services, new Sessions().authenticate)
    const fields = 'person { id name best { id name best { id name } } } '
    for (let index = 0; index < 1_000; index += 1)
      await prepareOperation(api, request(`query Q${String(index)} { ${fields} things { ... on Person { name } } }`))
    const last = await prepareOperation(api, request(`{ ${'hello '.repeat(900)} }`))
    expect(last.isRefused).toBe(true)
    expect(api.plans.calculatedSize).toBeLessThanOrEqual(100_000)
    expect(api.documents.recall(hashOf(`query Q0 { ${fields} things { ... on Person { name } } }`))).toBeDefined()
    const deep = `person { ${'best { '.repeat(200)} id ${'} '.repeat(201)}`
    for (let index = 0; index < 340; index += 1)
      await prepareOperation(api, request(`query Big${String(index)} { ${deep} }`))
    expect(api.documents.recall(hashOf(`query Q0 { ${fields} things { ... on Person { name } } }`))).toBeUndefined()
  })
})
