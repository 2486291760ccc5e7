import { afterAll, beforeAll, expect, it } from 'vitest'
import { AppError } from '../../src/lib/errors.js'
import { openLogSink } from '../../src/lib/log-sink.js'
import { makeLogger, scrubbed } from '../../src/lib/log.js'
import { droppedLogLines } from '../../src/lib/metrics.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})

function capture(): { readonly lines: string[]; readonly log: ReturnType<typeof makeLogger> } {
  const lines: string[] = []
  return { lines, log: makeLogger('debug', [{ write: (line: string) => lines.push(line) }]) }
}

const CANARY = 'CANARY-7f3a'

it('keeps secrets out at every depth, under every spelling of their names', () => {
  const { lines, log } = capture()
  const names = [
    'password',
    'newPassword',
    'current_password',
    'accessToken',
    'refresh-token',
    'challengeToken',
    'code',
    'secret',
  ]
  for (const name of [
    ...names,
    'authorization',
    'Cookie',
    'email',
    'phone',
    'legalName',
    'birth_date',
    'ip',
    'STRIPE_SECRET',
    'streamKey',
  ]) {
    log.info({ [name]: CANARY }, 'flat')
    log.info({ a: { [name]: CANARY } }, 'one deep')
    log.info({ a: { b: [{ c: { [name]: CANARY } }] } }, 'five deep')
    log.child({ [name]: CANARY }).info('bound')
    log.info({ variables: { input: { [name]: CANARY } } }, 'variables')
  }
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.join('')).not.toContain(CANARY)
})

it('keeps mail addresses, tokens and credentials of URLs out of texts and errors', () => {
  const { lines, log } = capture()
  const jwt = `eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ${CANARY}.c2lnbmF0dXJl`
  const texts = [
    `mail to ${CANARY}@example.com failed`,
    `Bearer ${CANARY}.x-y_z`,
    `postgres://app:${CANARY}@db:5432/x refused`,
    `token ${jwt}`,
  ]
  for (const text of texts) {
    log.warn(text)
    log.warn({ note: text }, 'as a field')
    log.error({ err: new Error(text) }, 'as an error')
    log.error(new Error(text))
    log.error({ err: new Error('outer', { cause: new Error(text) }) }, 'as a cause')
  }
  expect(lines).toHaveLength(texts.length * 5)
  expect(lines.join('')).not.toContain(CANARY)
})

it('keeps what else an error carries out, and what Prisma quotes of the call', () => {
  const { lines, log } = capture()
  const failure = Object.assign(new Error('duplicate key'), {
    detail: `Key (x)=(${CANARY})`,
    parameters: [CANARY],
    code: '23505',
  })
  const prisma = new Error(
    `\nInvalid \`db.user.create()\` invocation:\n{ data: { username: "${CANARY}" } }\n\nUnique constraint failed`,
  )
  prisma.name = 'PrismaClientKnownRequestError'
  log.error({ err: failure }, 'database')
  log.error({ err: prisma }, 'prisma')
  log.error({ err: new AppError('INVALID', 'invalid_input', 'no') }, 'expected')
  expect(lines.join('')).not.toContain(CANARY)
  expect(lines[0]).toContain('"state":"23505"')
  expect(lines[1]).toContain('Unique constraint failed')
  expect(lines[1]).toMatch(/ {4}at /)
})

it('writes one JSON line per event, whatever is in it, and cuts it to size', () => {
  const { lines, log } = capture()
  log.info({ text: 'a\r\nb\u001b[31mred', long: 'x'.repeat(1_000_000) }, 'forged\r\n{"level":"critical"}')
  const loop: Record<string, unknown> = { n: 12n }
  loop['self'] = loop
  log.info(loop, 'round and round')
  expect(lines).toHaveLength(2)
  for (const line of lines) {
    expect(line.trimEnd().split(/[\r\n]/)).toHaveLength(1)
    expect(line.length).toBeLessThan(20_000)
    expect(line).not.toContain('\u001b')
    expect(JSON.parse(line)).toMatchObject({ level: 'info' })
  }
})

it('names levels as the document does', () => {
  const { lines, log } = capture()
  log.debug('a')
  log.warn('b')
  log.fatal('c')
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(['debug', 'warning', 'critical'])
})

it('does not take long over a hostile text', () => {
  const started = performance.now()
  scrubbed('a@'.repeat(100_000))
  scrubbed('a'.repeat(1_000_000))
  scrubbed(`eyJ${'.'.repeat(100_000)}`)
  expect(performance.now() - started).toBeLessThan(250)
})

it('stores lines in system_logs, with their fields in their columns', async () => {
  const sink = openLogSink(database.appUrl, 'api')
  const log = makeLogger('debug', [sink])
  const userId = '0b2f2a52-6d0e-4a3f-9a39-1f6f9ea0a001'
  log.error(
    { requestId: 'r-1', userId, component: 'bus', err: new Error('broken'), attempt: 2, odd: 'nul \0 and \ud800' },
    'it broke',
  )
  await until(() => sink.waiting === 0)
  await sink.close()
  const { rows } = await database.owner.query('select * from system_logs where request_id = $1', ['r-1'])
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    level: 'error',
    service: 'api',
    component: 'bus',
    message: 'it broke',
    user_id: userId,
    session_id: null,
    metadata: { attempt: 2, err: { type: 'Error', message: 'broken' } },
  })
  expect(rows[0]).toHaveProperty('stack_trace', expect.stringContaining('Error: broken\n    at '))
})

it('stores many lines in order and waits for none of them', async () => {
  const sink = openLogSink(database.appUrl, 'many')
  const log = makeLogger('debug', [sink])
  const started = performance.now()
  for (let n = 0; n < 2_000; n += 1) log.info({ n }, 'line')
  expect(performance.now() - started).toBeLessThan(1_000)
  await until(() => sink.waiting === 0)
  await sink.close()
  const { rows } = await database.owner.query<{ count: string }>(
    `select count(*) from system_logs where service = 'many'`,
  )
  expect(Number(rows[0]?.count)).toBe(2_000)
})

it('drops and counts what it cannot hold while the database is away, and never throws', async () => {
  const before = (await droppedLogLines.get()).values[0]?.value ?? 0
  const sink = openLogSink('postgres://nobody@127.0.0.1:1/none', 'api')
  for (let n = 0; n < 6_000; n += 1)
    sink.write(`{"level":"info","time":"2026-01-01T00:00:00.000Z","msg":"${String(n)}"}`)
  expect(sink.waiting).toBe(5_000)
  await sink.close()
  expect((await droppedLogLines.get()).values[0]?.value).toBe(before + 6_000)
})

it('loses one line alone when the table refuses it', async () => {
  const sink = openLogSink(database.appUrl, 'picky')
  sink.write('{"level":"info","time":"2026-01-01T00:00:00.000Z","msg":"good"}')
  sink.write('{"level":"none","time":"2026-01-01T00:00:00.000Z","msg":"bad"}')
  sink.write('not json')
  await until(() => sink.waiting === 0)
  await sink.close()
  const { rows } = await database.owner.query(`select message from system_logs where service = 'picky'`)
  expect(rows).toEqual([{ message: 'good' }])
})
