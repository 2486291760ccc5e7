import { isInGoodStanding } from '../accounts/accounts.js'
import type { Db } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { notBlocked } from '../social/social.js'
import type { ConversationRow } from './types.js'

/** Up to how many unread messages, and conversations of a kind, are counted. */
export const MAX_COUNTED = 100

/** The two sides of the conversations `c` of the viewer: `p` is theirs, `o` the other's, of the person `u`. */
const sides = fragment`
  conversation_participants p
  join conversations c on c.id = p.conversation_id
  join users u on u.id = case when p.role = 'creator' then c.fan_id else c.creator_id end
  left join conversation_participants o on o.conversation_id = c.id and o.user_id = u.id`

/** What of the messages after `p`'s mark came from the other side and is still there. */
const unread = fragment`(
  select count(*)::int from (
    select from messages m
    where m.conversation_id = c.id and m.sequence > p.read_sequence and m.sender_id <> p.user_id and m.deleted_at is null
    order by m.sequence limit ${MAX_COUNTED}::int
  ) unread
)`

/**
 * Up to where the other side has read, as far as the viewer may know: not where one of the two keeps it to themselves, and
 * never past a message that has to be paid for and was not.
 */
const otherReadUpTo = fragment`case when p.sends_read_receipts and o.sends_read_receipts then coalesce(
  (
    select least(o.read_sequence, m.sequence - 1) from messages m
    where m.conversation_id = c.id and m.is_premium and m.opened_at is null and m.deleted_at is null
      and m.sender_id = p.user_id
    order by m.sequence limit 1
  ),
  o.read_sequence
) end`

const isParted = fragment`(not ${notBlocked(fragment`p.user_id`, fragment`u.id`)})`

/** The columns of a `ConversationRow`. */
const columns = fragment`
  c.id::text as id, c.creator_id::text as "creatorId", c.fan_id::text as "fanId", upper(p.role::text) as "viewerRole",
  u.id::text as "otherId", c.last_sequence as "lastSequence", c.last_event_sequence as "lastEventSequence",
  c.last_message_at as "lastMessageAt", c.created_at as "createdAt", p.id::text as "participantId",
  p.last_message_at as "listedAt", p.read_sequence as "readSequence", p.sends_read_receipts as "sendsReadReceipts",
  p.archived_at as "archivedAt", p.muted_until as "mutedUntil", p.pinned_at as "pinnedAt",
  case when ${isParted} then 0 else ${unread} end as "unreadCount", ${otherReadUpTo} as "otherReadUpTo",
  ${isParted} as "isParted", ${isInGoodStanding(fragment`u`, fragment`app_now()`)} as "isOtherActive"`

/** Which of a person's conversations a list has. */
export interface ConversationFilter {
  readonly archived: boolean
  readonly unreadOnly: boolean
  readonly pinnedOnly: boolean
}

const meets = ({ archived, unreadOnly, pinnedOnly }: ConversationFilter): Fragment => fragment`
  p.last_message_at is not null
  and ${archived ? fragment`p.archived_at is not null` : fragment`p.archived_at is null`}
  and ${unreadOnly ? fragment`p.unread_count > 0` : fragment`true`}
  and ${pinnedOnly ? fragment`p.pinned_at is not null` : fragment`true`}`

/**
 * A page of a person's conversations, the one with the newest message first, one row more than its limit when others follow.
 * The page is found among the person's sides alone; what is shown of each is looked up afterwards.
 */
export const listConversations = (
  db: Db,
  viewerId: string,
  filter: ConversationFilter,
  page: PageRequest,
): Promise<ConversationRow[]> =>
  db.sql<ConversationRow>`/* messages.conversations */
    select ${columns}
    from (
      select p.id as found_id, p.last_message_at as found_at
      from conversation_participants p
      cross join lateral (
        select case when p.role = 'creator' then c.fan_id else c.creator_id end as other_id
        from conversations c where c.id = p.conversation_id offset 0
      ) side
      where p.user_id = ${viewerId}::uuid and ${meets(filter)} and ${notBlocked(viewerId, fragment`side.other_id`)}
        and ${beyond(page, fragment`p.last_message_at, p.id`, timeAndId)}
      order by ${inOrder(page, fragment`p.last_message_at`, fragment`p.id`)}
      limit ${page.limit + 1}::int
    ) found
    join lateral (select each_side.* from conversation_participants each_side where each_side.id = found.found_id offset 0) p
      on true
    join conversations c on c.id = p.conversation_id
    join users u on u.id = case when p.role = 'creator' then c.fan_id else c.creator_id end
    left join conversation_participants o on o.conversation_id = c.id and o.user_id = u.id
    order by ${inOrder(page, fragment`found.found_at`, fragment`found.found_id`)}`

/** Those of these conversations that the viewer is one of, in no order. */
export const listConversationsById = (db: Db, viewerId: string, ids: readonly string[]): Promise<ConversationRow[]> =>
  db.sql<ConversationRow>`/* messages.conversationsById */
    select ${columns} from ${sides}
    where p.conversation_id = any(${ids}::uuid[]) and p.user_id = ${viewerId}::uuid`

/** How many conversations of each kind a person has, each counted to `MAX_COUNTED`. */
export interface ConversationCounts {
  readonly unread: number
  readonly archived: number
  readonly pinned: number
}

const counted = (viewerId: string, which: Fragment): Fragment => fragment`(
  select count(*)::int from (
    select from conversation_participants p
    cross join lateral (
      select case when p.role = 'creator' then c.fan_id else c.creator_id end as other_id
      from conversations c where c.id = p.conversation_id offset 0
    ) side
    where p.user_id = ${viewerId}::uuid and p.last_message_at is not null and ${which}
      and ${notBlocked(viewerId, fragment`side.other_id`)}
    order by p.last_message_at desc, p.id desc limit ${MAX_COUNTED}::int
  ) found
)`

export async function countConversations(db: Db, viewerId: string): Promise<ConversationCounts> {
  const [row] = await db.sql<ConversationCounts>`/* messages.counts */
    select ${counted(viewerId, fragment`p.unread_count > 0`)} as unread,
      ${counted(viewerId, fragment`p.archived_at is not null`)} as archived,
      ${counted(viewerId, fragment`p.pinned_at is not null`)} as pinned`
  return row ?? { unread: 0, archived: 0, pinned: 0 }
}

/** Changes of a person's conversations that are read at once. */
export const CHANGES_BATCH = 200

/** Those of a person's conversations that changed since an instant, the first changed first; none with a block between the two. */
export const listChangedConversations = (
  db: Db,
  viewerId: string,
  since: readonly [changedAt: Date, participantId: string],
): Promise<(ConversationRow & { readonly changedAt: Date })[]> =>
  db.sql<ConversationRow & { readonly changedAt: Date }>`/* messages.changed */
    select ${columns}, p.updated_at as "changedAt" from ${sides}
    where p.user_id = ${viewerId}::uuid and p.last_message_at is not null and not ${isParted}
      and (p.updated_at, p.id) > (${since[0]}::timestamptz, ${since[1]}::uuid)
    order by p.updated_at, p.id
    limit ${CHANGES_BATCH}::int`
