import { isDeepStrictEqual } from 'node:util'
import { record } from '../audit/audit.js'
import { holdActor, isAgeVerifiedAt } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import type { NewEvent } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { checkedPrice } from '../lib/money.js'
import type { Viewer } from '../lib/viewer.js'
import { checkReady, holdMedia, releaseMedia } from '../media/media.js'
import { stateAt } from './access.js'
import type { ContentChange, ContentFile } from './input.js'
import { listContentMedia, replaceContentMedia } from './media-queries.js'
import { refusalToEdit } from './rules.js'
import { CONTENT_CHANGED, CONTENT_PUBLISHED, contentStream } from './types.js'
import type { ContentType } from './types.js'
import {
  findContentForUpdate,
  getParts,
  hasStreamOnAir,
  hasUnplannedStream,
  insertContent,
  isInAdultCategory,
  replaceCategories,
  replaceTags,
  updateContentRow,
} from './write-queries.js'
import type { HeldContent, Parts } from './write-queries.js'

/** The creator of a post, held, as far as it decides what they may ask for. */
interface Author {
  readonly currency: string | null
  readonly ageVerified: boolean
  readonly ageVerifiedUntil: Date | null
}

/**
 * Makes a draft. Idempotent under the key. Audited.
 * @throws INVALID content_type_invalid, price_out_of_range, price_required, category_unknown; CONFLICT
 * age_verification_required; FORBIDDEN account_limited
 */
export async function createContent(
  tx: Tx,
  viewer: Viewer,
  {
    type,
    change,
    idempotencyKey,
  }: { readonly type: ContentType; readonly change: ContentChange; readonly idempotencyKey: string | null },
  now: Date,
): Promise<Remembered<{ contentId: string }>> {
  if (type === 'LIVE_STREAM')
    throw new AppError('INVALID', 'content_type_invalid', 'Schedule a stream instead.', { path: ['input', 'type'] })
  const call = { scope: viewer.userId, mutation: 'createContent', key: idempotencyKey, request: { type, ...change } }
  return idempotently(tx, call, now, async () => {
    const author = await holdActor(tx, viewer.userId, now)
    const post = await makePost(tx, viewer, { author, type, change, publishAt: null }, now)
    const entry = { after: audited(post, await getParts(tx, post.id)), description: 'Made a draft.' }
    await recordContent(tx, 'content.created', post, entry, now)
    return { contentId: post.id }
  })
}

/**
 * Makes the post of a live stream, which others see at once. Audited.
 * @throws as `createContent`
 */
export async function publishStreamPost(
  tx: Tx,
  viewer: Viewer,
  change: ContentChange,
  now: Date,
): Promise<Pick<HeldContent, 'id' | 'creatorId' | 'isPremium'>> {
  const author = await holdActor(tx, viewer.userId, now)
  const post = await makePost(tx, viewer, { author, type: 'LIVE_STREAM', change, publishAt: now }, now)
  const entry = { after: audited(post, await getParts(tx, post.id)), description: 'Published the post of a stream.' }
  await recordContent(tx, 'content.published', post, entry, now)
  await emit(tx, contentEvent(CONTENT_PUBLISHED, post), now)
  return post
}

/** A new post: a draft, or one that others see from `publishAt` on. */
interface NewPost {
  readonly author: Author
  readonly type: ContentType
  readonly change: ContentChange
  readonly publishAt: Date | null
}

async function makePost(
  tx: Tx,
  viewer: Viewer,
  { author, type, change, publishAt }: NewPost,
  now: Date,
): Promise<HeldContent> {
  const { tags = [], categories = [], media = [], priceMinor = null, ...fields } = change
  const { id } = await insertContent(tx, {
    creatorId: viewer.userId,
    type,
    ...fields,
    ...priced(author, priceMinor),
    publishAt,
    announcedAt: publishAt,
    createdAt: now,
    updatedAt: now,
  })
  await replaceTags(tx, id, tags, now)
  await putCategories(tx, id, categories, now)
  await putMedia(tx, { id, creatorId: viewer.userId }, media, now)
  const post = await getOwn(tx, viewer, id)
  checkTerms(author, post, now)
  await checkAdult(tx, post)
  return post
}

/**
 * Changes a post; what `change` leaves out stays. The version before is kept. Audited, without its text.
 * @throws NOT_FOUND node_not_found; CONFLICT version_conflict with `currentVersion`, content_state,
 * age_verification_required; INVALID invalid_input, price_out_of_range, price_required, planned_minutes_required,
 * category_unknown, nothing_to_publish
 */
