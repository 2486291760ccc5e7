import { accessSync, constants } from 'node:fs'
import { isIP } from 'node:net'
import { delimiter, join, resolve } from 'node:path'
import { z } from 'zod'
import { KEY_BYTES, localKeys } from './lib/key-file.js'
import type { KeyMaterial } from './lib/key-file.js'
import type { LogLevel } from './lib/log.js'
import { parsedUrl } from './lib/urls.js'
import type { FaultRates } from './processors/types.js'

/** Where objects are stored; absent, they are files under `dataDir`. */
export interface S3Config {
  readonly endpoint: string | null
  /** Where browsers reach it, if not there. */
  readonly publicEndpoint: string | null
  readonly region: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly usesPathStyle: boolean
}

/** The card processor; absent, the sandbox stands in. Two webhook secrets are accepted while one is exchanged. */
export interface StripeConfig {
  readonly secretKey: string
  readonly webhookSecrets: readonly string[]
}

/** Which documents are executed: any, any and remembered by hash, or only those of a file. */
export type PersistedOperations =
  { readonly mode: 'off' } | { readonly mode: 'automatic' } | { readonly mode: 'allow-list'; readonly file: string }

/** The process's configuration, as `.env.example` documents it. */
export interface Config {
  readonly mode: 'development' | 'test' | 'production'
  readonly isProduction: boolean
  readonly host: string
  readonly port: number
  /** Where clients and mails reach the server, without a slash at the end. */
  readonly publicUrl: string
  readonly corsOrigins: readonly string[]
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  /** HTTP connections open at once; further ones are answered 503. */
  readonly maxConnections: number
  /** WebSockets open at once; further upgrades are answered 503. */
  readonly maxSockets: number
  /** What one person, or one network without a sign-in, may spend in a minute. */
  readonly costBudget: number
  /** The owner's; null: the embedded server. */
  readonly databaseUrl: string | null
  /** The application's login; null: one is made beside the owner. */
  readonly databaseAppUrl: string | null
  readonly databaseReplicaUrl: string | null
  readonly databasePoolSize: number
  readonly redisUrl: string | null
  readonly dataDir: string
  readonly isDemo: boolean
  /** Whether the posts of the demo world have pictures and sounds, which take their time to make. */
  readonly hasDemoFiles: boolean
  readonly s3: S3Config | null
  /** The ffmpeg beside whose ffprobe films are looked into; null: they are taken without. */
  readonly ffmpegPath: string | null
  readonly stripe: StripeConfig | null
  /** What goes wrong in the sandbox on demand; null: nothing. */
  readonly sandboxFaults: FaultRates | null
  readonly smtpUrl: string | null
  readonly mailFrom: string
  /** Newest first; the first one encrypts, all decrypt. */
  readonly masterKeys: readonly KeyMaterial[]
  /** Newest first; the first one signs, all verify. */
  readonly tokenKeys: readonly KeyMaterial[]
  readonly logLevel: LogLevel
  /** Whether log lines also go to `system_logs`. */
  readonly storesLogs: boolean
  /** What age verification opens: adult content and earning, or the whole platform. */
  readonly ageGate: 'content' | 'platform'
  readonly persistedOperations: PersistedOperations
  /** Whether this process runs jobs beside serving. */
  readonly runsJobs: boolean
  /** What `/metrics` asks for as a bearer token; without one production refuses, other modes answer. */
  readonly metricsToken: string | null
  /** What the media server proves itself with when it asks about encoders and viewers; null: there is none. */
  readonly mediaServerSecret: string | null
}

