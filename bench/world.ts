import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { scaleDemo } from '../src/demo/scale.js'
import { DEMO_IDS, seedDemo } from '../src/demo/seed.js'
import { demoPeople } from '../src/demo/world.js'
import { openKeyring, verifyKeys } from '../src/keys/keys.js'
import { machineNow } from '../src/lib/clock.js'
import { openDatabase, transaction } from '../src/lib/db.js'
import type { Database } from '../src/lib/db.js'
import { postTopUp } from '../src/ledger/ledger.js'
import { connectionUrl, withClient } from '../src/lib/migrations/adapter.js'
import { appUrl, defaultAppRole } from '../src/lib/migrations/app-role.js'
import { deployMigrations } from '../src/lib/migrations/deploy.js'
import { parseGlobalId } from '../src/lib/ids.js'
import { startEmbeddedPostgres } from '../src/lib/postgres/embedded.js'
import { configureTokenKeys, startSession } from '../src/sessions/sessions.js'
import { ROOT } from './children.js'

const DATABASE = 'creator_platform_bench'
/** What there is beside the demo world, so that indexes have some depth. */
const EXTRA = { users: 10_000, posts: 40_000, likes: 200_000, comments: 120_000 }
/** So many that none of them spends the budget that a minute gives each. */
const VIEWERS = 2_000
/** Creators whom each of them follows beside those of the demo world. */
const FOLLOWS = 30

const CREATOR = parseGlobalId(DEMO_IDS.creator)?.uuid ?? ''

/** Somebody signed in. */
export interface BenchViewer {
  readonly accessToken: string
  readonly sessionId: string
}

/** A database with the demo world and some thousand people more, people signed in to it, and how servers open it. */
export interface BenchWorld {
  readonly database: Database
  readonly viewers: readonly BenchViewer[]
  /** A creator with posts, signed in, and their global id. */
  readonly creator: BenchViewer
  readonly creatorId: string
  /** Creators of the demo world. */
  readonly usernames: readonly string[]
  /** Creators with more than a page of posts. */
  readonly productive: readonly string[]
  /** Posts that are open to everybody, with more than a page of comments, and with hardly any. */
  readonly discussed: readonly string[]
  readonly likable: readonly string[]
  /** Creators who earn in `currency`, of which every viewer has plenty in their wallet. */
  readonly earners: readonly string[]
  readonly currency: string
  readonly env: Readonly<Record<string, string>>
  readonly serverVersion: string
  close(): Promise<void>
}

/**
 * Makes the world anew, on DATABASE_URL's server or on an embedded one of the bench's own. With `isKept` it stays, and is
 * found again by the next run that asks for it. The ledger has at least `entries` entries.
 */
