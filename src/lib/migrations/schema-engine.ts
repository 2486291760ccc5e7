import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type {
  CreateMigrationInput,
  DiffParams,
  DiffTarget,
  SchemaContainer,
} from '@prisma/schema-engine-wasm/schema_engine_bg'
import { ensureDatabase, sqlState, withClient } from './adapter.js'
import { migrationStamp } from './create.js'
import { diff, engineCommit, openEngine, panicMessage } from './engine.js'
import type { Engine } from './engine.js'
import { applyIgnoreRules, readIgnoreRules } from './project.js'

/** What Prisma's command line starts the engine with. */
interface EngineArguments {
  readonly url: string
  readonly schema: readonly SchemaContainer[]
}

interface Call {
  readonly id: number | string
  readonly method?: string
  readonly params: Record<string, unknown>
}

/** Prisma's number for an error that the user is to read. */
const KNOWN_ERROR = 4466
const CONNECT_TIMEOUT_MS = 5_000
/** Connects to nothing: some calls need an engine but no database, and the engine wants an address. */
const NO_DATABASE = 'postgresql://127.0.0.1/none'

/**
 * Stands in for Prisma's native `schema-engine` executable: the same arguments, the same JSON-RPC over stdin and stdout, so
 * that every `prisma` command works without a downloaded binary. Answers the exit code.
 */
export async function schemaEngineMain(args: readonly string[]): Promise<number> {
  if (args[0] === '--version') {
    process.stdout.write(`schema-engine-cli ${engineCommit()} (wasm)\n`)
    return 0
  }
  process.on('uncaughtException', (error) => {
    log('ERROR', panicMessage() ?? error.stack ?? error.message)
    process.exit(101)
  })
  const { url, schema } = parseArguments(args)
  const command = args.indexOf('cli')
  if (command >= 0) return runCommand(args[command + 1] ?? '', url)
  await serve({ url, schema })
  return 0
}

function parseArguments(args: readonly string[]): EngineArguments {
  const datasource = args[args.indexOf('--datasource') + 1]
  const { url } = JSON.parse(args.includes('--datasource') ? (datasource ?? '{}') : '{}') as { url?: string }
  const paths = args.filter((_, index) => args[index - 1] === '--datamodels')
  return { url: url ?? NO_DATABASE, schema: paths.map((path) => ({ path, content: readFileSync(path, 'utf8') })) }
}

const PRISMA_CODES: Record<string, string> = { '3D000': 'P1003', '28P01': 'P1000', '28000': 'P1000' }

async function runCommand(command: string, url: string): Promise<number> {
  log('INFO', 'Starting schema engine CLI')
  try {
    if (command === 'create-database') await ensureDatabase(url)
    else await withClient(withTimeout(url), () => Promise.resolve())
    return 0
  } catch (error) {
    log('ERROR', messageOf(error), PRISMA_CODES[sqlState(error) ?? ''] ?? 'P1001')
    return 1
  }
}

function withTimeout(url: string): string {
  const target = new URL(url)
  target.searchParams.set('connect_timeout', String(CONNECT_TIMEOUT_MS / 1000))
  return target.toString()
}

async function serve(given: EngineArguments): Promise<void> {
  let opened: Promise<Engine> | undefined
  const open = (): Promise<Engine> => (opened ??= openEngine(given.url, given.schema))
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    const call = JSON.parse(line) as Call
    // Without a method it is the command line's answer to our `print`.
    if (call.method === undefined) continue
    send(await answer(call.method, call, given, open))
  }
  if (opened) await (await opened).close()
}

async function answer(
  method: string,
  call: Call,
  given: EngineArguments,
  open: () => Promise<Engine>,
): Promise<object> {
  try {
    return { jsonrpc: '2.0', id: call.id, result: await run(method, call.params, given, open) }
  } catch (error) {
    const data = { is_panic: false, message: messageOf(error), meta: null, error_code: errorCode(error) }
    return { jsonrpc: '2.0', id: call.id, error: { code: KNOWN_ERROR, message: 'The schema engine failed.', data } }
  }
}

async function run(
  method: string,
  params: Call['params'],
  given: EngineArguments,
  open: () => Promise<Engine>,
): Promise<unknown> {
  switch (method) {
    case 'createDatabase': {
      const { datasource } = params as { datasource?: { url?: string } }
      return { databaseName: await ensureDatabase(datasource?.url ?? given.url) }
    }
    case 'getDatabaseVersion':
      return (await open()).engine.version(null)
    case 'createMigration':
      return createMigration(params as unknown as CreateMigrationInput, await open())
    case 'diff':
      return printDiff(params as unknown as DiffParams, given, await open())
    case 'reset':
      await callEngine(await open(), method, params)
      return null
    default:
      return (await callEngine(await open(), method, params)) ?? {}
  }
}

/** The methods of the engine have the names and arguments of the protocol. */
async function callEngine({ engine, adapter }: Engine, method: string, params: Call['params']): Promise<unknown> {
  const methods = engine as unknown as Record<string, ((params: unknown) => Promise<unknown>) | undefined>
  const call = methods[method]
  if (!call) throw new Error(`The schema engine has no method ${method}.`)
  try {
    return await call.call(engine, params)
  } catch (error) {
    const told = adapter.lastError?.cause
    if (told?.kind === 'postgres')
      throw new Error(`Database error code: ${told.code}\n\n${told.message}`, { cause: error })
    throw error
  }
}

/** The engine's own `createMigration` fails when compiled to WebAssembly; the difference it would write does not. */
async function createMigration(params: CreateMigrationInput, { engine }: Engine): Promise<object> {
  const { migrationsList, schema, filters, migrationName, draft } = params
  const sql = await diff(
    engine,
    { tag: 'migrations', ...migrationsList },
    { tag: 'schemaDatamodel', ...schema },
    filters,
  )
  const { kept } = applyIgnoreRules(sql, readIgnoreRules(migrationsList.baseDir).statements)
  const script = kept.length > 0 ? `${kept.join('\n\n')}\n` : draft ? '-- This is an empty migration.' : null
  return {
    connectorType: 'postgresql',
    generatedMigrationName: `${migrationStamp()}_${migrationName}`,
    migrationScript: script,
    extension: 'sql',
  }
}

/** The native engine prints through a call in the other direction and answers only the exit code. */
async function printDiff(params: DiffParams, given: EngineArguments, { engine }: Engine): Promise<object> {
  const [from, to] = [params.from, params.to].map((target) => resolveTarget(target, given.schema))
  const { stdout, exitCode } = await engine.diff({ ...params, from: from ?? params.from, to: to ?? params.to })
  if (stdout !== null) send({ jsonrpc: '2.0', id: randomUUID(), method: 'print', params: { content: stdout } })
  return { exitCode, stdout: null }
}

/** The engine was opened on the URL that the command line names, which it then knows as its datasource. */
function resolveTarget(target: DiffTarget, schema: readonly SchemaContainer[]): DiffTarget {
  if (target.tag !== 'url') return target
  return { tag: 'schemaDatasource', files: [...schema], configDir: process.cwd() }
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function log(level: 'INFO' | 'ERROR', message: string, errorCode?: string): void {
  const fields = errorCode === undefined ? { message } : { message, error_code: errorCode }
  process.stderr.write(`${JSON.stringify({ level, target: 'schema_engine::logger', fields })}\n`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function errorCode(error: unknown): string | undefined {
  const code = sqlState(error)
  return code !== undefined && /^P\d{4}$/.test(code) ? code : undefined
}
