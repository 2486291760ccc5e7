import { DAY_MS, addMs } from '../lib/clock.js'
import type { DemoBlock, DemoGrant } from './bonds.js'
import type { DemoFile } from './files.js'
import { POSTSCRIPT } from './posts.js'
import type { DemoPost } from './posts.js'
import { demoId } from './random.js'
import type { DemoComment } from './talk.js'

/** A row as the table has it, its columns named as there. */
export type Row = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

const COMES_BACK_MS = 30 * DAY_MS

const time = (value: Date | null): string | null => value?.toISOString() ?? null

/** A post as it was before it was edited. A scheduled one has no time yet: the database computes it from the wall clock's. */
export const toContent = ({ text, creator, ...post }: DemoPost): Row => ({
  id: post.id,
  creator_id: creator.id,
  type: text.type.toLowerCase(),
  title: text.title,
  teaser: text.teaser,
  body: text.body,
  language: post.language,
  visibility: post.visibility.toLowerCase(),
  is_premium: post.priceMinor !== null,
  price_minor: post.priceMinor?.toString() ?? null,
  currency: post.priceMinor === null ? null : creator.place.currency,
  included_in_subscription: post.isIncluded,
  is_age_restricted: text.isForAdults,
  warnings: text.warnings,
  publish_at: time(post.publishAt),
  scheduled_local_time: post.schedule?.localTime ?? null,
  scheduled_time_zone: post.schedule?.timeZone ?? null,
  announced_at: time(post.publishAt),
  unpublished_at: time(post.unpublishedAt),
  deleted_at: time(post.deletedAt),
  purge_after: time(post.deletedAt && addMs(post.deletedAt, COMES_BACK_MS)),
  pinned_at: time(post.pinnedAt),
  created_at: time(post.createdAt),
  updated_at: time(post.publishAt ?? post.createdAt),
})

/** What a post's edit changes. */
export const toEdit = ({ id, text, editedAt }: DemoPost): Row => ({
  id,
  body: `${text.body}\n\n${POSTSCRIPT}`,
  edited_at: time(editedAt),
})

/** Tags of posts, by name. */
export const toTags = ({ id, text, createdAt }: DemoPost): Row[] =>
  [...new Set(text.tags)].map((name) => ({ content_id: id, name, created_at: time(createdAt) }))

/** Subjects of posts, by slug; what is for adults is sorted under theirs alone. */
export const toSubjects = ({ id, text, creator, createdAt }: DemoPost): Row[] =>
  creator.creator.studio.subjects
    .filter((slug) => slug !== ADULT || text.isForAdults)
    .map((slug) => ({ content_id: id, slug, created_at: time(createdAt) }))

const ADULT = 'adult'

/** A file in its place in a post. */
export const toContentFile = ({
  id,
  place,
  createdAt,
}: Pick<DemoFile, 'id' | 'createdAt'> & { readonly place: NonNullable<DemoFile['place']> }): Row => ({
  id: demoId(`content-media/${id}`),
  content_id: place.contentId,
  media_id: id,
  position: place.position,
  is_teaser: place.isTeaser,
  created_at: time(createdAt),
})

export const toComment = (comment: DemoComment): Row => ({
  id: comment.id,
  content_id: comment.contentId,
  author_id: comment.author.id,
  parent_id: comment.parentId,
  root_id: comment.rootId,
  depth: comment.depth,
  body: comment.body,
  is_by_creator: comment.isByCreator,
  edited_at: time(comment.editedAt),
  pinned_at: time(comment.pinnedAt),
  held_at: time(comment.heldAt),
  hidden_at: time(comment.hiddenAt),
  hidden_by_id: comment.hiddenAt && comment.hiddenById,
  deleted_at: time(comment.deletedAt),
  deleted_by_id: comment.deletedAt && comment.author.id,
  purge_after: time(comment.deletedAt && addMs(comment.deletedAt, COMES_BACK_MS)),
  withdrawn_at: time(comment.withdrawnAt),
  created_at: time(comment.createdAt),
  updated_at: time(comment.editedAt ?? comment.createdAt),
})

export const toCommentVersion = ({ id, firstBody, editedAt, createdAt }: DemoComment): Row => ({
  id: demoId(`comment-version/${id}`),
  comment_id: id,
  body: firstBody,
  valid_from: time(createdAt),
  valid_to: time(editedAt),
})

export const toGrant = (grant: DemoGrant): Row => ({
  id: grant.id,
  user_id: grant.userId,
  creator_id: grant.creatorId,
  content_id: grant.contentId,
  source: grant.source.toLowerCase(),
  granted_by_id: grant.grantedById,
  note: grant.note,
  starts_at: time(grant.startsAt),
  ends_at: time(grant.endsAt),
  revoked_at: time(grant.revokedAt),
  revoked_reason: grant.revokedReason?.toLowerCase() ?? null,
  created_at: time(grant.startsAt),
})

export const toBlock = ({ createdAt, ...block }: DemoBlock): Row => ({
  id: block.id,
  blocker_id: block.blockerId,
  blocked_id: block.blockedId,
  reason: block.reason,
  created_at: time(createdAt),
})
