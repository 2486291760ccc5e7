import { randomUUID } from 'node:crypto'
import { record } from '../audit/audit.js'
import { blindIndexes, blindIndexVersion, newUserKeys, normaliseEmail } from '../keys/keys.js'
import type { NewUserKey } from '../keys/keys.js'
import { SECOND_MS, monotonicMs } from '../lib/clock.js'
import { databaseNow, transaction } from '../lib/db.js'
import type { Db, Origin, Tx } from '../lib/db.js'
import {
  insertScaleCommentLikes,
  insertScaleComments,
  insertScaleLikes,
  insertScaleOpenings,
  insertScalePosts,
  insertScaleSaves,
  insertScaleTags,
  listSubjects,
  makeTags,
} from './scale-content-queries.js'
import type { Counted, Numbered } from './scale-content-queries.js'
import { Progress } from './scale-progress.js'
import {
  insertScaleAccounts,
  insertScaleBonds,
  insertScaleFollows,
  insertScaleGrants,
  insertScaleSubjects,
  insertScaleUsers,
  scaleId,
} from './scale-queries.js'
import type { Run, ScaleUser } from './scale-queries.js'
import { planPosts, scaleSize, spans } from './scale-size.js'
import type { PostPlan, ScaleSize, Span } from './scale-size.js'
import { SCALE_TAGS, SCALE_WORDING } from './scale-words.js'
import { FAMILY_NAMES, GIVEN_NAMES } from './words.js'

/** Rows one transaction writes, so that every statement stays far below its timeout. */
const BATCH = 5_000
/** Each person brings a key, a profile and follows. */
const PEOPLE_BATCH = 2_000
const RUN_LENGTH = 6
/** Of so many likes one is of a comment, and for so many likes one post is saved. */
const COMMENT_LIKE_EVERY = 20
const SAVE_EVERY = 20

/** What was made, and how long it took. */
export interface Scaled extends ScaleSize {
  readonly follows: number
  readonly grants: number
  readonly seconds: number
}

/** Where the generator writes, what it makes, and whom it tells. */
interface Work {
  readonly origin: Origin
  readonly run: Run
  readonly size: ScaleSize
  readonly tell: (line: string) => void
}

/**
 * Adds people and what they publish, like and say to a database, for measurements: every tenth a creator, each with a profile
 * and an address that is encrypted under a key of their own; a few creators have most of the followers, and most of the posts,
 * likes and comments. A tenth of the posts is not for everybody, and some may open it. What `asked` leaves out goes by the
 * number of people. Nobody is told of any of it, none of them can sign in, and posts have no files. A second run adds others.
 * Needs the keys to be verified. What a crash leaves is sound: every batch is a transaction.
 * @throws RangeError when a number is none or out of range
 */
export async function scaleDemo(
  db: Db,
  asked: Partial<ScaleSize> & Pick<ScaleSize, 'users'>,
  tell: (line: string) => void,
): Promise<Scaled> {
  const size = scaleSize(asked)
  const origin = { db, actorId: null, sessionId: null, requestId: 'demo-scale' }
  const name = randomUUID().slice(0, RUN_LENGTH)
  const run = { name, at: await databaseNow(db), users: size.users, posts: size.posts }
  const work = { origin, run, size, tell }
  const startedMs = monotonicMs()
  const subjects = await listSubjects(db)
  await makePeople(work, subjects)
  const { follows, grants } = await makeFollows(work)
  const likes = await makeContent(work, subjects)
  const made = { ...size, likes, follows, grants }
  await recordScaling(origin, made, scaleId(name, 0))
  return { ...made, seconds: (monotonicMs() - startedMs) / SECOND_MS }
}

/** Writes span after span, each in a transaction of its own, and tells how far it is. */
async function inTurn(
  { origin, tell }: Work,
  what: string,
  todo: { readonly spans: readonly Span[]; readonly rowsOf?: (span: Span) => number },
  write: (tx: Tx, span: Span) => Promise<void>,
): Promise<void> {
  const rowsOf = todo.rowsOf ?? (({ from, to }) => to - from)
  const total = todo.spans.reduce((sum, span) => sum + rowsOf(span), 0)
  const progress = new Progress(tell, what, total)
  for (const span of todo.spans) {
    await transaction(origin, (tx) => write(tx, span))
    progress.add(rowsOf(span))
  }
}

async function makePeople(work: Work, subjects: readonly string[]): Promise<void> {
  const { run } = work
  await inTurn(work, 'people', { spans: spans(run.users, PEOPLE_BATCH) }, async (tx, span) => {
    const numbers = numbersOf(span)
    const ids = numbers.map((number) => scaleId(run.name, number))
    const keys = newUserKeys(ids)
    const people = numbers.map((number, index) => toPerson(run, number, keys.of(ids[index] ?? '')))
    await insertScaleUsers(tx, run, span, people, blindIndexVersion())
    await keys.store(tx)
    await insertScaleAccounts(tx, ids)
    await insertScaleSubjects(tx, ids, subjects)
  })
}