/** The configuration cannot be used; `problems` has a line for every wrong or missing variable. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const MAX_PORT = 65_535
const MAX_POOL_SIZE = 200
const MOST_CONNECTIONS = 1_000_000
/** What the largest operation costs. */
const LEAST_COST_BUDGET = 2_000
const MOST_COST_BUDGET = 1_000_000_000
const MIN_METRICS_TOKEN_LENGTH = 16
const MIN_MEDIA_SERVER_SECRET_LENGTH = 32
/** Random bytes repeat little: 32 of them have this many different values but for one case in 10^19. */
const MIN_DISTINCT_BYTES = 16
const MAX_FAULT_DELAY_MS = 60_000
/** Chances from 0 to 1. */
const FAULT_CHANCES = ['duplicate', 'reorder', 'drop', 'timeout', 'refuse', 'decline']
const FAULTS_COMPLAINT = `must be like timeout=0.1,delay=500: chances from 0 to 1 of ${FAULT_CHANCES.join(', ')}, and a delay in milliseconds`
const LOCAL_FRONT_ENDS = ['http://localhost:3000', 'http://localhost:5173']

const words = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

const onOff = z.stringbool({
  truthy: ['on', 'true', 'yes', '1'],
  falsy: ['off', 'false', 'no', '0'],
  error: 'must be on or off',
})
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${String(least)} to ${String(most)}`)
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => protocols.includes(parsedUrl(text)?.protocol ?? ''),
      `must be a URL that begins with ${protocols.join('// or ')}//`,
    )
const list = (isValid: (word: string) => boolean, error: string) =>
  z
    .string()
    .transform(words)
    .refine((all) => all.every(isValid), error)
const postgresUrl = url('postgres:', 'postgresql:')
const secret = z.string().min(8, 'is too short for a secret')
const keys = z.string().transform((text, context): KeyMaterial[] => {
  const parsed = words(text).map(parseKey)
  const complaint = complaintAboutKeys(parsed)
  if (complaint) context.addIssue({ code: 'custom', message: complaint })
  return parsed.filter((key) => key !== null)
})

const faults = z.string().transform((text, context): FaultRates => {
  const parsed = words(text).map(parseFault)
  if (parsed.includes(null)) context.addIssue({ code: 'custom', message: FAULTS_COMPLAINT })
  return Object.fromEntries(parsed.filter((fault) => fault !== null))
})

/** Every variable there is; `.env.example` explains each. An empty one counts as absent. */
const variables = {
  NODE_ENV: z.enum(['development', 'test', 'production'], 'must be development, test or production'),
  HOST: z.string(),
  PORT: wholeNumber(0, MAX_PORT),
  PUBLIC_URL: url('http:', 'https:').transform((text) => text.replace(/\/+$/, '')),
  CORS_ORIGINS: list(isOrigin, 'must be origins parted by commas, such as https://app.example.com'),
  TRUSTED_PROXIES: list(isNetwork, 'must be addresses or ranges parted by commas, such as 10.0.0.0/8'),
  MAX_CONNECTIONS: wholeNumber(1, MOST_CONNECTIONS),
  MAX_SOCKETS: wholeNumber(1, MOST_CONNECTIONS),
  COST_BUDGET: wholeNumber(LEAST_COST_BUDGET, MOST_COST_BUDGET),
  DATABASE_URL: postgresUrl,
  DATABASE_APP_URL: postgresUrl,
  DATABASE_REPLICA_URL: postgresUrl,
  DATABASE_POOL_SIZE: wholeNumber(2, MAX_POOL_SIZE),
  REDIS_URL: url('redis:', 'rediss:'),
  DATA_DIR: z.string(),
  DEMO: z.union([z.literal('plain'), onOff], { error: 'must be on, plain or off' }),
  S3_ENDPOINT: url('http:', 'https:'),
  S3_PUBLIC_ENDPOINT: url('http:', 'https:'),
  S3_REGION: z.string(),
  S3_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be a bucket name'),
  S3_ACCESS_KEY_ID: z.string(),
  S3_SECRET_ACCESS_KEY: secret,
  S3_PATH_STYLE: onOff,
  FFMPEG_PATH: z.string().refine((text) => text === 'off' || isProgram(text), 'must be the path of a program, or off'),
  SMTP_URL: url('smtp:', 'smtps:'),
  MAIL_FROM: z
    .string()
    .regex(/^[^<>\r\n]*<?[^\s<>@]+@[^\s<>@]+>?$/, 'must be an address, such as Name <no-reply@example.com>'),
  STRIPE_SECRET_KEY: z.string().regex(/^(sk|rk)_/, 'must be a secret key of Stripe (sk_… or rk_…)'),
  STRIPE_WEBHOOK_SECRET: list(
    (word) => word.startsWith('whsec_'),
    'must be one or two webhook secrets of Stripe (whsec_…)',
  ),
  SANDBOX_FAULTS: faults,
  MASTER_KEYS: keys,
  TOKEN_KEYS: keys,
  LOG_LEVEL: z.enum(
    ['debug', 'info', 'warning', 'error', 'critical'],
    'must be debug, info, warning, error or critical',
  ),
  LOG_STORE: onOff,
  AGE_GATE: z.enum(['content', 'platform'], 'must be content or platform'),
  PERSISTED_OPERATIONS: z.string(),
  JOBS: onOff,
  METRICS_TOKEN: z
    .string()
    .min(MIN_METRICS_TOKEN_LENGTH, `must have at least ${String(MIN_METRICS_TOKEN_LENGTH)} characters`),
  MEDIA_SERVER_SECRET: z
    .string()
    .regex(/^[\w-]*$/, 'must be of letters, digits, dashes and underscores')
    .min(MIN_MEDIA_SERVER_SECRET_LENGTH, `must have at least ${String(MIN_MEDIA_SERVER_SECRET_LENGTH)} characters`),
} satisfies Record<string, z.ZodType>