export async function openWorld({ isKept = false, entries = 0 } = {}): Promise<BenchWorld> {
  const server = await findServer()
  const ownerUrl = connectionUrl(server.url, DATABASE)
  const kept = isKept ? readKept() : null
  const { password, master, token } = kept ?? newSecrets()
  const keys = { master: Buffer.from(master, 'base64'), token: Buffer.from(token, 'base64') }
  openKeyring([{ id: 'bench', secret: keys.master }])
  configureTokenKeys([{ id: 'bench', secret: keys.token }])
  const appRole = { name: defaultAppRole(ownerUrl), password }
  if (!kept) await withClient(server.url, (owner) => owner.query(`drop database if exists ${DATABASE} with (force)`))
  await deployMigrations({ ownerUrl, folder: join(ROOT, 'prisma'), appRole })
  const url = appUrl(ownerUrl, appRole.name, password)
  const database = openDatabase(url)
  await verifyKeys(database.db)
  if (!kept) {
    await seedDemo(database)
    await scaleDemo(database.db, EXTRA, () => undefined)
  }
  const picked = await withClient(ownerUrl, prepareWorld)
  if (!kept) await fillWallets(database, picked)
  if (!kept && entries > 0) await withClient(ownerUrl, (owner) => fillLedger(owner, entries, picked.currency))
  if (isKept) writeFileSync(KEPT, JSON.stringify({ password, master, token }), { mode: 0o600 })
  const [creator] = await signIn(database, [CREATOR])
  if (!creator) throw new Error('the demo world has its creator')
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-'))
  return {
    database,
    viewers: await signIn(database, picked.viewerIds),
    creator,
    creatorId: DEMO_IDS.creator,
    usernames: demoPeople(machineNow())
      .filter(({ accountType, standing }) => accountType === 'CREATOR' && standing.status === 'ACTIVE')
      .map(({ username }) => username),
    productive: picked.productive,
    discussed: picked.discussed,
    likable: picked.likable,
    earners: picked.earners,
    currency: picked.currency,
    serverVersion: picked.serverVersion,
    env: {
      NODE_ENV: 'development',
      PORT: '0',
      TRUSTED_PROXIES: '127.0.0.1',
      DATA_DIR: dataDir,
      DATABASE_URL: ownerUrl,
      DATABASE_APP_URL: url,
      MASTER_KEYS: `bench:${keys.master.toString('base64')}`,
      TOKEN_KEYS: `bench:${keys.token.toString('base64')}`,
    },
    close: async () => {
      await database.close()
      if (!isKept)
        await withClient(server.url, (owner) => owner.query(`drop database if exists ${DATABASE} with (force)`))
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** The secrets of a world that was kept; they open nothing else. */
interface Secrets {
  readonly password: string
  readonly master: string
  readonly token: string
}

const KEPT = join(ROOT, '.data/bench/kept.json')

const readKept = (): Secrets | null => (existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, 'utf8')) as Secrets) : null)

const newSecrets = (): Secrets => ({
  password: randomBytes(16).toString('hex'),
  master: randomBytes(32).toString('base64'),
  token: randomBytes(32).toString('base64'),
})

async function findServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const url = process.env['DATABASE_URL']
  if (url) return { url, stop: () => Promise.resolve() }
  return await startEmbeddedPostgres({ dataDir: join(ROOT, '.data/bench') })
}

interface Picked {
  readonly viewerIds: string[]
  readonly productive: string[]
  readonly discussed: string[]
  readonly likable: string[]
  readonly earners: string[]
  readonly currency: string
  readonly serverVersion: string
}

/** Has the viewers follow whose posts there are, and block none of each other; says who and what is asked for. */
async function prepareWorld(owner: pg.Client): Promise<Picked> {
  const texts = async (sql: string, values: unknown[] = []): Promise<string[]> =>
    (await owner.query<{ text: string }>(sql, values)).rows.map(({ text }) => text)
  const viewerIds = await texts(
    `select id::text as text from users where account_type = 'fan' and account_status = 'active' order by id limit $1`,
    [VIEWERS],
  )
  await owner.query(
    `insert into follows (follower_id, following_id, followed_at)
     select viewer.id, creator.id, app_now()
     from unnest($1::uuid[]) viewer (id)
     cross join lateral (
       select u.id from users u
       where u.account_type = 'creator' and u.account_status = 'active' and exists (select from content c where c.creator_id = u.id)
       order by md5(u.id::text || viewer.id::text) limit $2
     ) creator
     on conflict (follower_id, following_id) do nothing`,
    [viewerIds, FOLLOWS],
  )
  // a line of chat is for everybody
  await owner.query('delete from blocks where blocker_id = any($1::uuid[]) and blocked_id = any($1::uuid[])', [
    viewerIds,
  ])
  await owner.query('vacuum analyze')
  const open = `c.publish_at <= app_now() and c.unpublished_at is null and c.deleted_at is null and c.removed_at is null
    and c.visibility = 'public' and not c.is_premium and not c.is_age_restricted`
  return {
    viewerIds,
    productive: await texts(
      `select u.username::text as text from content c join users u on u.id = c.creator_id
       where ${open} and u.account_status = 'active' group by u.id having count(*) > 25 order by u.id limit 200`,
    ),
    discussed: await texts(
      `select c.id::text as text from content c
       where ${open} and (select count(*) from comments m where m.content_id = c.id and m.parent_id is null) > 60
       order by c.id limit 200`,
    ),
    likable: await texts(
      `select c.id::text as text from content c where ${open} order by c.like_count, c.id limit 2000`,
    ),
    ...(await pickEarners(owner)),
    serverVersion: (await texts(`select current_setting('server_version') as text`))[0] ?? '',
  }
}

