import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineNow } from '../clock.js'
import { ensureDatabase } from './adapter.js'
import { diff, withEngine } from './engine.js'
import { LOCK_FILE, applyIgnoreRules, migrationList, readIgnoreRules, readSchema } from './project.js'

/** Where the parts of the database's definition lie; absolute paths. */
export interface MigrationPaths {
  readonly migrations: string
  readonly schema: string
}

/** A migration just written, or none when the migrations already lead to the schema. */
export interface CreatedMigration {
  readonly path: string | null
  /** Statements that lose data or structure, to be looked at before anybody deploys. */
  readonly destructive: readonly string[]
  readonly ignored: readonly string[]
}

/** The name prefix of a migration made now: UTC to the second, fourteen digits. */
export function migrationStamp(): string {
  return machineNow().toISOString().replace(/\D/g, '').slice(0, 'yyyymmddhhmmss'.length)
}

/**
 * Writes the SQL from the migrations so far to the Prisma schema as a new migration, to be read and edited.
 * @param url a database on a server where shadow databases may be created; it is not changed.
 * @param empty write the file also when there is no difference, for SQL by hand.
 */
export async function createMigration(
  url: string,
  { migrations, schema }: MigrationPaths,
  name: string,
  empty: boolean,
): Promise<CreatedMigration> {
  if (!/^[a-z0-9_]+$/.test(name)) throw new Error(`A migration is named in snake_case, not "${name}".`)
  const rules = readIgnoreRules(migrations)
  const files = readSchema(schema)
  await ensureDatabase(url)
  const sql = await withEngine(url, files, (engine) =>
    diff(engine, { tag: 'migrations', ...migrationList(migrations) }, { tag: 'schemaDatamodel', files }, rules.filters),
  )
  const { kept, ignored } = applyIgnoreRules(sql, rules.statements)
  if (kept.length === 0 && !empty) return { path: null, destructive: [], ignored }
  const script = kept.length > 0 ? `${kept.join('\n\n')}\n` : '-- Write the SQL here.\n'
  const isDestructive = (block: string): boolean => /\bDROP (TABLE|COLUMN|INDEX|TYPE|CONSTRAINT)\b/.test(block)
  return { path: writeMigration(migrations, name, script), destructive: kept.filter(isDestructive), ignored }
}

function writeMigration(folder: string, name: string, script: string): string {
  const path = join(folder, `${migrationStamp()}_${name}`, 'migration.sql')
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, script)
  const lockPath = join(folder, 'migration_lock.toml')
  if (!existsSync(lockPath)) writeFileSync(lockPath, LOCK_FILE)
  return path
}
