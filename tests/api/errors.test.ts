import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toClientError } from '../../src/api/errors.js'
import { AppError } from '../../src/lib/errors.js'
import { configureLog } from '../../src/lib/log.js'
import { CANARY, connect, openLaboratory } from './laboratory.js'
import type { Laboratory } from './laboratory.js'

let lab: Laboratory
const lines: string[] = []
const collector = new Writable({
  write: (chunk: Buffer, _encoding, done) => {
    lines.push(chunk.toString())
    done()
  },
})

beforeAll(async () => {
  lab = await openLaboratory()
  // the log also goes to standard output, where a test has nothing to say
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) =>
    String(chunk).includes(CANARY) || write(chunk, ...rest)
  configureLog('error', collector)
})
afterAll(async () => {
  configureLog('critical')
  await lab.close()
})

describe('unexpected errors', () => {
  it.each(['crash', 'crashRequired', 'brokenRule'])(
    '%s: the client sees an id, the log has all of it under that id',
    async (field) => {
      const answer = await lab.ask(`{ ${field} }`)
      expect(JSON.stringify(answer)).not.toContain(CANARY)
      const [error] = answer.errors
      expect(Object.keys(error?.extensions ?? {}).sort()).toEqual(['code', 'requestId'])
      expect(error?.extensions['code']).toBe('INTERNAL_SERVER_ERROR')
      expect(answer.headers.get('x-request-id')).toBe(error?.extensions['requestId'])
      const line = lines.find((text) => text.includes(String(error?.extensions['requestId'])))
      expect(line).toContain(CANARY)
      expect(line).toContain('laboratory.ts')
    },
  )

  it.each(['crashingTicks', 'crashingEvents'])('%s: the same over a socket', async (field) => {
    const socket = await connect(lab.url)
    socket.subscribe('1', `subscription { ${field} { sequence } }`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    lab.bus.publish('ticks')
    const message = await socket.next('1')
    expect(JSON.stringify(message)).not.toContain(CANARY)
    expect(JSON.stringify(message)).toContain('INTERNAL_SERVER_ERROR')
    const { requestId } = /"requestId":"(?<requestId>[^"]+)"/.exec(JSON.stringify(message))?.groups ?? {}
    expect(lines.some((text) => text.includes(CANARY) && text.includes(requestId ?? 'none'))).toBe(true)
    socket.socket.close()
  })

  it('answer 500 only when nothing could be answered', async () => {
    expect((await lab.ask('{ hello crash }')).status).toBe(200)
    expect((await lab.ask('{ hello crashRequired }')).status).toBe(500)
  })
})

describe('a database that does not answer', () => {
  it('is UNAVAILABLE, not a bug', async () => {
    const { errors, status } = await lab.ask('{ databaseIsDown hello }')
    expect(status).toBe(200)
    expect(errors[0]?.extensions).toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'service_unavailable',
      retryAfterSeconds: 1,
    })
  })

  it('is 503 with Retry-After when nobody can be authenticated', async () => {
    lab.sessions.isDown = true
    const { errors, status, headers } = await lab.ask('{ hello }')
    lab.sessions.isDown = false
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 503, retryAfter: '1' })
    expect(errors[0]?.extensions['code']).toBe('UNAVAILABLE')
  })

  it.each([
    { code: 'ECONNREFUSED' },
    { code: '53300' },
    { code: '57P01' },
    { code: '57014' },
    { code: '55P03' },
    { code: 'P2024' },
    { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '57014' } } } },
    { message: 'timeout exceeded when trying to connect' },
    { message: 'Connection terminated unexpectedly' },
    { message: 'Query read timeout' },
  ])('shows as %o', ({ message, ...rest }) => {
    expect(toClientError(Object.assign(new Error(message ?? CANARY), rest), 'id').code).toBe('UNAVAILABLE')
  })

  it.each([{ code: '23505' }, { code: '42P01' }, { code: 'P2002' }])('does not show as %o', (rest) => {
    expect(toClientError(Object.assign(new Error(CANARY), rest), 'id').code).toBe('INTERNAL_SERVER_ERROR')
  })
})

describe('expected failures', () => {
  const run = async (how: string) =>
    lab.ask(
      'mutation ($how: String!) { do(input: { how: $how }) { person { id } isDone count names userErrors { __typename code message path ... on ConflictError { currentVersion } } } }',
      { how },
    )
  const nothing = { person: null, isDone: false, count: 0, names: [] }

  it('that the caller can mend are user errors, with every other field empty', async () => {
    expect((await run('invalid')).data?.['do']).toEqual({
      ...nothing,
      userErrors: [
        { __typename: 'InvalidInputError', code: 'INVALID_INPUT', message: 'Not so.', path: ['input', 'how'] },
      ],
    })
    expect((await run('conflict')).data?.['do']).toEqual({
      ...nothing,
      userErrors: [
        { __typename: 'ConflictError', code: 'VERSION_CONFLICT', message: 'Changed.', path: [], currentVersion: 7 },
      ],
    })
    expect((await run('missing')).data?.['do']).toMatchObject({
      userErrors: [{ __typename: 'NotFoundError', code: 'NODE_NOT_FOUND' }],
    })
  })

  it('that the caller cannot mend are top-level errors', async () => {
    const { data, errors } = await run('forbidden')
    expect(data).toBeNull()
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'not_allowed' })
  })

  it('of a mutation without a payload are top-level errors', async () => {
    expect((await lab.ask('mutation { plain }')).errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      reason: 'invalid_input',
    })
  })

  it('beyond a rate limit are 429 and say when to come back', async () => {
    const { status, headers, errors } = await lab.ask('mutation { limited }')
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 429, retryAfter: '7' })
    expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', reason: 'rate_limited', retryAfterSeconds: 7 })
    expect(JSON.stringify(errors)).not.toContain('http')
  })

  it('have the codes of the contract', () => {
    const codeOf = (code: AppError['code']) => toClientError(new AppError(code, 'invalid_input', 'x'), 'id').code
    expect(codeOf('LIMITED')).toBe('RATE_LIMITED')
    expect(codeOf('REAUTH_REQUIRED')).toBe('REAUTH_REQUIRED')
    expect(codeOf('CONFLICT')).toBe('BAD_USER_INPUT')
    expect(codeOf('NOT_FOUND')).toBe('NOT_FOUND')
  })
})

describe('messages', () => {
  it('do not repeat long input', async () => {
    const { errors } = await lab.ask('query ($n: BigInt) { echo(number: $n) }', { n: 'x'.repeat(50_000) })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'invalid_input' })
    expect(errors[0]?.message.length).toBeLessThan(500)
  })

  it('offer names for misspelt ones in development alone', async () => {
    expect((await lab.ask('{ helo }')).errors[0]?.message).toContain('Did you mean "hello"')
    const production = await openLaboratory({ isProduction: true, mode: 'production' })
    const { errors } = await production.ask('{ helo person { nam } }')
    expect(errors.map(({ message }) => message)).toEqual([
      'Cannot query field "helo" on type "Query".',
      'Cannot query field "nam" on type "Person".',
    ])
    await production.close()
  })
})