type Variable = keyof typeof variables
type Values = { readonly [Name in Variable]?: z.output<(typeof variables)[Name]> }

/** The names of all variables that the server reads. */
export const VARIABLES = Object.keys(variables) as readonly Variable[]

const PLACEHOLDER = /^<.*>$/
/** Values that an error may repeat; the others can hold secrets. */
const SHOWN: readonly Variable[] = [
  'NODE_ENV',
  'PORT',
  'CORS_ORIGINS',
  'TRUSTED_PROXIES',
  'MAX_CONNECTIONS',
  'MAX_SOCKETS',
  'COST_BUDGET',
  'DATABASE_POOL_SIZE',
  'DEMO',
  'JOBS',
  'LOG_LEVEL',
  'AGE_GATE',
  'SANDBOX_FAULTS',
]

/**
 * The configuration in `environment`. Outside production, keys that are not given are made once in `DATA_DIR`.
 * @throws ConfigError that names every wrong and every missing variable at once, and no secret
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const { values, problems } = parse(environment)
  const isProduction = values.NODE_ENV === 'production'
  const all = [
    ...problems,
    ...halfGiven(environment),
    ...(isProduction ? missingInProduction(environment, values) : []),
  ]
  if (all.length > 0) throw new ConfigError(all)
  return toConfig(values, environment['PATH'] ?? '')
}

function parse(environment: Readonly<Record<string, string | undefined>>): { values: Values; problems: string[] } {
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  for (const name of VARIABLES) {
    const text = environment[name]?.trim()
    if (!text) continue
    const result = variables[name].safeParse(text)
    if (PLACEHOLDER.test(text)) problems.push(`${name} is still the placeholder of the example`)
    else if (result.success) values[name] = result.data
    else problems.push(complaint(name, text, result.error.issues[0]?.message))
  }
  return { values, problems }
}

const complaint = (name: Variable, text: string, message = 'is wrong'): string =>
  `${name} ${message}${SHOWN.includes(name) ? `, not ${JSON.stringify(text)}` : ''}`

/** Variables that mean nothing without others. */
const TOGETHER: readonly (readonly Variable[])[] = [
  ['S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
  ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'],
]

function halfGiven(environment: Readonly<Record<string, string | undefined>>): string[] {
  const isGiven = (name: Variable): boolean => Boolean(environment[name]?.trim())
  const halves = TOGETHER.filter((group) => group.some(isGiven)).flatMap((group) =>
    group
      .filter((name) => !isGiven(name))
      .map((name) => `${name} is missing: it belongs to ${group.filter(isGiven).join(', ')}`),
  )
  const orphans = (['DATABASE_APP_URL', 'DATABASE_REPLICA_URL'] as const).filter(
    (name) => isGiven(name) && !isGiven('DATABASE_URL'),
  )
  const doors = isGiven('S3_PUBLIC_ENDPOINT') && !isGiven('S3_ENDPOINT')
  return [
    ...halves,
    ...orphans.map((name) => `${name} needs DATABASE_URL, the owner's, beside it`),
    ...(doors ? ['S3_PUBLIC_ENDPOINT needs S3_ENDPOINT beside it'] : []),
  ]
}

function missingInProduction(environment: Readonly<Record<string, string | undefined>>, values: Values): string[] {
  const isGiven = (name: Variable): boolean => Boolean(environment[name]?.trim())
  const problems = (['MASTER_KEYS', 'TOKEN_KEYS'] as const)
    .filter((name) => !isGiven(name))
    .map(
      (name) =>
        `${name} is missing: production makes no keys of its own (id:base64 of ${String(KEY_BYTES)} random bytes)`,
    )
  if (sharesSecret(values.MASTER_KEYS, values.TOKEN_KEYS))
    problems.push('TOKEN_KEYS must not repeat a key of MASTER_KEYS')
  if (values.DEMO) problems.push('DEMO must be off: production has no demo sign-ins')
  if (isGiven('SANDBOX_FAULTS')) problems.push('SANDBOX_FAULTS must be absent: production has no sandbox')
  if (!isGiven('STRIPE_SECRET_KEY'))
    problems.push(
      'STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET are missing: production does not run on the sandbox processor',
    )
  return problems
}

const sharesSecret = (some: readonly KeyMaterial[] = [], others: readonly KeyMaterial[] = []): boolean =>
  some.some(({ secret: one }) => others.some(({ secret: other }) => one.equals(other)))

function toConfig(values: Values, programFolders: string): Config {
  const mode = values.NODE_ENV ?? 'development'
  const isProduction = mode === 'production'
  const host = values.HOST ?? '127.0.0.1'
  const port = values.PORT ?? 4000
  const dataDir = resolve(values.DATA_DIR ?? '.data')
  return {
    mode,
    isProduction,
    host,
    port,
    publicUrl: values.PUBLIC_URL ?? `http://${isIP(host) === 6 ? `[${host}]` : host}:${String(port)}`,
    corsOrigins: values.CORS_ORIGINS ?? (isProduction ? [] : LOCAL_FRONT_ENDS),
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    maxConnections: values.MAX_CONNECTIONS ?? 2_000,
    maxSockets: values.MAX_SOCKETS ?? 10_000,
    costBudget: values.COST_BUDGET ?? 20_000,
    databaseUrl: values.DATABASE_URL ?? null,
    databaseAppUrl: values.DATABASE_APP_URL ?? null,
    databaseReplicaUrl: values.DATABASE_REPLICA_URL ?? null,
    databasePoolSize: values.DATABASE_POOL_SIZE ?? 10,
    redisUrl: values.REDIS_URL ?? null,
    dataDir,
    isDemo: (values.DEMO ?? (mode === 'development' && values.DATABASE_URL === undefined)) !== false,
    hasDemoFiles: values.DEMO !== 'plain',
    s3: toS3(values),
    ffmpegPath: toFfmpegPath(values.FFMPEG_PATH, programFolders),
    stripe: toStripe(values),
    sandboxFaults: values.SANDBOX_FAULTS ?? null,
    smtpUrl: values.SMTP_URL ?? null,
    mailFrom: values.MAIL_FROM ?? 'Creator Platform <no-reply@example.com>',
    ...toKeys(values, dataDir),
    logLevel: values.LOG_LEVEL ?? (mode === 'test' ? 'error' : 'info'),
    storesLogs: values.LOG_STORE ?? mode !== 'test',
    ageGate: values.AGE_GATE ?? 'content',
    persistedOperations: toPersistedOperations(values.PERSISTED_OPERATIONS ?? 'automatic'),
    runsJobs: values.JOBS ?? true,
    metricsToken: values.METRICS_TOKEN ?? null,
    mediaServerSecret: values.MEDIA_SERVER_SECRET ?? null,
  }
}

function toKeys({ MASTER_KEYS, TOKEN_KEYS }: Values, dataDir: string): Pick<Config, 'masterKeys' | 'tokenKeys'> {
  if (MASTER_KEYS && TOKEN_KEYS) return { masterKeys: MASTER_KEYS, tokenKeys: TOKEN_KEYS }
  const texts = localKeys(dataDir)
  const local = { masterKeys: keys.safeParse(texts.masterKeys), tokenKeys: keys.safeParse(texts.tokenKeys) }
  if (!local.masterKeys.success || !local.tokenKeys.success)
    throw new ConfigError([
      `DATA_DIR has a keys.json that cannot be read (${dataDir}): restore it, or move the whole folder away`,
    ])
  return { masterKeys: MASTER_KEYS ?? local.masterKeys.data, tokenKeys: TOKEN_KEYS ?? local.tokenKeys.data }
}

function toS3(values: Values): S3Config | null {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = values
  if (!bucket || !accessKeyId || !secretAccessKey) return null
  const endpoint = values.S3_ENDPOINT ?? null
  return {
    endpoint,
    publicEndpoint: values.S3_PUBLIC_ENDPOINT ?? null,
    region: values.S3_REGION ?? 'us-east-1',
    bucket,
    accessKeyId,
    secretAccessKey,
    usesPathStyle: values.S3_PATH_STYLE ?? endpoint !== null,
  }
}

/** The one that is named, or else the first among the folders where programs are. */
function toFfmpegPath(named: string | undefined, programFolders: string): string | null {
  if (named === 'off') return null
  if (named !== undefined) return resolve(named)
  const found = programFolders.split(delimiter).find((folder) => folder !== '' && isProgram(join(folder, 'ffmpeg')))
  return found === undefined ? null : join(found, 'ffmpeg')
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // missing, or not for us to run: either way it is none
    return false
  }
}

