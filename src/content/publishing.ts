import { holdActor } from '../accounts/accounts.js'
import { addMs, DAY_MS, MINUTE_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { enqueue } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'
import { isTimeZone } from '../lib/zones.js'
import { stateAt } from './access.js'
import { checkOffAir, checkPublishable, contentEvent, getOwn, recordContent, wrongState } from './authoring.js'
import { announceDueJob, CONTENT_CHANGED, CONTENT_PUBLISHED, CONTENT_UNPUBLISHED } from './types.js'
import {
  claimDue,
  findInstant,
  holdOverdue,
  markAnnounced,
  NO_SCHEDULE,
  recomputeSchedules,
  returnToDraft,
  updateContentRow,
} from './write-queries.js'
import type { DueContent } from './write-queries.js'

const MIN_AHEAD_MS = MINUTE_MS
const MAX_AHEAD_MS = 366 * DAY_MS
/** Posts that one transaction announces, or makes drafts of. */
const DUE_BATCH = 100

/**
 * Publishes a post now: a draft, a scheduled one before its time, or one that was taken back, which is no news. What is
 * published already stays as it is. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT content_state, age_verification_required; INVALID nothing_to_publish
 */
export async function publishContent(tx: Tx, viewer: Viewer, contentId: string, now: Date): Promise<void> {
  const author = await holdActor(tx, viewer.userId, now)
  const post = await getOwn(tx, viewer, contentId)
  const state = stateAt(post, now)
  if (state === 'PUBLISHED') return
  if (state === 'DELETED' || state === 'REMOVED')
    throw wrongState('A post that is deleted or removed is not published.')
  await checkPublishable(tx, author, post, now)
  const isNews = post.announcedAt === null
  const publishAt = isNews ? now : post.publishAt
  await updateContentRow(tx, contentId, {
    publishAt,
    unpublishedAt: null,
    ...(isNews && { announcedAt: now, ...NO_SCHEDULE }),
    updatedAt: now,
  })
  const entry = { before: { status: state }, after: { status: 'PUBLISHED' }, description: 'Published a post.' }
  await recordContent(tx, 'content.published', post, entry, now)
  await emit(tx, contentEvent(isNews ? CONTENT_PUBLISHED : CONTENT_CHANGED, post), now)
}

/**
 * Takes a post back: a scheduled one becomes a draft, a published one is out of sight but for whom a grant opens it. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT content_state, stream_on_air
 */
export async function unpublishContent(tx: Tx, viewer: Viewer, contentId: string, now: Date): Promise<void> {
  await holdActor(tx, viewer.userId, now)
  const post = await getOwn(tx, viewer, contentId)
  const state = stateAt(post, now)
  if (state === 'DRAFT' || state === 'UNPUBLISHED') return
  if (state === 'DELETED' || state === 'REMOVED')
    throw wrongState('A post that is deleted or removed is not published.')
  await checkOffAir(tx, post, now)
  const change = state === 'SCHEDULED' ? { publishAt: null, ...NO_SCHEDULE } : { unpublishedAt: now }
  await updateContentRow(tx, contentId, { ...change, updatedAt: now })
  const entry = {
    before: { status: state },
    after: { status: state === 'SCHEDULED' ? 'DRAFT' : 'UNPUBLISHED' },
    description: 'Took a post back.',
  }
  await recordContent(tx, 'content.unpublished', post, entry, now)
  await emit(tx, contentEvent(CONTENT_UNPUBLISHED, post), now)
}

/**
 * Has a post published when a wall clock shows a time. It is seen from that second on, by the database's clock, whether or
 * not anything runs; what publishing brings with it follows once. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT content_state, age_verification_required; INVALID schedule_out_of_range,
 * time_zone_unknown, nothing_to_publish
 */
export async function scheduleContent(
  tx: Tx,
  viewer: Viewer,
  { contentId, localTime, timeZone }: { contentId: string; localTime: string; timeZone: string },
  now: Date,
): Promise<void> {
  const author = await holdActor(tx, viewer.userId, now)
  const post = await getOwn(tx, viewer, contentId)
  const state = stateAt(post, now)
  if (state !== 'DRAFT' && state !== 'SCHEDULED') throw wrongState('Only a draft can be scheduled.')
  if (!(await isTimeZone(tx, timeZone)))
    throw new AppError('INVALID', 'time_zone_unknown', 'A zone is written as Europe/Berlin.', {
      path: ['input', 'timeZone'],
    })
  const publishAt = await findInstant(tx, localTime, timeZone)
  if (publishAt < addMs(now, MIN_AHEAD_MS) || publishAt > addMs(now, MAX_AHEAD_MS))
    throw new AppError('INVALID', 'schedule_out_of_range', 'A post is scheduled from a minute to a year ahead.', {
      path: ['input', 'localTime'],
    })
  await checkPublishable(tx, author, { ...post, publishAt }, now)
  const schedule = { publishAt, scheduledLocalTime: localTime, scheduledTimeZone: timeZone }
  await updateContentRow(tx, contentId, { ...schedule, updatedAt: now })
  await enqueue(tx, announceDueJob, {}, { runAt: publishAt, key: `announce:${contentId}` })
  const entry = {
    before: { status: state },
    after: { status: 'SCHEDULED', publishAt },
    description: 'Scheduled a post.',
  }
  await recordContent(tx, 'content.scheduled', post, entry, now)
  await emit(tx, contentEvent(CONTENT_CHANGED, post), now)
}

/**
 * Announces the posts that fell due, each once however many processes try; those whose author cannot be met become drafts
 * again. Also computes again when the others fall due, should the rules of a zone have changed.
 */
export async function announceDue(origin: Origin): Promise<void> {
  await transaction(origin, async (tx, now) => {
    for (const { before, after, ...post } of await recomputeSchedules(tx, now)) {
      const entry = {
        before: { publishAt: before },
        after: { publishAt: after },
        description: 'The rules of a zone changed.',
      }
      await recordContent(tx, 'content.rescheduled', post, entry, now)
    }
  })
  const announceNext = (): Promise<number> =>
    transaction(origin, async (tx, now) => {
      const due = await claimDue(tx, now, DUE_BATCH)
      const present = due.filter(({ isPresent }) => isPresent)
      const absent = due.filter(({ isPresent }) => !isPresent)
      await markAnnounced(tx, idsOf(present), now)
      await returnOverdue(tx, absent, now)
      for (const post of present) await emit(tx, contentEvent(CONTENT_PUBLISHED, post), now)
      return due.length
    })
  while ((await announceNext()) === DUE_BATCH);
}

const idsOf = (posts: readonly { readonly id: string }[]): string[] => posts.map(({ id }) => id)

/**
 * For somebody whose account is open again: what fell due while it was closed becomes a draft. Until this has run it is
 * hidden. Doing it again changes nothing.
 */
export async function contentFollowsStanding(origin: Origin, creatorId: string): Promise<void> {
  const returnNext = (): Promise<number> =>
    transaction(origin, async (tx, now) => {
      const overdue = await holdOverdue(tx, creatorId, DUE_BATCH)
      await returnOverdue(tx, overdue, now)
      return overdue.length
    })
  while ((await returnNext()) === DUE_BATCH);
}

/** Makes drafts again of posts that fell due while nobody could see their author. Audited. */
async function returnOverdue(tx: Tx, posts: readonly Omit<DueContent, 'isPresent'>[], now: Date): Promise<void> {
  await returnToDraft(tx, idsOf(posts), now)
  for (const post of posts) {
    const entry = {
      before: { publishAt: post.publishAt },
      after: { publishAt: null },
      description: 'A post fell due while its author could not be met, and is a draft again.',
    }
    await recordContent(tx, 'content.unscheduled', post, entry, now)
  }
}
