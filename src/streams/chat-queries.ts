import type { Reading } from '../content/content.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { Owned } from '../lib/page-loader.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { partedFrom } from '../social/social.js'
import type { ChatLineRow, SanctionRow, StreamSanctionKind } from './types.js'
import { isInForce } from './watch-queries.js'

/** A line and who wrote it; whoever gave an anonymous tip, and whoever is not there any more, is nobody. */
const lineColumns = fragment`
  m.id::text as id, m.stream_id::text as "streamId", m.sequence, m.author_id::text as "authorId",
  case when m.deleted_at is null then m.body end as text, m.deleted_at as "deletedAt", m.created_at as "createdAt",
  case when u.account_status in ('active', 'suspended') and t.is_anonymous is not true then jsonb_build_object(
    'id', u.id, 'username', u.username, 'displayName', u.display_name, 'isCreator', u.id = s.creator_id
  ) end as author,
  t.amount_minor as "tipMinor", t.currency::text as "tipCurrency", t.is_anonymous as "tipIsAnonymous"`

const lineJoins = fragment`
  join live_streams s on s.id = m.stream_id
  join users u on u.id = m.author_id
  left join tips t on t.id = m.tip_id`

/** Lines by id, in no order. */
export const listLinesById = (db: Db, ids: readonly string[]): Promise<ChatLineRow[]> =>
  db.sql<ChatLineRow>`/* streams.linesById */
    select ${lineColumns} from stream_chat_messages m ${lineJoins} where m.id = any(${ids}::uuid[])`

/** A page of the lines of each of these streams, the newest first, without those of whom a block parts from the viewer. */
export const listLines = async (
  db: Db,
  streamIds: readonly string[],
  page: PageRequest,
  { viewerId }: Reading,
): Promise<Owned<ChatLineRow>[]> => {
  const rows = await db.sql<ChatLineRow>`/* streams.lines */
    select ${lineColumns}
    from unnest(${streamIds}::uuid[]) as owners (id)
    cross join lateral (
      select * from (
        select m.* from stream_chat_messages m
        where m.stream_id = owners.id and m.deleted_at is null
          and (m.author_id not in ${partedFrom(viewerId)} or exists (
            select from tips anonymous where anonymous.id = m.tip_id and anonymous.is_anonymous
          ))
          and ${beyond(page, fragment`m.sequence`, ([sequence = '']) => fragment`${sequence}::bigint`)}
        order by m.sequence ${page.isBackward ? fragment`asc` : fragment`desc`}
        limit 101
      ) found
      limit ${page.limit + 1}::int
    ) m ${lineJoins}
    order by m.sequence ${page.isBackward ? fragment`asc` : fragment`desc`}`
  return rows.map((row) => ({ ownerId: row.streamId, row }))
}

/** Writes a line; of a tip, once: false where it is there. */
export async function insertLine(
  tx: Tx,
  line: {
    readonly id: string
    readonly streamId: string
    readonly sequence: bigint
    readonly authorId: string
    readonly text: string
    readonly tipId: string | null
  },
  now: Date,
): Promise<void> {
  await tx.sql`/* streams.insertLine */
    with line as (
      insert into stream_chat_messages (id, stream_id, sequence, author_id, body, tip_id, created_at)
      values (${line.id}::uuid, ${line.streamId}::uuid, ${line.sequence}::bigint, ${line.authorId}::uuid, ${line.text},
        ${line.tipId}::uuid, ${now}::timestamptz)
    )
    update live_streams set last_chat_sequence = ${line.sequence}::bigint where id = ${line.streamId}::uuid`
}

/** Whether a tip has its line. */
export async function hasLine(tx: Tx, tipId: string): Promise<boolean> {
  const rows = await tx.sql`/* streams.lineOfTip */
    select 1 as found from stream_chat_messages where tip_id = ${tipId}::uuid`
  return rows.length > 0
}

/** When somebody last wrote in a stream since an instant. */
export async function findLastLineAt(tx: Tx, streamId: string, authorId: string, since: Date): Promise<Date | null> {
  const [row] = await tx.sql<{ at: Date | null }>`/* streams.lastLineAt */
    select max(created_at) as at from stream_chat_messages
    where author_id = ${authorId}::uuid and created_at > ${since}::timestamptz and stream_id = ${streamId}::uuid`
  return row?.at ?? null
}

