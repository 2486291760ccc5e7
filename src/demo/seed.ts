import { setTimeout as sleep } from 'node:timers/promises'
import { record } from '../audit/audit.js'
import { rankAllCreators, scoreRecentPosts } from '../discovery/discovery.js'
import { newUserKeys } from '../keys/keys.js'
import { DAY_MS, MINUTE_MS, monotonicMs } from '../lib/clock.js'
import { databaseNow, transaction, violatesUnique, whileLocked } from '../lib/db.js'
import type { Database, Db, Tx } from '../lib/db.js'
import { insertMadeMedia } from '../media/media.js'
import type { MadeMedia, MediaStorage } from '../media/media.js'
import { globalId } from '../lib/ids.js'
import type { PaymentServices } from '../payments/types.js'
import { Sandbox } from '../processors/processors.js'
import { hashPassword } from '../sessions/sessions.js'
import type { Password } from '../sessions/types.js'
import { demoFiles, profilePictures } from './files.js'
import type { DemoFile } from './files.js'
import { MONEY_MONTHS, demoDeeds } from './money.js'
import { SEEDED, findUnplayedDay } from './money-queries.js'
import { toNoticeRows } from './notices.js'
import { makeFiles } from './pictures/making.js'
import { playMoney } from './playing.js'
import { hasUser, insertAccounts, insertFollows, insertNotices, insertUsers, makePastPartitions } from './queries.js'
import { demoId } from './random.js'
import { demoWorks } from './reactions.js'
import type { DemoWorks } from './reactions.js'
import { toPeopleRows } from './rows.js'
import { insertContentFiles, insertWorks } from './works-queries.js'
import { ADMIN_ID, SIGN_INS, demoFollows, demoPeople } from './world.js'
import type { DemoFollow, DemoPerson } from './world.js'

/** The password of everybody in the demo world. */
export const DEMO_PASSWORD = 'demo-Passw0rd!'

/** Who can sign in, as the start prints it. */
export const DEMO_SIGN_INS = SIGN_INS.map(({ email, accountType }) => ({ email, accountType }))

/** A fan and a creator who know each other, by the addresses that they sign in with. */
export const DEMO_PAIR = SIGN_INS.filter(({ accountType }) => accountType === 'FAN' || accountType === 'CREATOR').map(
  ({ email }) => email,
)

/** What the tour and the explorer's samples point at. */
export const DEMO_IDS = {
  fan: globalId('User', demoId('person/fay')),
  creator: globalId('User', demoId('person/cleo')),
  /** A creator whom the fan does not follow. */
  newcomer: globalId('User', demoId('person/theo.hernandez')),
  /** For everybody, and much discussed. */
  openPost: globalId('Content', demoId('post/tile-week/0')),
  /** Sold, and not bought by the fan. */
  soldPost: globalId('Content', demoId('post/tile-week/10')),
} as const

/** How long a process waits for another that is seeding. */
const WAIT_MS = 5 * MINUTE_MS
const RETRY_MS = 250

/** Where the files of the demo world go, who charges its people, and whom it tells. */
export interface Seeding {
  /** Where its pictures and sounds are put; without it the posts have none. */
  readonly storage?: MediaStorage
  /** How wide most pictures are, in pixels. */
  readonly pictureWidth?: number
  /** What its past is played by; without it, or where that is not the sandbox, nobody has paid, written or broadcast anything. */
  readonly payments?: PaymentServices
  /** Tells a person how far it is. */
  readonly say?: (line: string) => void
}

/**
 * Fills a database with the demo world, once: people, what they publish, say and like, whom they follow and what they were
 * told, the same on every machine but for the day it is made. Files first, then all rows in one transaction, so a crash
 * leaves no rows behind and the next start begins again, over the files; then what they paid, wrote and
 * broadcast, which a crash interrupts and the next start goes on with. Of processes that start at once, one does it and the others wait. Needs the keys to be verified.
 * Answers whether it was done now.
 * @throws Error when another process is at it for over five minutes, or somebody else has one of the names
 */
export async function seedDemo({ db, pool }: Pick<Database, 'db' | 'pool'>, seeding: Seeding = {}): Promise<boolean> {
  const deadlineMs = monotonicMs() + WAIT_MS
  while (monotonicMs() < deadlineMs) {
    if (await isWhole(db)) return false
    const isDone = await whileLocked(pool, 'demo', () => seed(db, seeding))
    if (isDone !== null) return isDone
    await sleep(RETRY_MS)
  }
  throw new Error('The demo world is being made by another process, which does not finish.')
}

