import { ACCOUNT_CHANGED, STATUS_CHANGED } from '../accounts/types.js'
import { Alarm } from '../lib/alarm.js'
import type { Bus } from '../lib/bus.js'
import { earliestOf } from '../lib/clock.js'
import type { Db } from '../lib/db.js'
import { begin, followState, mapped } from '../lib/sources.js'
import type { Source } from '../lib/sources.js'
import { userStream } from '../sessions/types.js'
import { BLOCKED, FOLLOWED, socialStream, UNBLOCKED, UNFOLLOWED } from '../social/types.js'
import type { Access } from './access.js'
import { noSuchContent } from './authoring.js'
import { findReading, listContentById } from './queries.js'
import { accessOf } from './reading.js'
import {
  CONTENT_CHANGED,
  CONTENT_DELETED,
  CONTENT_RESTORED,
  CONTENT_UNPUBLISHED,
  contentStream,
  GRANT_CHANGED,
} from './types.js'
import type { ContentRow } from './types.js'

/** Who wants to know how a post opens for them, and until when they do. */
export interface AccessFollowing {
  readonly bus: Bus
  readonly viewerId: string
  /** Whether every post counts as age restricted. */
  readonly isGated: boolean
  readonly signal: AbortSignal
}

/** An end that the clock brings is looked for no sooner than this, should the clocks disagree. */
const LOOK_AGAIN_MS = 50

/**
 * Yields the post at once, and whenever it opens or closes for somebody or does so by something else, whatever brought it: money,
 * a follow, a block, the post, an account, or the clock. Ends with the signal.
 * @throws NOT_FOUND node_not_found when they may not know of the post, or not any more
 */
export async function accessChanges(
  db: Db,
  post: Pick<ContentRow, 'id' | 'creatorId'>,
  following: AccessFollowing,
): Promise<AsyncIterable<{ readonly contentId: string }>> {
  const told = { contentId: post.id }
  return mapped(await begin(accesses(db, post, following), following.signal), () => told)
}

async function* accesses(
  db: Db,
  post: Pick<ContentRow, 'id' | 'creatorId'>,
  { bus, viewerId, isGated, signal }: AccessFollowing,
): Source<Access> {
  const alarm = new Alarm(signal)
  // it is looked at once listening began, so that nothing falls between the two
  const stop = watchAccess(bus, post, viewerId, () => {
    alarm.ring()
  })
  try {
    const look = async (): Promise<Access> => {
      const { access, changesAt, now } = await lookAt(db, post.id, viewerId, isGated)
      alarm.set(changesAt && Math.max(changesAt.getTime() - now.getTime(), LOOK_AGAIN_MS))
      return access
    }
    yield* followState({ look, markOf, alarm })
  } finally {
    stop()
    alarm.set(null)
  }
}

async function lookAt(
  db: Db,
  contentId: string,
  viewerId: string,
  isGated: boolean,
): Promise<{ access: Access; changesAt: Date | null; now: Date }> {
  const { ageVerifiedUntil, ...reading } = await findReading(db, viewerId, isGated)
  const [post] = await listContentById(db, [contentId], reading)
  if (!post) throw noSuchContent(['contentId'])
  const access = accessOf(post, reading.viewerId === null ? null : { ...reading, userId: viewerId }, reading)
  if (!access.isVisible) throw noSuchContent(['contentId'])
  const changesAt = earliestOf([access.grant?.endsAt, reading.isAgeVerified ? ageVerifiedUntil : null])
  return { access, changesAt, now: reading.now }
}

/** What is told of when it is another: addresses of files end with the version of the grant that they were made for. */
const markOf = ({ isOpen, rule, reason, grant }: Access): string =>
  JSON.stringify([isOpen, rule, reason, grant?.id, grant?.version, grant?.endsAt])

const OF_POST: readonly string[] = [CONTENT_CHANGED, CONTENT_DELETED, CONTENT_RESTORED, CONTENT_UNPUBLISHED]
const OF_VIEWER: readonly string[] = [STATUS_CHANGED, ACCOUNT_CHANGED]
const BETWEEN: readonly string[] = [FOLLOWED, UNFOLLOWED, BLOCKED, UNBLOCKED]

/** Calls `listener` whenever how a post opens for somebody, null for a stranger, may have changed; returns how to stop. */
export function watchAccess(
  bus: Bus,
  { id, creatorId }: Pick<ContentRow, 'id' | 'creatorId'>,
  viewerId: string | null,
  listener: () => void,
): () => void {
  const on = (stream: string, types: readonly string[]): (() => void) =>
    bus.subscribe(stream, ({ type }) => {
      if (types.includes(type)) listener()
    })
  const stops = [on(contentStream(id), OF_POST), on(userStream(creatorId), [STATUS_CHANGED]), bus.onReconnect(listener)]
  if (viewerId !== null)
    stops.push(
      on(`grants:${viewerId}`, [GRANT_CHANGED]),
      on(userStream(viewerId), OF_VIEWER),
      on(socialStream(viewerId), [BLOCKED, UNBLOCKED]),
      bus.subscribe(socialStream(creatorId), ({ type, payload }) => {
        const { blockedId, followerId } = payload as { blockedId?: string; followerId?: string }
        if (BETWEEN.includes(type) && (blockedId === viewerId || followerId === viewerId)) listener()
      }),
    )
  return () => {
    for (const stop of stops) stop()
  }
}