/** A line that is held, with whose stream it is in. */
export interface HeldLine {
  readonly id: string
  readonly streamId: string
  readonly creatorId: string
  readonly authorId: string
  readonly deletedAt: Date | null
}

export async function findLineForUpdate(tx: Tx, id: string): Promise<HeldLine | null> {
  const [row] = await tx.sql<HeldLine>`/* streams.holdLine */
    select m.id::text as id, m.stream_id::text as "streamId", s.creator_id::text as "creatorId",
      m.author_id::text as "authorId", m.deleted_at as "deletedAt"
    from stream_chat_messages m join live_streams s on s.id = m.stream_id
    where m.id = ${id}::uuid for no key update of m`
  return row ?? null
}

export async function markLineDeleted(tx: Tx, id: string, deletedById: string, now: Date): Promise<void> {
  await tx.sql`/* streams.deleteLine */
    update stream_chat_messages set deleted_at = ${now}::timestamptz, deleted_by_id = ${deletedById}::uuid
    where id = ${id}::uuid`
}

/** What somebody may not do in each of these streams now. */
export const listSanctionsOn = (
  db: Db,
  userId: string,
  streamIds: readonly string[],
  now: Date,
): Promise<{ readonly streamId: string; readonly isMuted: boolean; readonly isBanned: boolean }[]> =>
  db.sql`/* streams.sanctionsOn */
    select s.id::text as "streamId", bool_or(c.kind = 'mute') as "isMuted", bool_or(c.kind = 'ban') as "isBanned"
    from live_streams s
    join stream_sanctions c on c.creator_id = s.creator_id and c.user_id = ${userId}::uuid
      and (c.stream_id is null or c.stream_id = s.id) and ${isInForce(now)}
    where s.id = any(${streamIds}::uuid[])
    group by s.id`

/** How a chat shall be kept. */
export async function updateChat(
  tx: Tx,
  streamId: string,
  chat: { readonly chatEnabled: boolean; readonly chatSubscribersOnly: boolean; readonly slowModeSeconds: number },
): Promise<void> {
  await tx.sql`/* streams.updateChat */
    update live_streams
    set chat_enabled = ${chat.chatEnabled}::boolean, chat_subscribers_only = ${chat.chatSubscribersOnly}::boolean,
      slow_mode_seconds = ${chat.slowModeSeconds}::int, version = version + 1
    where id = ${streamId}::uuid`
}

/** Of whom, in which stream or all of a creator's, and what. */
export interface SanctionPlace {
  readonly creatorId: string
  /** Null for all of the creator's. */
  readonly streamId: string | null
  readonly userId: string
  readonly kind: StreamSanctionKind
}

/** Lifts what a person may not do at this place; answers how many sanctions that were. */
export async function liftSanctions(
  tx: Tx,
  { creatorId, streamId, userId, kind }: SanctionPlace,
  { liftedById, now }: { readonly liftedById: string; readonly now: Date },
): Promise<number> {
  const rows = await tx.sql`/* streams.liftSanctions */
    update stream_sanctions c set lifted_at = ${now}::timestamptz, lifted_by_id = ${liftedById}::uuid
    where c.creator_id = ${creatorId}::uuid and c.user_id = ${userId}::uuid and c.kind = lower(${kind})::stream_sanction_kind
      and c.stream_id is not distinct from ${streamId}::uuid and ${isInForce(now)}
    returning 1`
  return rows.length
}

