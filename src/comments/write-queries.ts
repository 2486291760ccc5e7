import { isInGoodStanding } from '../accounts/accounts.js'
import type { Reading } from '../content/content.js'
import type { Db, Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import { absence, isHeld, isShown } from './thread-queries.js'
import type { HeldComment, Settings } from './types.js'

/** What a write under a post holds until it ends. */
export interface Held {
  /** Whether the account of whoever writes is in good standing. */
  readonly isActive: boolean
  /** Whether there is such a post. */
  readonly isThere: boolean
}

/**
 * Holds whoever writes, so that they write one thing after the other and not past the end of their standing, and then the
 * post: whatever changes comments under it waits. What is read next is as of then.
 */
export async function holdPost(tx: Tx, userId: string, contentId: string, now: Date): Promise<Held> {
  const [row] = await tx.sql<Held>`/* comments.holdPost */
    with actor as materialized (
      select u.id from users u where u.id = ${userId}::uuid and ${isInGoodStanding(fragment`u`, now)} for no key update
    ), post as materialized (
      select c.id from content c where c.id = ${contentId}::uuid for no key update
    )
    select exists (select from actor) as "isActive", exists (select from post) as "isThere"`
  return row ?? { isActive: false, isThere: false }
}

/** The post that a comment is under; null when there is no such comment. */
export async function findContentOf(tx: Tx, commentId: string): Promise<string | null> {
  const row = await tx.comment.findUnique({ where: { id: commentId }, select: { contentId: true } })
  return row?.contentId ?? null
}

/** A comment that somebody is about to change or to answer, as it is and as they see it; its post is held. */
export async function findHeldComment(tx: Tx, id: string, reading: Reading): Promise<HeldComment | null> {
  const [row] = await tx.sql<HeldComment>`/* comments.held */
    select m.id::text as id, m.content_id::text as "contentId", c.creator_id::text as "creatorId", m.author_id::text as "authorId",
      m.parent_id::text as "parentId", m.root_id::text as "rootId", m.depth, m.body, m.version, m.created_at as "createdAt",
      m.edited_at as "editedAt", m.deleted_at is not null as "isDeleted", m.hidden_at is not null as "isHidden",
      m.pinned_at is not null as "isPinned", ${isHeld} as "isHeld", ${absence(reading)} as absence, ${isShown(reading)} as "isShown"
    from comments m join users a on a.id = m.author_id join content c on c.id = m.content_id
    where m.id = ${id}::uuid`
  return row ?? null
}

/** What somebody's comment under a creator's posts meets beside the post itself. */
export interface Circumstances extends Settings {
  /** When they last said something there, within the time that slow mode looks back; null when they did not. */
  readonly lastAt: Date | null
  /** Whether something they said there can be seen. */
  readonly isKnown: boolean
  /** How many of their comments there wait for approval. */
  readonly heldCount: number
}

export async function findCircumstances(
  tx: Tx,
  { creatorId, authorId, now }: { readonly creatorId: string; readonly authorId: string; readonly now: Date },
): Promise<Circumstances> {
  const [row] = await tx.sql<Circumstances>`/* comments.circumstances */
    select ${settingsColumns},
      (
        select max(m.created_at) from comments m join content c on c.id = m.content_id
        where m.author_id = ${authorId}::uuid and c.creator_id = ${creatorId}::uuid
          and m.created_at > ${now}::timestamptz - make_interval(secs => coalesce(s.slow_mode_seconds, 0))
      ) as "lastAt",
      exists (
        select from comments m join content c on c.id = m.content_id
        where m.author_id = ${authorId}::uuid and m.is_visible and c.creator_id = ${creatorId}::uuid
      ) as "isKnown",
      (
        select count(*)::int from comments m join content c on c.id = m.content_id
        where m.author_id = ${authorId}::uuid and c.creator_id = ${creatorId}::uuid
          and m.held_at is not null and m.approved_at is null and m.deleted_at is null
      ) as "heldCount"
    from (select) one left join comment_settings s on s.creator_id = ${creatorId}::uuid`
  if (!row) throw new Error('a left join of one row answers one row')
  return row
}

/** How these creators want comments, in no order; those who never said are missing. */
export const listSettings = (db: Db, creatorIds: readonly string[]): Promise<(Settings & { creatorId: string })[]> =>
  db.sql`/* comments.settings */
    select s.creator_id::text as "creatorId", ${settingsColumns} from comment_settings s
    where s.creator_id = any (${creatorIds}::uuid[])`

/** Writes how a creator wants comments; what `change` leaves out stays. */
export async function upsertSettings(tx: Tx, creatorId: string, change: Partial<Settings>, now: Date): Promise<void> {
  const data = { ...change, updatedAt: now }
  await tx.commentSettings.upsert({ where: { creatorId }, create: { creatorId, ...data }, update: data })
}

/** The columns of `Settings`, of settings named `s`; a creator who set none has these. */
const settingsColumns = fragment`
  coalesce(s.enabled, true) as enabled, coalesce(s.subscribers_only, false) as "subscribersOnly",
  coalesce(s.hold_first, false) as "holdFirst", coalesce(s.slow_mode_seconds, 0) as "slowModeSeconds",
  coalesce(s.forbidden_words, '{}') as "forbiddenWords"`

/** A comment to write. */
export interface NewComment {
  readonly contentId: string
  readonly authorId: string
  readonly parentId: string | null
  readonly rootId: string | null
  readonly depth: number
  readonly body: string
  readonly isByCreator: boolean
  readonly heldAt: Date | null
}

export const insertComment = (tx: Tx, comment: NewComment, now: Date): Promise<{ id: string }> =>
  tx.comment.create({ data: { ...comment, createdAt: now, updatedAt: now }, select: { id: true } })

/** Writes another text; the one before is kept. */
export async function replaceBody(
  tx: Tx,
  { id, body, editedAt, createdAt }: HeldComment,
  { text, isHeld }: { readonly text: string; readonly isHeld: boolean },
  now: Date,
): Promise<void> {
  await tx.commentVersion.create({ data: { commentId: id, body, validFrom: editedAt ?? createdAt, validTo: now } })
  await changeComment(tx, id, {
    body: text,
    editedAt: now,
    ...(isHeld && { heldAt: now, approvedAt: null, pinnedAt: null }),
    version: { increment: 1 },
    updatedAt: now,
  })
}

/** Changes a comment; counts follow by themselves. */
export async function changeComment(
  tx: Tx,
  id: string,
  data: Parameters<Tx['comment']['update']>[0]['data'],
): Promise<void> {
  await tx.comment.update({ where: { id }, data, select: { id: true } })
}

/** How many comments are pinned on top of a post. */
export const countPinned = (tx: Tx, contentId: string): Promise<number> =>
  tx.comment.count({ where: { contentId, parentId: null, rank: 0, isListed: true } })