/** The creators who earn in the currency in which most of them do. */
async function pickEarners(owner: pg.Client): Promise<Pick<Picked, 'earners' | 'currency'>> {
  const { rows } = await owner.query<Pick<Picked, 'earners' | 'currency'>>(
    `select currency::text as currency, (array_agg(id::text order by id))[1:200] as earners from users
     where account_type = 'creator' and account_status = 'active' and age_verified and currency is not null
       and (age_verified_until is null or age_verified_until > app_now() + interval '1 day')
     group by currency order by count(*) desc, currency limit 1`,
  )
  const [picked] = rows
  if (!picked) throw new Error('nobody in this world earns')
  return picked
}

/** Enough for a hundred thousand tips of each. */
const WALLET_MINOR = 20_000_000n

async function fillWallets({ db }: Database, { viewerIds, currency }: Picked): Promise<void> {
  for (let start = 0; start < viewerIds.length; start += SIGN_IN_BATCH)
    await transaction({ db, actorId: null, sessionId: null, requestId: 'bench' }, async (tx, now) => {
      for (const userId of viewerIds.slice(start, start + SIGN_IN_BATCH)) {
        const amount = { amountMinor: WALLET_MINOR, currency }
        await postTopUp(tx, { intentId: `bench:${userId}`, userId, amount, processorFeeMinor: 1n }, now)
      }
    })
}

/** Adds journals of two entries between two accounts of the platform's, past the triggers that would take an hour. */
async function fillLedger(owner: pg.Client, entries: number, currency: string): Promise<void> {
  await owner.query(`set session_replication_role = replica`)
  await owner.query(
    `with account as (
       select min(id::text) filter (where kind = 'processor_clearing') as one, min(id::text) filter (where kind = 'processor_fees') as other
       from ledger_accounts where owner_id is null and currency = $2
     ), journal as (
       insert into journal_transactions (kind, reference, occurred_at)
       select 'adjustment', 'bench:' || n, app_now() - n * interval '1 second' from generate_series(1, $1::int / 2) n
       returning id
     )
     insert into ledger_entries (journal_transaction_id, account_id, amount_minor, currency)
     select journal.id, line.account::uuid, line.amount, $2
     from journal cross join account cross join lateral (values (account.one, 1), (account.other, -1)) line (account, amount)`,
    [entries, currency],
  )
  await owner.query(
    `update ledger_accounts a
     set balance_minor = e.balance, entry_count = e.entries
     from (select account_id, sum(amount_minor) as balance, count(*) as entries from ledger_entries group by account_id) e
     where e.account_id = a.id`,
  )
  await owner.query(`set session_replication_role = origin`)
  await owner.query('vacuum analyze')
}

/** People signed in by one transaction. */
const SIGN_IN_BATCH = 100

async function signIn({ db }: Database, ids: readonly string[]): Promise<BenchViewer[]> {
  const client = { ip: '127.0.0.1', userAgent: 'bench' }
  const viewers: BenchViewer[] = []
  for (let start = 0; start < ids.length; start += SIGN_IN_BATCH)
    await transaction({ db, actorId: null, sessionId: null, requestId: 'bench' }, async (tx, now) => {
      for (const userId of ids.slice(start, start + SIGN_IN_BATCH)) {
        const { accessToken, viewer } = await startSession(tx, { userId, client }, now)
        viewers.push({ accessToken, sessionId: viewer.sessionId })
      }
    })
  return viewers
}