export async function insertSanction(
  tx: Tx,
  { creatorId, streamId, userId, kind }: SanctionPlace,
  { reason, expiresAt, now }: { readonly reason: string | null; readonly expiresAt: Date | null; readonly now: Date },
): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* streams.insertSanction */
    insert into stream_sanctions (creator_id, stream_id, user_id, kind, reason, created_by_id, expires_at, created_at)
    select ${creatorId}::uuid, ${streamId}::uuid, u.id, lower(${kind})::stream_sanction_kind, ${reason}, ${creatorId}::uuid,
      ${expiresAt}::timestamptz, ${now}::timestamptz
    from users u where u.id = ${userId}::uuid and u.account_status <> 'deleted'
    returning id::text as id`
  return row?.id ?? null
}

const sanctionColumns = fragment`
  c.id::text as id, c.creator_id::text as "creatorId", c.stream_id::text as "streamId", c.user_id::text as "userId",
  upper(c.kind::text) as kind, c.reason, c.created_at as "createdAt", c.expires_at as "expiresAt", c.lifted_at as "liftedAt"`

/** When a sanction `c` ends by itself: those that last have an instant too, so that an index has them in their order. */
const endOf = fragment`coalesce(c.expires_at, 'infinity')`

/**
 * A page of whom a creator keeps from their streams now, the newest first, one row more than its limit when others follow: the
 * first of those that last, in their order, and of all that are still to end.
 */
export const listSanctions = (db: Db, creatorId: string, page: PageRequest, now: Date): Promise<SanctionRow[]> => {
  const first = fragment`order by ${inOrder(page, fragment`c.created_at`, fragment`c.id`)} limit ${page.limit + 1}::int`
  const those = (isIn: Fragment): Fragment => fragment`(
    select c.* from stream_sanctions c
    where c.creator_id = ${creatorId}::uuid and c.lifted_at is null and ${isIn}
      and ${beyond(page, fragment`c.created_at, c.id`, timeAndId)}
    ${first})`
  return db.sql<SanctionRow>`/* streams.sanctions */
    select ${sanctionColumns}
    from (
      ${those(fragment`${endOf} = 'infinity'`)} union all
      ${those(fragment`${endOf} > ${now}::timestamptz and ${endOf} < 'infinity'`)}
    ) c
    ${first}`
}

/** Those of these sanctions that are the creator's, in no order. */
export const listSanctionsById = (db: Db, creatorId: string, ids: readonly string[]): Promise<SanctionRow[]> =>
  db.sql<SanctionRow>`/* streams.sanctionsById */
    select ${sanctionColumns} from stream_sanctions c where c.id = any(${ids}::uuid[]) and c.creator_id = ${creatorId}::uuid`

/** Lifts a sanction that holds; null where it does not. */
export async function liftSanctionRow(
  tx: Tx,
  id: string,
  { liftedById, now }: { readonly liftedById: string; readonly now: Date },
): Promise<SanctionRow | null> {
  const [row] = await tx.sql<SanctionRow>`/* streams.liftSanction */
    update stream_sanctions c set lifted_at = ${now}::timestamptz, lifted_by_id = ${liftedById}::uuid
    where c.id = ${id}::uuid and ${isInForce(now)}
    returning ${sanctionColumns}`
  return row ?? null
}

const ENGAGEMENT_BATCH = 2_000

/**
 * Writes down what people did while they were there: lines, likes and tips, by the intervals in which they fell. Answers the
 * last interval of the batch; null after the last batch.
 */
export async function countEngagement(tx: Tx, streamId: string, after: string | null): Promise<string | null> {
  const rows = await tx.sql<{ id: string }>`/* streams.countEngagement */
    update stream_access a
    set chat_count = did.lines, like_count = did.likes, tip_count = did.tips, tip_minor = did.minor
    from (
      select batch.id,
        (
          select count(*)::int from stream_chat_messages m
          where m.author_id = batch.user_id and m.stream_id = batch.stream_id
            and m.created_at >= batch.joined_at and m.created_at < batch.left_at
        ) as lines,
        (
          select count(*)::int from likes l
          where l.user_id = batch.user_id and l.content_id = batch.content_id and l.withdrawn_at is null
            and l.created_at >= batch.joined_at and l.created_at < batch.left_at
        ) as likes,
        given.tips, given.minor
      from (
        select present.id, present.user_id, present.stream_id, present.joined_at, present.left_at, s.content_id
        from stream_access present join live_streams s on s.id = present.stream_id
        where present.stream_id = ${streamId}::uuid and present.left_at is not null
          and (${after}::uuid is null or present.id > ${after}::uuid)
        order by present.id limit ${ENGAGEMENT_BATCH}::int
      ) batch
      cross join lateral (
        select count(*)::int as tips, coalesce(sum(t.amount_minor), 0)::bigint as minor from tips t
        where t.sender_id = batch.user_id and t.stream_id = batch.stream_id and t.state = 'paid'
          and t.created_at >= batch.joined_at and t.created_at < batch.left_at
      ) given
    ) did
    where a.id = did.id
    returning a.id::text as id`
  return rows.length < ENGAGEMENT_BATCH
    ? null
    : (rows
        .map(({ id }) => id)
        .sort()
        .at(-1) ?? null)
}
