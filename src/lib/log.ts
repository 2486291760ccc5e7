import pino from 'pino'
import type { DestinationStream, Logger } from 'pino'

/** Fields whose values never reach a log line, wherever they stand; compared without case, dashes and underscores. */
const SECRET_FIELDS = new Set(
  [
    'email',
    'newEmail',
    'to',
    'code',
    'recoveryCodes',
    'authorization',
    'cookie',
    'setCookie',
    'phone',
    'legalName',
    'birthDate',
    'ip',
    'remoteAddress',
    'masterKeys',
    'tokenKeys',
    'variables',
  ].map((field) => normalised(field)),
)
const SECRET_ENDINGS = /(password|token|secret|apikey|privatekey|streamkey|passphrase)$/
const REDACTED = '[redacted]'
const MAX_TEXT_LENGTH = 8_192
const MAX_FRAMES = 30
const MAX_DEPTH = 6
const MAX_ENTRIES = 50
const MAX_CAUSES = 3

/** What gives itself away by its form: addresses of mail, tokens, credentials in URLs. */
const GIVEAWAYS: readonly (readonly [RegExp, string])[] = [
  [/[^\s<>"'`()[\]{},;:=/\\]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, REDACTED],
  [/\beyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g, REDACTED],
  [/\bBearer\s+[\w.~+/=-]+/gi, `Bearer ${REDACTED}`],
  [/\b([a-z][a-z+]{1,20}:\/\/)[^\s/@]{1,256}@/g, `$1${REDACTED}@`],
]

/** The levels of `system_logs`. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical'

const LEVEL_NAMES: Readonly<Record<number, LogLevel>> = {
  10: 'debug',
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'critical',
}
const PINO_LEVELS: Readonly<Record<LogLevel | 'silent', string>> = {
  silent: 'silent',
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
}

/** The name that the document gives to one of pino's numeric levels. */
export const levelName = (level: number): LogLevel => LEVEL_NAMES[level] ?? 'info'

/** The process's log: one JSON line per event on standard output; `configureLog` sets its level and where else it goes. */
export let log: Logger = makeLogger('info', [process.stdout])

/** Sets the level, and a second place for lines (the `system_logs` table). Called once, at start. */
export function configureLog(level: LogLevel | 'silent', ...destinations: DestinationStream[]): void {
  log = makeLogger(level, [process.stdout, ...destinations])
}

/** A log of its own, with the same redaction, that writes to `destinations` alone. */
export function makeLogger(level: LogLevel | 'silent', destinations: readonly DestinationStream[]): Logger {
  const logger = pino(
    {
      level: PINO_LEVELS[level],
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (fields: unknown) => fields },
      formatters: {
        level: (_label, number) => ({ level: levelName(number) }),
        log: (fields) => redacted(fields) as Record<string, unknown>,
      },
      hooks: {
        logMethod(args, write) {
          write.apply(this, tamed(args))
        },
      },
    },
    pino.multistream(destinations.map((stream) => ({ stream, level: 'trace' as const }))),
  )
  // pino formats the fields of a child nowhere; children inherit this
  const plainChild = Reflect.get(logger, 'child') as unknown as (
    this: Logger,
    fields: object,
    options?: object,
  ) => Logger
  logger.child = function (this: Logger, fields: object, options?: object) {
    return plainChild.call(this, redacted(fields) as object, options)
  } as unknown as Logger['child']
  return logger
}

/** `text` without mail addresses, tokens and credentials of URLs, cut to what a log line may hold. */
export function scrubbed(text: string): string {
  const cut = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text
  return GIVEAWAYS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), cut)
}

type LogArguments = Parameters<pino.LogFn>

/** Messages are scrubbed; an error logged by itself becomes a field, or pino would write its message as it is. */
function tamed(args: LogArguments): LogArguments {
  const [first, ...rest] = args as [unknown, ...unknown[]]
  const texts = rest.map((part) => (typeof part === 'string' ? scrubbed(part) : part))
  if (first instanceof Error)
    return [{ err: first }, ...(texts.length > 0 ? texts : [scrubbed(first.message)])] as LogArguments
  return [typeof first === 'string' ? scrubbed(first) : first, ...texts] as LogArguments
}

function normalised(field: string): string {
  return field.toLowerCase().replace(/[-_]/g, '')
}

const isSecret = (field: string): boolean => {
  const name = normalised(field)
  return SECRET_FIELDS.has(name) || SECRET_ENDINGS.test(name)
}

/** A copy for the log: secrets out, errors as fields, deep and wide things cut off. */
function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubbed(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return errorFields(value)
  if (value instanceof Date) return value
  if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`
  if (depth >= MAX_DEPTH) return '[deep]'
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((entry) => redacted(entry, depth + 1))
  if (value instanceof Map || value instanceof Set) return redacted([...value], depth)
  const entries = Object.entries(value).slice(0, MAX_ENTRIES)
  return Object.fromEntries(entries.map(([key, entry]) => [key, isSecret(key) ? REDACTED : redacted(entry, depth + 1)]))
}

/** An error's type, message, stack and causes; what else it carries (a query's values, a row's detail) stays out. */
function errorFields(error: Error, depth = 0): Record<string, unknown> {
  const { name, cause } = error
  const message = scrubbed(withoutInvocation(error))
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const state = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    type: name,
    message,
    ...(state === undefined ? {} : { state }),
    stack: [`${name}: ${message}`, ...frames.slice(0, MAX_FRAMES)].join('\n'),
    ...(cause instanceof Error && depth < MAX_CAUSES ? { cause: errorFields(cause, depth + 1) } : {}),
  }
}

/** Prisma quotes the call with all its values above the sentence that says what was wrong. */
function withoutInvocation({ name, message }: Error): string {
  return name.startsWith('PrismaClient')
    ? (message
        .trim()
        .split(/\n\s*\n/)
        .at(-1) ?? '')
    : message
}
