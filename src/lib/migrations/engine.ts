import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import type {
  DiffTarget,
  SchemaContainer,
  SchemaEngine,
  SchemaFilter,
} from '@prisma/schema-engine-wasm/schema_engine_bg'
import { MigrationAdapterFactory } from './adapter.js'

/** Prisma's schema engine at work on one database. */
export interface Engine {
  readonly engine: SchemaEngine
  readonly adapter: MigrationAdapterFactory
  /** Drops what is left of shadow databases and lets go of the engine's memory. */
  close(): Promise<void>
}

/** The part of the WebAssembly API used here: TypeScript has its types only among the browser's. */
declare const WebAssembly: {
  instantiate(
    binary: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>
}

const MODULE = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')

/** A panic of the engine calls `set_message`, then traps: the promise that waits never settles and the trap is uncaught. */
const panics = {
  message: '',
  set_message(message: string): void {
    this.message = message
  },
}

/** The text of the panic that ended the engine, if one did. */
export function panicMessage(): string | undefined {
  return panics.message || undefined
}

/** The commit that the engine was built from, as `prisma --version` prints it. */
export function engineCommit(): string {
  const { version } = JSON.parse(readFileSync(join(dirname(MODULE), 'package.json'), 'utf8')) as { version: string }
  return version.split('.').at(-1) ?? version
}

let loaded = false

async function load(): Promise<void> {
  if (loaded) return
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: panics })
  const binary = readFileSync(MODULE.replace(/\.js$/, '.wasm'))
  const { instance } = await WebAssembly.instantiate(binary, { './schema_engine_bg.js': bindings })
  const glue = bindings as unknown as { __wbg_set_wasm(exports: object): void }
  glue.__wbg_set_wasm(instance.exports)
  ;(instance.exports['__wbindgen_start'] as () => void)()
  loaded = true
}

/**
 * Opens Prisma's schema engine, compiled to WebAssembly, on a database that exists (it connects at once).
 * @param schema the Prisma schema, where the work needs one.
 */
export async function openEngine(url: string, schema: readonly SchemaContainer[] = []): Promise<Engine> {
  await load()
  const adapter = new MigrationAdapterFactory(url)
  const datamodels = schema.map(({ path, content }): [string, string] => [path, content])
  const engine = await bindings.SchemaEngine.new(
    // An empty list panics the engine; undefined is its word for none.
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(adapter),
  )
  const close = async (): Promise<void> => {
    engine.free()
    await adapter.close()
  }
  return { engine, adapter, close }
}

/** Runs `work` with an engine, closes it, and puts the server's words in place of the engine's when a statement failed. */
export async function withEngine<T>(
  url: string,
  schema: readonly SchemaContainer[],
  work: (engine: SchemaEngine, adapter: MigrationAdapterFactory) => Promise<T>,
): Promise<T> {
  const opened = await openEngine(url, schema)
  try {
    return await work(opened.engine, opened.adapter)
  } catch (error) {
    const told = opened.adapter.lastError?.cause
    if (told?.kind === 'postgres') throw new Error(`SQL error ${told.code}: ${told.message}`, { cause: error })
    throw error
  } finally {
    await opened.close()
  }
}

/** The SQL that leads from one state to another; empty when they are equal. */
export async function diff(
  engine: SchemaEngine,
  from: DiffTarget,
  to: DiffTarget,
  filters: SchemaFilter,
): Promise<string> {
  const answer = await engine.diff({ from, to, script: true, exitCode: true, filters })
  return answer.exitCode === 2 ? (answer.stdout ?? '') : ''
}
