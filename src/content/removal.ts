import { holdActor } from '../accounts/accounts.js'
import { addMs, DAY_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { doAllDue } from '../lib/due.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import type { Viewer } from '../lib/viewer.js'
import { releaseMedia } from '../media/media.js'
import { stateAt } from './access.js'
import { checkOffAir, contentEvent, getOwn, recordContent, wrongState } from './authoring.js'
import { listContentMedia } from './media-queries.js'
import { CONTENT_DELETED, CONTENT_PURGED, CONTENT_RESTORED } from './types.js'
import {
  deleteSavedOfErased,
  deleteSomeSaved,
  holdPurgeable,
  listPurgeable,
  NO_SCHEDULE,
  purgeContentRow,
  surrenderPostsOfErased,
  updateContentRow,
} from './write-queries.js'

/** How long a deleted post can come back, and those who bought it keep it at least. */
const COME_BACK_MS = 30 * DAY_MS
const SURRENDER_BATCH = 100
const UNSAVE_BATCH = 5_000

/**
 * Deletes a post: out of sight at once but for whom a grant opens it, and back as it was within 30 days. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT content_state, stream_on_air
 */
export async function deleteContent(tx: Tx, viewer: Viewer, contentId: string, now: Date): Promise<void> {
  await holdActor(tx, viewer.userId, now)
  const post = await getOwn(tx, viewer, contentId)
  const state = stateAt(post, now)
  if (state === 'DELETED') return
  if (state === 'REMOVED') throw wrongState('What moderation took down stays for its records.')
  await checkOffAir(tx, post, now)
  await updateContentRow(tx, contentId, { deletedAt: now, purgeAfter: addMs(now, COME_BACK_MS), updatedAt: now })
  const entry = { before: { status: state }, after: { status: 'DELETED' }, description: 'Deleted a post.' }
  await recordContent(tx, 'content.deleted', post, entry, now)
  await emit(tx, contentEvent(CONTENT_DELETED, post), now)
}

/**
 * Brings a deleted post back as it was; one that fell due meanwhile comes back as a draft. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT restore_expired
 */
export async function restoreContent(tx: Tx, viewer: Viewer, contentId: string, now: Date): Promise<void> {
  await holdActor(tx, viewer.userId, now)
  const post = await getOwn(tx, viewer, contentId)
  if (!post.deletedAt) return
  if (!post.purgeAfter || post.purgeAfter <= now)
    throw new AppError('CONFLICT', 'restore_expired', 'The 30 days are over.', { path: ['input', 'contentId'] })
  const isOverdue = post.announcedAt === null && post.publishAt !== null && post.publishAt <= now
  const change = {
    deletedAt: null,
    purgeAfter: null,
    ...(isOverdue && { publishAt: null, ...NO_SCHEDULE }),
  }
  await updateContentRow(tx, contentId, { ...change, updatedAt: now })
  const restored = { ...post, ...change }
  const entry = {
    before: { status: 'DELETED', publishAt: post.publishAt },
    after: { status: stateAt(restored, now), publishAt: restored.publishAt },
    description: 'Brought a post back.',
  }
  await recordContent(tx, 'content.restored', post, entry, now)
  await emit(tx, contentEvent(CONTENT_RESTORED, post), now)
}

/**
 * Forgets what an erased person saved, and gives up what they published: from now on it is only kept for those to whom a live
 * grant opens it. In batches; of anybody else, nothing. Safe to run again. Audited.
 */
export async function forgetPostsOfErased(origin: Origin, userId: string): Promise<void> {
  await transaction(origin, (tx) => deleteSavedOfErased(tx, userId))
  const surrenderNext = (): Promise<number> =>
    transaction(origin, async (tx, now) => {
      const posts = await surrenderPostsOfErased(tx, userId, SURRENDER_BATCH, now)
      const entry = { after: { purgeAfter: now }, description: 'Gave a post up with the account that made it.' }
      for (const id of posts) await recordContent(tx, 'content.surrendered', { id, creatorId: userId }, entry, now)
      return posts.length
    })
  while ((await surrenderNext()) === SURRENDER_BATCH);
}

/** Destroys for good what was deleted 30 days ago and no live grant keeps, one by one; safe to run again. Audited. */
export const purgeDeleted = (origin: Origin): Promise<void> =>
  doAllDue({
    list: (limit) => transaction(origin, (tx, now) => listPurgeable(tx, now, limit)),
    act: (post) => purge(origin, post),
    failure: { one: 'a post could not be destroyed', many: 'posts could not be destroyed' },
    idName: 'contentId',
  })

async function purge(origin: Origin, post: { readonly id: string; readonly creatorId: string }): Promise<void> {
  const unsaveSome = (): Promise<number> => transaction(origin, (tx) => deleteSomeSaved(tx, post.id, UNSAVE_BATCH))
  while ((await unsaveSome()) === UNSAVE_BATCH);
  await transaction(origin, async (tx, now) => {
    if (!(await holdPurgeable(tx, post.id, now))) return
    const files = await listContentMedia(tx, [post.id])
    await purgeContentRow(tx, post.id, now)
    await releaseMedia(
      tx,
      files.map(({ mediaId }) => mediaId),
      now,
    )
    const entry = { after: { purgedAt: now }, description: 'Destroyed a post for good.' }
    await recordContent(tx, 'content.purged', post, entry, now)
    await emit(tx, contentEvent(CONTENT_PURGED, post), now)
  })
}
