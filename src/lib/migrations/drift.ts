import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { DiffTarget } from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'
import { connectionUrl, withClient } from './adapter.js'
import { compareCatalogues, readCatalogue } from './catalogue.js'
import type { Catalogue } from './catalogue.js'
import { deployMigrations } from './deploy.js'
import { diff, withEngine } from './engine.js'
import { applyIgnoreRules, migrationList, readIgnoreRules, readSchema } from './project.js'

/** What two definitions of the database were compared as, and where they part. */
export interface DriftCheck {
  readonly title: string
  readonly differences: readonly string[]
}

export interface DriftOptions {
  /** The owner's connection string. The role needs CREATEDB: a second database is made beside, and dropped. */
  readonly ownerUrl: string
  /** The folder `prisma`. */
  readonly folder: string
  /** The role whose rights are compared too, if it exists. */
  readonly appRole: string
}

/**
 * Compares the three definitions there are: the Prisma schema, the migrations, and the database as it is. The third
 * comparison is of whole catalogues, because Prisma sees neither triggers nor policies, checks, functions or rights.
 */
export async function findDrift({ ownerUrl, folder, appRole }: DriftOptions): Promise<DriftCheck[]> {
  const migrations = join(folder, 'migrations')
  const files = readSchema(join(folder, 'schema'))
  const rules = readIgnoreRules(migrations)
  const byPrisma = await withEngine(ownerUrl, files, async (engine) => {
    const toSchema = async (title: string, from: DiffTarget): Promise<DriftCheck> => {
      const sql = await diff(engine, from, { tag: 'schemaDatamodel', files }, rules.filters)
      return { title, differences: applyIgnoreRules(sql, rules.statements).kept }
    }
    return [
      await toSchema('migrations = Prisma schema', { tag: 'migrations', ...migrationList(migrations) }),
      await toSchema('database = Prisma schema', { tag: 'schemaDatasource', files, configDir: dirname(folder) }),
    ]
  })
  const [wanted, found] = [await freshCatalogue(ownerUrl, folder, appRole), await withClient(ownerUrl, readCatalogue)]
  const title = `database = migrations (${String(wanted.size)} objects)`
  return [...byPrisma, { title, differences: compareCatalogues(wanted, found) }]
}

/** What a database consists of that was deployed just now. */
async function freshCatalogue(ownerUrl: string, folder: string, appRole: string): Promise<Catalogue> {
  const name = `drift_${randomUUID()}`
  const url = connectionUrl(ownerUrl, name)
  const role = (await roleExists(ownerUrl, appRole)) ? { appRole: { name: appRole, password: null } } : {}
  try {
    await deployMigrations({ ownerUrl: url, folder, ...role })
    return await withClient(url, readCatalogue)
  } finally {
    await withClient(ownerUrl, (owner) =>
      owner.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
    )
  }
}

function roleExists(ownerUrl: string, name: string): Promise<boolean> {
  return withClient(ownerUrl, async (owner) => {
    const { rowCount } = await owner.query('/* migrations.roleExists */ select from pg_roles where rolname = $1', [
      name,
    ])
    return rowCount === 1
  })
}
