import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { ConfigError, VARIABLES, readConfig } from '../../src/env.js'

const folder = mkdtempSync(join(tmpdir(), 'env-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`
const PRODUCTION = {
  NODE_ENV: 'production',
  MASTER_KEYS: `${key('m2')},${key('m1')}`,
  TOKEN_KEYS: key('t1'),
  STRIPE_SECRET_KEY: 'sk_live_1234567890',
  STRIPE_WEBHOOK_SECRET: 'whsec_one,whsec_two',
}

const FILLED = {
  S3_ACCESS_KEY_ID: 'AKIA',
  S3_SECRET_ACCESS_KEY: 'not-a-secret',
  METRICS_TOKEN: 'sixteen-or-more-characters',
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig({ DATA_DIR: folder, ...environment })
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

it('needs nothing to be set', () => {
  expect(readConfig({ DATA_DIR: folder })).toMatchObject({
    mode: 'development',
    host: '127.0.0.1',
    port: 4000,
    publicUrl: 'http://127.0.0.1:4000',
    databaseUrl: null,
    redisUrl: null,
    isDemo: true,
    hasDemoFiles: true,
    s3: null,
    stripe: null,
    smtpUrl: null,
    runsJobs: true,
    ageGate: 'content',
    persistedOperations: { mode: 'automatic' },
  })
})

it('takes an empty variable for an absent one', () => {
  expect(readConfig({ DATA_DIR: folder, PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 4000, databaseUrl: null })
})

it('has no demo world beside a database of the operator, unless it is asked for', () => {
  const DATABASE_URL = 'postgres://owner@db/app'
  expect(readConfig({ DATA_DIR: folder, DATABASE_URL }).isDemo).toBe(false)
  for (const [DEMO, hasDemoFiles] of [
    ['on', true],
    ['plain', false],
  ] as const)
    expect(readConfig({ DATA_DIR: folder, DATABASE_URL, DEMO })).toMatchObject({ isDemo: true, hasDemoFiles })
})

it('names every wrong value in one error', () => {
  const problems = problemsOf({
    PORT: 'http',
    PUBLIC_URL: 'example.com',
    CORS_ORIGINS: 'https://a.example/path',
    TRUSTED_PROXIES: '10.0.0.0/33',
    DATABASE_URL: 'mysql://a/b',
    REDIS_URL: 'http://cache',
    DEMO: 'maybe',
    AGE_GATE: 'some',
    LOG_LEVEL: 'loud',
    MASTER_KEYS: 'k1:c2hvcnQ=',
    S3_BUCKET: 'media',
    METRICS_TOKEN: 'short',
    MEDIA_SERVER_SECRET: 'short',
  })
  const names = [
    'PORT',
    'PUBLIC_URL',
    'CORS_ORIGINS',
    'TRUSTED_PROXIES',
    'DATABASE_URL',
    'REDIS_URL',
    'DEMO',
    'AGE_GATE',
  ]
  for (const name of [
    ...names,
    'LOG_LEVEL',
    'MASTER_KEYS',
    'S3_ACCESS_KEY_ID',
    'S3_SECRET_ACCESS_KEY',
    'METRICS_TOKEN',
    'MEDIA_SERVER_SECRET',
  ])
    expect(problems.filter((problem) => problem.startsWith(`${name} `))).toHaveLength(1)
})

it('shows no secret in its error', () => {
  const secret = 'hunter2hunter2'
  const problems = problemsOf({
    DATABASE_URL: `mysql://u:${secret}@h/d`,
    MASTER_KEYS: secret,
    STRIPE_SECRET_KEY: secret,
  })
  expect(problems.length).toBeGreaterThanOrEqual(3)
  expect(problems.join()).not.toContain(secret)
})

it.each([
  ['two keys of one id', `${key('k')},${key('k')}`, 'one id twice'],
  ['a key that is not random', `k:${Buffer.alloc(32, 7).toString('base64')}`, 'random'],
  ['a key without an id', randomBytes(32).toString('base64'), 'id:base64'],
])('refuses %s', (_what, MASTER_KEYS, complaint) => {
  expect(problemsOf({ MASTER_KEYS }).join()).toContain(complaint)
})

it('reads what goes wrong in the sandbox, and refuses what cannot', () => {
  const read = (SANDBOX_FAULTS: string) => readConfig({ DATA_DIR: folder, SANDBOX_FAULTS }).sandboxFaults
  expect(read('')).toBeNull()
  expect(read('duplicate=0.2, reorder=1,drop=0,timeout=0.1,refuse=0.05,decline=0.1,delay=500')).toEqual({
    duplicate: 0.2,
    reorder: 1,
    drop: 0,
    timeout: 0.1,
    refuse: 0.05,
    decline: 0.1,
    delay: 500,
  })
  for (const SANDBOX_FAULTS of ['timeout', 'timeout=2', 'timeout=-1', 'delay=1.5', 'delay=999999', 'toString=1', 'x=1'])
    expect(problemsOf({ SANDBOX_FAULTS }).join()).toContain('SANDBOX_FAULTS must be like')
  expect(problemsOf({ ...PRODUCTION, SANDBOX_FAULTS: 'drop=0.1' })).toEqual([
    'SANDBOX_FAULTS must be absent: production has no sandbox',
  ])
})

it('reads keys newest first', () => {
  const { masterKeys } = readConfig({ ...PRODUCTION, DATA_DIR: folder })
  expect(masterKeys.map(({ id }) => id)).toEqual(['m2', 'm1'])
})

it('starts in production with real keys and a processor', () => {
  expect(readConfig(PRODUCTION)).toMatchObject({
    isProduction: true,
    isDemo: false,
    corsOrigins: [],
    stripe: { webhookSecrets: ['whsec_one', 'whsec_two'] },
  })
})

it('refuses production without keys, with demo sign-ins or on the sandbox processor, in one message', () => {
  const problems = problemsOf({ NODE_ENV: 'production', DEMO: 'on' }).join('\n')
  expect(problems).toContain('MASTER_KEYS')
  expect(problems).toContain('TOKEN_KEYS')
  expect(problems).toContain('demo sign-ins')
  expect(problems).toContain('sandbox processor')
})

it('refuses one secret for two purposes in production', () => {
  expect(problemsOf({ ...PRODUCTION, TOKEN_KEYS: PRODUCTION.MASTER_KEYS }).join()).toContain('must not repeat')
})

it('makes keys once, for the owner alone to read', () => {
  const fresh = join(folder, 'fresh')
  const first = readConfig({ DATA_DIR: fresh })
  expect(readConfig({ DATA_DIR: fresh }).masterKeys).toEqual(first.masterKeys)
  expect(first.masterKeys[0]?.secret.equals(first.tokenKeys[0]?.secret ?? Buffer.alloc(0))).toBe(false)
  expect(statSync(join(fresh, 'keys.json')).mode & 0o777).toBe(0o600)
})

it('gives processes that start at once the same keys', async () => {
  const script = `import { readConfig } from ${JSON.stringify(join(import.meta.dirname, '../../src/env.ts'))}
    console.log(readConfig({ DATA_DIR: ${JSON.stringify(join(folder, 'raced'))} }).masterKeys[0].secret.toString('hex'))`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const runs = await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, args)))
  const keys = runs.map(({ stdout }) => stdout.trim())
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(keys).size).toBe(1)
})