const toStripe = ({
  STRIPE_SECRET_KEY: secretKey,
  STRIPE_WEBHOOK_SECRET: webhookSecrets,
}: Values): StripeConfig | null => (secretKey && webhookSecrets ? { secretKey, webhookSecrets } : null)

function toPersistedOperations(text: string): PersistedOperations {
  if (text === 'off' || text === 'automatic') return { mode: text }
  return { mode: 'allow-list', file: resolve(text) }
}

function parseFault(text: string): readonly [string, number] | null {
  const [, name = '', number = ''] = /^([a-z]+)=(\d{1,6}(?:\.\d{1,6})?)$/.exec(text) ?? []
  const value = Number(number)
  if (name === 'delay') return Number.isInteger(value) && value <= MAX_FAULT_DELAY_MS ? [name, value] : null
  return FAULT_CHANCES.includes(name) && value <= 1 ? [name, value] : null
}

function parseKey(text: string): KeyMaterial | null {
  const [, id, base64] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]+={0,2})$/.exec(text) ?? []
  const bytes = Buffer.from(base64 ?? '', 'base64')
  return id !== undefined && bytes.length === KEY_BYTES ? { id, secret: bytes } : null
}

function complaintAboutKeys(parsed: readonly (KeyMaterial | null)[]): string | null {
  if (parsed.length === 0 || parsed.includes(null))
    return `must be id:base64 of ${String(KEY_BYTES)} bytes, several parted by commas, the newest first`
  const known = parsed.filter((key) => key !== null)
  if (new Set(known.map(({ id }) => id)).size < known.length) return 'must not use one id twice'
  if (known.some(({ secret: bytes }) => new Set(bytes).size < MIN_DISTINCT_BYTES))
    return 'must be random: openssl rand -base64 32'
  return null
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && parsedUrl(text)?.origin === text
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
