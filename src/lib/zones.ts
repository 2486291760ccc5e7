import type { Db } from './db.js'

/** Abbreviations and offsets are no zones: they know nothing of daylight saving. */
const ZONE = /^(?:UTC|[A-Z][A-Za-z_]{1,30}(?:\/[A-Za-z0-9_+-]{1,30}){1,2})$/

/** Whether a name is a zone of the IANA database, as the database that computes with it has it: Node knows others. */
export async function isTimeZone(db: Db, name: string): Promise<boolean> {
  if (!ZONE.test(name)) return false
  const rows = await db.sql`/* lib.zone */ select 1 as found from pg_timezone_names where name = ${name}`
  return rows.length > 0
}