const isWhole = async (db: Db): Promise<boolean> =>
  (await hasUser(db, ADMIN_ID)) && (await findUnplayedDay(db)) === null

async function seed(db: Db, seeding: Seeding): Promise<boolean> {
  // whoever held the lock a moment ago has done it
  if (await isWhole(db)) return false
  if (!(await hasUser(db, ADMIN_ID))) await make(db, seeding)
  await play(db, seeding)
  return true
}

async function make(db: Db, { storage, pictureWidth, payments, say = silently }: Seeding): Promise<void> {
  const now = await databaseNow(db)
  const world = makeWorld(new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS))
  const files = storage ? demoFiles(world.people, world.works.posts, pictureWidth) : []
  const media = storage ? await makeFiles(files, storage, say) : []
  // taken as checked: the list of leaked ones, which the check reads, would stay in the server's memory
  const passwordHash = await hashPassword(DEMO_PASSWORD as Password)
  const origin = { db, actorId: null, sessionId: null, requestId: 'demo-seed' }
  const hasMoney = payments?.processor instanceof Sandbox
  // by itself, for the world's own transaction is long enough
  await transaction(origin, (tx) => makePastPartitions(tx, MONEY_MONTHS))
  await transaction(origin, (tx, at) => insertWorld(tx, { ...world, files, media, passwordHash, hasMoney }, at))
  // people look at it before the jobs that look at it anew have run
  await rankAllCreators(origin)
  await scoreRecentPosts(origin)
}

const silently = (): void => undefined

/** Plays what happened in a world that was made to have a past, of the day on which it was made. */
async function play(db: Db, { payments, say = silently }: Seeding): Promise<void> {
  const day = await findUnplayedDay(db)
  if (day && payments?.processor instanceof Sandbox) await playMoney(db, payments, demoDeeds(makeWorld(day), day), say)
}

/** The demo world as of `today`, midnight UTC, before it is in any database. */
interface World {
  readonly today: Date
  readonly people: readonly DemoPerson[]
  readonly follows: readonly DemoFollow[]
  readonly works: DemoWorks
}

function makeWorld(today: Date): World {
  const people = demoPeople(today)
  const follows = demoFollows(people, today)
  return { today, people, follows, works: demoWorks(people, follows, today) }
}

interface Given extends World {
  readonly files: readonly DemoFile[]
  readonly media: readonly MadeMedia[]
  readonly passwordHash: string
  readonly hasMoney: boolean
}

async function insertWorld(
  tx: Tx,
  { today, people, follows, works, files, media, passwordHash, hasMoney }: Given,
  now: Date,
): Promise<void> {
  const keys = newUserKeys(people.map(({ id }) => id))
  const rows = toPeopleRows(people, keys, passwordHash, profilePictures(files))
  await insertUsers(tx, rows).catch(refuseNamesakes)
  await keys.store(tx)
  await insertMadeMedia(tx, media)
  await insertAccounts(tx, rows)
  await insertFollows(tx, follows)
  await insertWorks(tx, works)
  await insertContentFiles(tx, files)
  await insertNotices(tx, toNoticeRows({ people, works, follows }, today))
  const made = { people: people.length, posts: works.posts.length, files: files.length }
  await recordSeeding(tx, { ...made, moneyDay: hasMoney ? today.getTime() / DAY_MS : null }, now)
}

function refuseNamesakes(error: unknown): never {
  if (!violatesUnique(error, 'idx_users_username') && !violatesUnique(error, 'idx_users_email')) throw error
  throw new Error(
    'DEMO: somebody in this database is called like one of the demo world. Turn DEMO off, or use another database.',
  )
}

/** The world is given, not changed: one row tells of all of it, and of which day its money is to be played. */
const recordSeeding = (
  tx: Tx,
  made: {
    readonly people: number
    readonly posts: number
    readonly files: number
    readonly moneyDay: number | null
  },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action: SEEDED,
      category: 'ADMINISTRATIVE',
      severity: 'MEDIUM',
      subject: { table: 'users', id: ADMIN_ID },
      after: made,
      description: 'Filled the database with the demo world.',
    },
    now,
  )
