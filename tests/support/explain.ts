import type { Db } from '../../src/lib/db.js'
import type { PageRequest } from '../../src/lib/page.js'
import { prepare } from '../../src/lib/sql.js'
import type { SqlPart } from '../../src/lib/sql.js'
import type { TestDatabase } from './database.js'

/** A node of a plan, as PostgreSQL explains it in JSON. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  /** Of each time that it was carried out, on average. */
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** How a statement was carried out. */
export interface Explained {
  /** Every node, from the top. */
  readonly nodes: readonly PlanNode[]
  /** The type of every node, from the top: `Limit`, `Nested Loop`, `Index Scan`. */
  readonly types: readonly string[]
  /** The tables that were read from end to end. */
  readonly scanned: readonly string[]
  /** The indexes that were read. */
  readonly indexes: readonly string[]
}

/** Pages of a list: its first, one behind `cursor`, and its last. */
export const pagesOf = (cursor: readonly string[]): Readonly<Record<string, PageRequest>> => ({
  'the first page': { limit: 20, isBackward: false, cursor: null, filterHash: '' },
  'a later page': { limit: 100, isBackward: false, cursor, filterHash: '' },
  'the last page': { limit: 20, isBackward: true, cursor: null, filterHash: '' },
})

/** The statement that a query of the product sends first, and how it is carried out: as `explain` says. */
export async function explainRead(
  database: Pick<TestDatabase, 'owner'>,
  read: (db: Db) => Promise<unknown>,
): Promise<Explained> {
  const sent: { text: string; values: unknown[] }[] = []
  const sql = (strings: TemplateStringsArray, ...parts: SqlPart[]): Promise<never[]> => {
    sent.push(prepare(strings, parts))
    return Promise.resolve([])
  }
  await read({ sql } as unknown as Db).catch(() => undefined)
  const [first] = sent
  if (!first) throw new Error('no statement was sent')
  return await explain(database, first.text, first.values)
}

/**
 * Carries out a statement and says how, over a database that was filled by set-based SQL and analysed. The plan is the
 * one that is made for any parameters, as a statement that was prepared long ago has it.
 */
export async function explain(
  { owner }: Pick<TestDatabase, 'owner'>,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Explained> {
  await owner.query('begin; set local plan_cache_mode = force_generic_plan')
  try {
    const name = `explained_${String((explained += 1))}`
    await owner.query(`prepare ${name} as ${sql}`)
    const values = params.map(literal).join(', ')
    const { rows } = await owner.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (analyze, costs off, timing off, summary off, format json) execute ${name}${values ? ` (${values})` : ''}`,
    )
    await owner.query(`deallocate ${name}`)
    return summary(flatten(rows[0]!['QUERY PLAN'][0].Plan))
  } finally {
    await owner.query('rollback')
  }
}

let explained = 0

const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)]

const summary = (nodes: readonly PlanNode[]): Explained => ({
  nodes,
  types: nodes.map((node) => node['Node Type']),
  scanned: nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'] ?? ''),
  indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
})

/** `execute` takes no parameters of its own. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  // of no type yet, as a parameter is
  if (Array.isArray(value)) return literal(`{${value.map((item) => JSON.stringify(textOf(item))).join(',')}}`)
  return `'${textOf(value).replace(/'/g, "''")}'`
}

const textOf = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value))
