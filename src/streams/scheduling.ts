import { record } from '../audit/audit.js'
import { publishStreamPost } from '../content/content.js'
import type { ContentChange } from '../content/content.js'
import { addMs, DAY_MS, MINUTE_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'
import { NO_SHOW_MS } from './standing.js'
import { settleStreamJob, STREAM_SCHEDULED, streamEvents } from './types.js'
import type { ChatSettings } from './types.js'
import { countScheduled, insertStream } from './write-queries.js'

const MAX_SCHEDULED = 50
const MAX_AHEAD_MS = 366 * DAY_MS
/** How far the clocks of clients may be behind. */
const TOLERANCE_MS = 5 * MINUTE_MS

/** What shall be broadcast, and when. */
export interface StreamOrder {
  readonly post: ContentChange
  /** Null for now. */
  readonly startsAt: Date | null
  readonly plannedMinutes: number | null
  readonly chat: ChatSettings
  readonly idempotencyKey: string | null
}

/**
 * Announces a stream: a post that others see at once, and the broadcast behind it. Idempotent under the key. Audited.
 * @throws INVALID schedule_out_of_range, planned_minutes_required, price_out_of_range, price_required, category_unknown;
 * CONFLICT age_verification_required, too_many_streams; FORBIDDEN account_limited
 */
export async function scheduleStream(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...order }: StreamOrder,
  now: Date,
): Promise<Remembered<{ streamId: string }>> {
  const call = { scope: viewer.userId, mutation: 'scheduleStream', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    const { post, startsAt, plannedMinutes, chat } = order
    const scheduledAt = startsAt ?? now
    if (scheduledAt < addMs(now, -TOLERANCE_MS) || scheduledAt > addMs(now, MAX_AHEAD_MS))
      throw new AppError('INVALID', 'schedule_out_of_range', 'A stream begins now or within a year from now.', {
        path: ['input', 'startsAt'],
      })
    const { id: contentId, creatorId, isPremium } = await publishStreamPost(tx, viewer, post, now)
    if (isPremium && plannedMinutes === null)
      throw new AppError('INVALID', 'planned_minutes_required', 'Say how long what is sold will last.', {
        path: ['input', 'plannedMinutes'],
      })
    // the post's creator is held: two at once are counted one after the other
    if ((await countScheduled(tx, creatorId, addMs(now, -NO_SHOW_MS))) >= MAX_SCHEDULED)
      throw new AppError('CONFLICT', 'too_many_streams', `At most ${String(MAX_SCHEDULED)} streams are announced.`)
    const { id } = await insertStream(tx, { contentId, scheduledAt, plannedMinutes, chat }, now)
    await enqueue(tx, settleStreamJob, { streamId: id }, { runAt: addMs(scheduledAt, NO_SHOW_MS), key: `stream:${id}` })
    const after = { state: 'SCHEDULED', scheduledAt, plannedMinutes }
    await record(
      tx,
      {
        action: 'stream.scheduled',
        category: 'CONTENT_MODIFICATION',
        severity: 'LOW',
        subject: { table: 'live_streams', id },
        userId: creatorId,
        after,
        description: 'Announced a stream.',
      },
      now,
    )
    const payload = { streamId: id, contentId, creatorId }
    await emit(tx, { stream: streamEvents(id), type: STREAM_SCHEDULED, payload }, now)
    return { streamId: id }
  })
}