export async function updateContent(
  tx: Tx,
  viewer: Viewer,
  {
    contentId,
    expectedVersion,
    change,
  }: { readonly contentId: string; readonly expectedVersion: number; readonly change: ContentChange },
  now: Date,
): Promise<void> {
  const author = await holdActor(tx, viewer.userId, now)
  const before = await getOwn(tx, viewer, contentId)
  checkVersion(before, expectedVersion)
  const state = stateAt(before, now)
  if (state === 'DELETED' || state === 'REMOVED') throw wrongState('A post that is deleted or removed does not change.')
  if (before.type === 'LIVE_STREAM' && change.title === null)
    throw new AppError('INVALID', 'invalid_input', 'A stream has a title.', { path: ['input', 'title'] })
  const { tags, categories, media, priceMinor, ...fields } = change
  const partsBefore = await getParts(tx, contentId)
  const isOut = state === 'PUBLISHED' || state === 'UNPUBLISHED'
  const terms = priceMinor === undefined ? {} : priced(author, priceMinor)
  // a price that goes takes with it what only it allows
  const included = priceMinor === null ? { includedInSubscription: false } : {}
  await updateContentRow(tx, contentId, {
    ...fields,
    ...terms,
    ...included,
    ...(changesParts(partsBefore, change) && { partsVersion: { increment: 1 } }),
    updatedAt: now,
    ...(isOut && { editedAt: now }),
  })
  if (tags) await replaceTags(tx, contentId, tags, now)
  if (categories) await putCategories(tx, contentId, categories, now)
  if (media) await putMedia(tx, before, media, now)
  const after = await getOwn(tx, viewer, contentId)
  checkTerms(author, after, now)
  if (after.isPremium && !before.isPremium) await checkPlanned(tx, after)
  await checkAdult(tx, after)
  if (state !== 'DRAFT') await checkPublishable(tx, author, after, now)
  const entry = {
    before: audited(before, partsBefore),
    after: audited(after, await getParts(tx, contentId)),
    description: 'Changed a post.',
  }
  await recordContent(tx, 'content.updated', after, entry, now)
  await emit(tx, contentEvent(CONTENT_CHANGED, after), now)
}

/** Whether a change puts other tags, subjects or files in the place of a post's: the version before must keep these first. */
const changesParts = (before: Parts, { tags, categories, media }: ContentChange): boolean =>
  (tags !== undefined && !isDeepStrictEqual(new Set(tags), new Set(before.tags))) ||
  (categories !== undefined && !isDeepStrictEqual(new Set(categories), new Set(before.categories))) ||
  (media !== undefined &&
    !isDeepStrictEqual(
      [media.map(idOfFile), media.filter(({ isTeaser }) => isTeaser).map(idOfFile)],
      [before.media, before.teaserMedia],
    ))

const idOfFile = ({ mediaId }: ContentFile): string => mediaId

/** Holds a post of the viewer's own. @throws NOT_FOUND node_not_found when it is another's or gone; FORBIDDEN role_required */
export async function getOwn(tx: Tx, viewer: Viewer, contentId: string): Promise<HeldContent> {
  const post = await findContentForUpdate(tx, contentId)
  if (!post || post.purgedAt || post.creatorId !== viewer.userId) throw noSuchContent()
  const refusal = refusalToEdit(viewer, post)
  if (refusal) throw new AppError('FORBIDDEN', refusal, 'Not yours to change.')
  return post
}

/** Nothing under this id, or nothing for this viewer: the two look the same. */
export const noSuchContent = (path: readonly string[] = ['input', 'contentId']): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such Content.', { path })

/** Whoever watches is told that a stream ends, and not cut off. @throws CONFLICT stream_on_air */
export async function checkOffAir(tx: Tx, { id, type }: HeldContent, now: Date): Promise<void> {
  if (type === 'LIVE_STREAM' && (await hasStreamOnAir(tx, id, now)))
    throw new AppError('CONFLICT', 'stream_on_air', 'The stream is on air: end it first.', {
      path: ['input', 'contentId'],
    })
}

export const wrongState = (message: string): AppError =>
  new AppError('CONFLICT', 'content_state', message, { path: ['input', 'contentId'] })

/**
 * What others may come to see must be something, its files ready, and who earns or shows what is for adults of proven age,
 * also at the time that it is scheduled for.
 * @throws INVALID nothing_to_publish, media_refused; CONFLICT media_not_ready, age_verification_required
 */
export async function checkPublishable(tx: Tx, author: Author, post: HeldContent, now: Date): Promise<void> {
  checkTerms(author, post, post.publishAt && post.publishAt > now ? post.publishAt : now)
  const path = ['input', 'contentId']
  const files = await listContentMedia(tx, [post.id])
  const ids = files.map(({ mediaId }) => mediaId)
  const held = await holdMedia(tx, { ownerId: post.creatorId, ids, purpose: 'CONTENT', path }, now)
  // of a live stream the broadcast is what there is
  const isSomething =
    post.type === 'LIVE_STREAM' ||
    (post.type === 'TEXT' ? post.body !== null : held.some(({ kind }) => kind === post.type))
  if (!isSomething)
    throw new AppError(
      'INVALID',
      'nothing_to_publish',
      'A post of type TEXT needs a body, every other a file of its kind.',
      {
        path,
      },
    )
  checkReady(held, path)
}