async function makeFollows(work: Work): Promise<{ follows: number; grants: number }> {
  const { run } = work
  let follows = 0
  let grants = 0
  await inTurn(work, 'people’s follows', { spans: spans(run.users, PEOPLE_BATCH) }, async (tx, span) => {
    follows += await insertScaleFollows(tx, run, span)
    grants += await insertScaleGrants(tx, run, span)
    await insertScaleBonds(tx, run, span)
  })
  return { follows, grants }
}

/** Answers how many likes there are. */
async function makeContent(work: Work, subjects: readonly string[]): Promise<number> {
  const { run, size } = work
  if (size.posts === 0) return 0
  const tags = await transaction(work.origin, (tx) => makeTags(tx, SCALE_TAGS))
  const plan = planPosts(size)
  await inTurn(work, 'posts', { spans: spans(size.posts, PEOPLE_BATCH) }, async (tx, span) => {
    const posts = numbered(span, plan)
    await insertScalePosts(tx, run, posts, SCALE_WORDING)
    await insertScaleTags(tx, run, posts, { tags, subjects })
    await insertScaleOpenings(tx, run, posts)
  })
  await inTurn(work, 'comments', inBatches(plan.comments), (tx, span) =>
    insertScaleComments(
      tx,
      run,
      counted(span, plan, (post) => plan.comments[post] ?? 0),
      SCALE_WORDING,
    ),
  )
  return await makeLikes(work, plan)
}

/** Post by post, so that each post's row changes once and not with every like. Answers how many. */
async function makeLikes(work: Work, plan: PostPlan): Promise<number> {
  const { run } = work
  const likesOf = (post: number): number => plan.likes[post] ?? 0
  const commentsOf = (post: number): number => plan.comments[post] ?? 0
  const ofComments = (post: number): number =>
    commentsOf(post) > 0 ? Math.floor(likesOf(post) / COMMENT_LIKE_EVERY) : 0
  let made = 0
  await inTurn(work, 'likes', inBatches(plan.likes), async (tx, span) => {
    const ofPosts = counted(span, plan, (post) => likesOf(post) - ofComments(post))
    await insertScaleLikes(tx, run, ofPosts)
    const rest = counted(span, plan, ofComments)
    made += ofPosts.counts.reduce((sum, count) => sum + count, 0)
    made += await insertScaleCommentLikes(tx, run, { likes: rest, comments: rest.posts.map(commentsOf) })
    await insertScaleSaves(
      tx,
      run,
      counted(span, plan, (post) => Math.floor(likesOf(post) / SAVE_EVERY)),
    )
  })
  return made
}

const inBatches = (counts: Int32Array): Parameters<typeof inTurn>[2] => ({
  spans: spans(counts.length, BATCH, (post) => counts[post] ?? 0),
  rowsOf: ({ from, to }) => counts.subarray(from, to).reduce((sum, count) => sum + count, 0),
})

/** The posts of a span. */
const numbered = (span: Span, { creators }: PostPlan): Numbered => ({
  posts: numbersOf(span),
  ranks: [...creators.subarray(span.from, span.to)],
})

/** The posts of a span that have any of what is counted, each with its count. */
function counted(span: Span, { creators }: PostPlan, countOf: (post: number) => number): Counted {
  const some = numbersOf(span)
    .map((post) => ({ post, rank: creators[post] ?? 0, count: countOf(post) }))
    .filter(({ count }) => count > 0)
  return {
    posts: some.map(({ post }) => post),
    ranks: some.map(({ rank }) => rank),
    counts: some.map(({ count }) => count),
  }
}

const numbersOf = ({ from, to }: Span): number[] => Array.from({ length: to - from }, (_none, index) => from + index)

function toPerson({ name }: Run, number: number, key: NewUserKey): ScaleUser {
  const id = scaleId(name, number)
  const username = `${name}_${number.toString(36)}`
  const email = `${username}@scale.example`
  const [emailIndex] = blindIndexes('users.email', normaliseEmail(email))
  return {
    id,
    username,
    displayName: `${GIVEN_NAMES[number % GIVEN_NAMES.length] ?? ''} ${FAMILY_NAMES[number % FAMILY_NAMES.length] ?? ''}`,
    email: key.seal({ table: 'users', column: 'email', rowId: id }, email),
    emailIndex: emailIndex ?? new Uint8Array(),
    emailKeyId: key.id,
  }
}

/** What is made up was not done by anybody: one row tells of all of it. */
const recordScaling = (origin: Origin, made: Omit<Scaled, 'seconds'>, firstId: string): Promise<void> =>
  transaction(origin, (tx, now) =>
    record(
      tx,
      {
        action: 'demo.scaled',
        category: 'ADMINISTRATIVE',
        severity: 'MEDIUM',
        subject: { table: 'users', id: firstId },
        after: { ...made },
        description: 'Added made-up people and posts for measurements.',
      },
      now,
    ),
  )
