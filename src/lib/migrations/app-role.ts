import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import pg from 'pg'
import { databaseName, sqlState, withClient } from './adapter.js'
import type { Queryable } from './history.js'

/** The role that the server works as: it may change rows, and neither the schema nor what its policies withhold. */
export interface AppRole {
  readonly name: string
  /** Null: the role is somebody else's to make, and signs in by a URL of its own. */
  readonly password: string | null
}

const SCRAM_ITERATIONS = 4_096
const SCRAM_SALT_BYTES = 16
const DUPLICATE_OBJECT = '42710'
const UNIQUE_VIOLATION = '23505'

/** The name of the application role when none is configured: the database's own with `_app`. */
export function defaultAppRole(ownerUrl: string): string {
  return `${databaseName(ownerUrl)}_app`
}

/** The owner's connection string turned into the application's. */
export function appUrl(ownerUrl: string, name: string, password: string): string {
  const url = new URL(ownerUrl)
  url.username = encodeURIComponent(name)
  url.password = encodeURIComponent(password)
  return url.toString()
}

/**
 * Makes sure that the role exists and signs in with the password. The password itself is not sent: like psql's \password,
 * this computes what the server stores, so that no statement log can hold it.
 */
export async function ensureLogin(owner: Queryable, ownerUrl: string, { name, password }: AppRole): Promise<void> {
  if (password === null || (await canSignIn(appUrl(ownerUrl, name, password)))) return
  const role = pg.escapeIdentifier(name)
  await owner.query(`create role ${role} login`).catch((error: unknown) => {
    if (![DUPLICATE_OBJECT, UNIQUE_VIOLATION].includes(sqlState(error) ?? '')) throw error
  })
  await owner.query(`alter role ${role} with login password ${pg.escapeLiteral(scramVerifier(password))}`)
}

async function canSignIn(url: string): Promise<boolean> {
  try {
    await withClient(url, () => Promise.resolve())
    return true
  } catch {
    return false
  }
}

/** What PostgreSQL stores for a password (RFC 5802 with SHA-256); ASCII passwords only, for others need SASLprep. */
function scramVerifier(password: string): string {
  const salt = randomBytes(SCRAM_SALT_BYTES)
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, 'sha256')
  const key = (purpose: string): Buffer => createHmac('sha256', salted).update(purpose).digest()
  const stored = createHash('sha256').update(key('Client Key')).digest('base64')
  const iterations = String(SCRAM_ITERATIONS)
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`
}

/**
 * Gives the role what `prisma/app-role.sql` says, and the job queue's tables. Idempotent.
 * @param grants the text of that file; `:'app_role'` in it stands for the role's name.
 */
export async function grantToAppRole(owner: Queryable, name: string, grants: string): Promise<void> {
  await owner.query(grants.replaceAll(`:'app_role'`, () => pg.escapeLiteral(name)))
  await owner.query(GRANT_JOB_QUEUE.replaceAll('ROLE', () => pg.escapeLiteral(name)))
}

// graphile-worker switches row-level security on and leaves no policy: for anybody but the owner its tables are empty and
// closed. One policy per role and table, named after the role.
const GRANT_JOB_QUEUE = `
do $grant$
declare
  role text := ROLE;
  name regclass;
begin
  if to_regnamespace('graphile_worker') is null then
    return;
  end if;

  execute format('grant usage on schema graphile_worker to %I', role);
  execute format('grant select, insert, update, delete on all tables in schema graphile_worker to %I', role);
  execute format('grant usage, select on all sequences in schema graphile_worker to %I', role);
  execute format('grant execute on all functions in schema graphile_worker to %I', role);

  for name in
    select c.oid
    from pg_class c
    where c.relnamespace = to_regnamespace('graphile_worker') and c.relkind in ('r', 'p') and c.relrowsecurity
      and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = role)
  loop
    execute format('create policy %I on %s to %I using (true) with check (true)', role, name, role);
  end loop;
end
$grant$`