/** Puts files in the place of those before; these are kept for a while, in case they are wanted again. */
async function putMedia(
  tx: Tx,
  { id, creatorId }: Pick<HeldContent, 'id' | 'creatorId'>,
  files: readonly ContentFile[],
  now: Date,
): Promise<void> {
  const ids = files.map(idOfFile)
  await holdMedia(tx, { ownerId: creatorId, ids, purpose: 'CONTENT', path: ['input', 'media'] }, now)
  const before = (await listContentMedia(tx, [id])).map(({ mediaId }) => mediaId)
  await replaceContentMedia(tx, id, files, now)
  await releaseMedia(
    tx,
    before.filter((mediaId) => !ids.includes(mediaId)),
    now,
  )
}

function checkVersion({ version }: HeldContent, expected: number): void {
  if (version === expected) return
  throw new AppError('CONFLICT', 'version_conflict', 'The post has changed: read it again.', {
    path: ['input', 'expectedVersion'],
    currentVersion: version,
  })
}

function checkTerms(author: Author, post: HeldContent, now: Date): void {
  if (post.includedInSubscription && !post.isPremium)
    throw new AppError('INVALID', 'price_required', 'Only what has a price can be included.', {
      path: ['input', 'includedInSubscription'],
    })
  const earns = post.isPremium || post.visibility === 'SUBSCRIBERS'
  if ((earns || post.isAgeRestricted) && !isAgeVerifiedAt(author, now))
    throw new AppError('CONFLICT', 'age_verification_required', 'Earning and adult content need a proven age.', {
      path: ['input', earns ? 'priceMinor' : 'isAgeRestricted'],
    })
}

/** What of a stream is not delivered goes back by the minutes that were promised. @throws INVALID planned_minutes_required */
async function checkPlanned(tx: Tx, { id, type }: HeldContent): Promise<void> {
  if (type === 'LIVE_STREAM' && (await hasUnplannedStream(tx, id)))
    throw new AppError('INVALID', 'planned_minutes_required', 'Announce it anew, and how long it will last.', {
      path: ['input', 'priceMinor'],
    })
}

/** What is sorted under an adult subject is for adults. */
async function checkAdult(tx: Tx, { id, isAgeRestricted }: HeldContent): Promise<void> {
  if (isAgeRestricted || !(await isInAdultCategory(tx, id))) return
  throw new AppError('INVALID', 'invalid_input', 'A post in this category is age restricted.', {
    path: ['input', 'isAgeRestricted'],
  })
}

function priced(
  { currency }: Author,
  priceMinor: bigint | null,
): { isPremium: boolean; priceMinor: bigint | null; currency: string | null } {
  if (priceMinor === null) return { isPremium: false, priceMinor: null, currency: null }
  if (currency === null) throw new Error('a creator has chosen a currency')
  checkedPrice({ amountMinor: priceMinor, currency }, ['input', 'priceMinor'])
  return { isPremium: true, priceMinor, currency }
}

async function putCategories(tx: Tx, contentId: string, slugs: readonly string[], now: Date): Promise<void> {
  const { found } = await replaceCategories(tx, contentId, slugs, now)
  if (found !== slugs.length)
    throw new AppError('INVALID', 'category_unknown', 'No such category.', { path: ['input', 'categories'] })
}

/** What the audit trail compares of a post, before and after. */
const audited = (post: HeldContent, parts: Parts): Record<string, unknown> => ({
  type: post.type,
  title: post.title,
  teaser: post.teaser,
  body: post.body,
  language: post.language,
  visibility: post.visibility,
  isPremium: post.isPremium,
  priceMinor: post.priceMinor,
  currency: post.currency,
  includedInSubscription: post.includedInSubscription,
  isAgeRestricted: post.isAgeRestricted,
  warnings: post.warnings,
  ...parts,
})

/** An event on a post's stream: ids only. */
export const contentEvent = (type: string, { id, creatorId }: Pick<HeldContent, 'id' | 'creatorId'>): NewEvent => ({
  stream: contentStream(id),
  type,
  payload: { contentId: id, creatorId },
})

/** Writes down a change of a post by its creator. */
export const recordContent = (
  tx: Tx,
  action: string,
  { id, creatorId }: Pick<HeldContent, 'id' | 'creatorId'>,
  entry: Pick<Parameters<typeof record>[1], 'before' | 'after' | 'description'>,
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action,
      category: 'CONTENT_MODIFICATION',
      severity: 'LOW',
      subject: { table: 'content', id },
      userId: creatorId,
      ...entry,
    },
    now,
  )
