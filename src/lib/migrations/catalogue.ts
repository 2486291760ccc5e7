import type { Queryable } from './history.js'

/** Everything a database consists of, as `kind name` to its definition. */
export type Catalogue = ReadonlyMap<string, string>

/** Schemas whose objects are ours to answer for; partitions are made as time passes and are left out, their parents are not. */
const SCHEMAS = ['public', 'graphile_worker']

const tables = `
  pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = any($1)
    and c.relname <> '_prisma_migrations' and not c.relispartition`

// One query per kind, each answering a name and a definition. Prisma's differ sees tables, columns, plain indexes, foreign
// keys and enums; the rest is seen only here.
const KINDS: Readonly<Record<string, string>> = {
  relation: `
    select c.oid::regclass::text as name, concat_ws(
      ' ', c.relkind, pg_get_partkeydef(c.oid), c.reloptions::text,
      case when c.relrowsecurity then 'row security' end, case when c.relforcerowsecurity then 'forced' end,
      case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end
    ) as definition
    from ${tables} where c.relkind in ('r', 'p', 'v', 'm', 'S')`,
  column: `
    select format('%s.%s', c.oid::regclass, a.attname) as name, concat_ws(
      ' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
      nullif(a.attgenerated::text, ''), nullif(a.attidentity::text, ''), pg_get_expr(d.adbin, d.adrelid),
      (select collname from pg_collation where oid = a.attcollation and collname <> 'default')
    ) as definition
    from ${tables} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind in ('r', 'p')`,
  index: `
    select i.indexrelid::regclass::text as name,
      pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (invalid)' end as definition
    from ${tables} join pg_index i on i.indrelid = c.oid`,
  constraint: `
    select format('%s.%s', c.oid::regclass, k.conname) as name,
      pg_get_constraintdef(k.oid) || case when k.convalidated then '' else ' (not valid)' end as definition
    from ${tables} join pg_constraint k on k.conrelid = c.oid`,
  trigger: `
    select format('%s.%s', c.oid::regclass, t.tgname) as name,
      pg_get_triggerdef(t.oid) || ' enabled ' || t.tgenabled::text as definition
    from ${tables} join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal`,
  policy: `
    select format('%s.%s', c.oid::regclass, p.policyname) as name,
      concat_ws(' ', p.permissive, p.roles::text, p.cmd, 'using', p.qual, 'with check', p.with_check) as definition
    from ${tables} join pg_policies p on p.schemaname = n.nspname and p.tablename = c.relname`,
  function: `
    select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname = any($1)
    where p.prokind in ('f', 'p')
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,
  type: `
    select t.oid::regtype::text as name, concat_ws(
      ' ', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
      (select string_agg(enumlabel, ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid)
    ) as definition
    from pg_type t join pg_namespace n on n.oid = t.typnamespace and n.nspname = any($1) where t.typtype in ('e', 'd')`,
  extension: `select extname as name, 'installed' as definition from pg_extension where $1::text[] is not null`,
  'right on': `
    select c.oid::regclass::text as name,
      array_to_string(array(select item::text from unnest(c.relacl) item order by 1), ' ') as definition
    from ${tables} where c.relacl is not null and c.relkind in ('r', 'p', 'v', 'm', 'S')`,
  'right to call': `
    select p.oid::regprocedure::text as name,
      array_to_string(array(select item::text from unnest(p.proacl) item order by 1), ' ') as definition
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname = any($1)
    where p.proacl is not null and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,
}

/** Reads what a database consists of, also what Prisma cannot see: triggers, policies, checks, functions, rights. */
export async function readCatalogue(client: Queryable): Promise<Catalogue> {
  const catalogue = new Map<string, string>()
  for (const [kind, query] of Object.entries(KINDS)) {
    const { rows } = await client.query<{ name: string; definition: string | null }>(
      `/* migrations.catalogue */ ${query} order by 1`,
      [SCHEMAS],
    )
    for (const { name, definition } of rows) catalogue.set(`${kind} ${name}`, definition ?? '')
  }
  return catalogue
}

/** The differences between the database that should be and the one that is, one per line or few; empty when there are none. */
export function compareCatalogues(wanted: Catalogue, found: Catalogue): string[] {
  const absent = [...wanted]
    .filter(([name]) => !found.has(name))
    .map(([name, definition]) => `missing ${name}: ${definition}`)
  const extra = [...found]
    .filter(([name]) => !wanted.has(name))
    .map(([name, definition]) => `unexpected ${name}: ${definition}`)
  const changed = [...wanted].flatMap(([name, definition]) => {
    const actual = found.get(name)
    return actual === undefined || actual === definition
      ? []
      : [`changed ${name}\n  want ${definition}\n  have ${actual}`]
  })
  return [...absent, ...changed, ...extra]
}