it('documents every variable, and no other, in the example files', () => {
  const names = (file: string) =>
    [...readFileSync(join(import.meta.dirname, '../..', file), 'utf8').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(
      ([, name]) => name,
    )
  expect(names('.env.example').sort()).toEqual([...VARIABLES].sort())
  for (const name of names('.env.production.example')) expect(VARIABLES).toContain(name)
})

it('refuses the example of production until its blanks are filled in', () => {
  const example = parseEnv(readFileSync(join(import.meta.dirname, '../../.env.production.example'), 'utf8')) as Record<
    string,
    string
  >
  const problems = problemsOf(example).join('\n')
  for (const name of ['MASTER_KEYS', 'TOKEN_KEYS', 'STRIPE_SECRET_KEY', 'METRICS_TOKEN'])
    expect(problems).toContain(name)
  expect(problemsOf({ ...example, ...PRODUCTION, ...FILLED })).toEqual([])
})

it('finds ffmpeg where programs are, takes the one that is named, and does without', () => {
  const tools = join(folder, 'tools')
  mkdirSync(tools)
  const program = join(tools, 'ffmpeg')
  const read = (environment: Record<string, string>) => readConfig({ DATA_DIR: folder, ...environment }).ffmpegPath
  expect(read({ PATH: `/nowhere:${tools}` })).toBeNull()
  writeFileSync(program, '', { mode: 0o600 })
  expect(problemsOf({ FFMPEG_PATH: program }).join()).toContain('FFMPEG_PATH must be the path of a program, or off')
  chmodSync(program, 0o700)
  expect(read({ PATH: `/nowhere:${tools}` })).toBe(program)
  expect(read({ PATH: '', FFMPEG_PATH: program })).toBe(program)
  expect(read({ PATH: tools, FFMPEG_PATH: 'off' })).toBeNull()
})

it('reaches a store under one address, and tells browsers another', () => {
  const bucket = { S3_BUCKET: 'media', S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'not-a-secret' }
  const inside = { S3_ENDPOINT: 'http://store:8333' }
  const outside = { S3_PUBLIC_ENDPOINT: 'http://localhost:8333' }
  expect(readConfig({ DATA_DIR: folder, ...bucket, ...inside, ...outside }).s3).toMatchObject({
    endpoint: 'http://store:8333',
    publicEndpoint: 'http://localhost:8333',
  })
  expect(readConfig({ DATA_DIR: folder, ...bucket, ...inside }).s3?.publicEndpoint).toBeNull()
  expect(problemsOf({ ...bucket, ...outside })).toEqual(['S3_PUBLIC_ENDPOINT needs S3_ENDPOINT beside it'])
})
