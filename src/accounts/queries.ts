import type { Prisma } from '../generated/prisma/client.js'
import { violatesUnique } from '../lib/db.js'
import type { Db, Tx } from '../lib/db.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment, SqlPart } from '../lib/sql.js'
import { bondColumns } from './bond-queries.js'
import { emailTaken, usernameTaken } from './names.js'
import type { AccountRow, AccountStatus, AccountType, Bonds, ProfileRow, UserCounts, UserRow } from './types.js'

const userColumns = {
  id: true,
  username: true,
  displayName: true,
  accountType: true,
  accountStatus: true,
  suspendedUntil: true,
  ageVerified: true,
  ageVerifiedUntil: true,
  subscriptionPriceMinor: true,
  currency: true,
  createdAt: true,
} as const satisfies Prisma.UserSelect

/** The columns of a `UserRow`, of a table of users under this name in the statement. */
export const userRowColumns = (users: Fragment): Fragment => fragment`
  ${users}.id::text as id, ${users}.username::text as username, ${users}.display_name as "displayName",
  upper(${users}.account_type::text) as "accountType", upper(${users}.account_status::text) as "accountStatus",
  ${users}.suspended_until as "suspendedUntil", ${users}.age_verified as "ageVerified",
  ${users}.age_verified_until as "ageVerifiedUntil",
  ${users}.subscription_price as "subscriptionPriceMinor", ${users}.currency, ${users}.created_at as "createdAt"`

/** A `UserRow` as one value of JSON, for statements whose rows have a person beside other things; see `toUserRowOf`. */
export const userRowValue = (users: Fragment): Fragment => fragment`json_build_array(
  ${users}.id, ${users}.username, ${users}.display_name, upper(${users}.account_type::text), upper(${users}.account_status::text),
  ${users}.suspended_until, ${users}.age_verified, ${users}.age_verified_until, ${users}.subscription_price::text,
  ${users}.currency, ${users}.created_at
)`

/** What `userRowValue` answers. */
export type UserRowValue = readonly [
  id: string,
  username: string,
  displayName: string,
  accountType: AccountType,
  accountStatus: AccountStatus,
  suspendedUntil: string | null,
  ageVerified: boolean,
  ageVerifiedUntil: string | null,
  subscriptionPriceMinor: string | null,
  currency: string | null,
  createdAt: string,
]

/** The row of what `userRowValue` answered. */
export const toUserRowOf = ([
  id,
  username,
  displayName,
  accountType,
  accountStatus,
  suspendedUntil,
  ageVerified,
  ageVerifiedUntil,
  subscriptionPriceMinor,
  currency,
  createdAt,
]: UserRowValue): UserRow => ({
  id,
  username,
  displayName,
  accountType,
  accountStatus,
  suspendedUntil: suspendedUntil === null ? null : new Date(suspendedUntil),
  ageVerified,
  ageVerifiedUntil: ageVerifiedUntil === null ? null : new Date(ageVerifiedUntil),
  subscriptionPriceMinor: subscriptionPriceMinor === null ? null : BigInt(subscriptionPriceMinor),
  currency,
  createdAt: new Date(createdAt),
})

/** True where the user of this table is in good standing at `now`: neither deleted nor banned, nor suspended still. */
export const isInGoodStanding = (users: Fragment, now: SqlPart): Fragment => fragment`(
  ${users}.account_status = 'active'
  or ${users}.account_status = 'suspended' and ${users}.suspended_until <= ${now}::timestamptz
)`

/** A person's page: all that it shows, and how the viewer stands to them, in one statement. */
export interface ProfilePage {
  readonly user: UserRow
  readonly profile: ProfileRow
  readonly relation: Bonds
  readonly counts: UserCounts
}

type PageRow = UserRow &
  Omit<ProfileRow, 'id' | 'userId' | 'createdAt'> & { profileId: string; changedAt: Date } & Bonds &
  UserCounts

/** The page of the person with this username, without regard to case. */
export async function findProfilePage(
  db: Db,
  username: string,
  viewerId: string | null,
  now: Date,
): Promise<ProfilePage | null> {
  const [row] = await db.sql<PageRow>`/* accounts.profilePage */
    select ${userRowColumns(fragment`u`)},
      p.id::text as "profileId", p.revision, p.avatar_media_id::text as "avatarMediaId",
      p.banner_media_id::text as "bannerMediaId", p.bio, p.website, p.social_links as "socialLinks",
      upper(p.social_links_audience::text) as "socialLinksAudience", p.categories, p.preferences,
      p.characteristics, upper(p.characteristics_audience::text) as "characteristicsAudience",
      p.birth_date as "birthDate", upper(p.birth_date_audience::text) as "birthDateAudience",
      p.country_code as "countryCode", p.region, p.city, upper(p.location_audience::text) as "locationAudience",
      p.created_at as "changedAt", ${countColumns},
      ${bondColumns(viewerId, fragment`u.id`, now)}
    from users u
    join user_profiles p on p.user_id = u.id and p.is_current
    left join user_counters c on c.user_id = u.id
    where u.username = ${username}::citext`
  return row ? toProfilePage(row) : null
}

/** The columns of `UserCounts`, of counters named `c`; nobody's are nought. */
const countColumns = fragment`
  coalesce(c.follower_count, 0) as "followerCount", coalesce(c.following_count, 0) as "followingCount",
  coalesce(c.subscriber_count, 0) as "subscriberCount"`

function toProfilePage(row: PageRow): ProfilePage {
  const { id, username, displayName, accountType, accountStatus, suspendedUntil, createdAt } = row
  const { ageVerified, ageVerifiedUntil, subscriptionPriceMinor, currency, profileId, changedAt } = row
  const { follows, subscribes, blocks, isBlocked, mutes } = row
  const { followerCount, followingCount, subscriberCount } = row
  return {
    user: {
      id,
      username,
      displayName,
      accountType,
      accountStatus,
      suspendedUntil,
      ageVerified,
      ageVerifiedUntil,
      subscriptionPriceMinor,
      currency,
      createdAt,
    },
    profile: { ...row, id: profileId, userId: id, createdAt: changedAt },
    relation: { follows, subscribes, blocks, isBlocked, mutes },
    counts: { followerCount, followingCount, subscriberCount },
  }
}

/** The counts of these people, in no order; those of whom nothing was ever counted are missing. */
export const listCounts = (db: Db, userIds: readonly string[]): Promise<(UserCounts & { readonly id: string })[]> =>
  db.sql`/* accounts.counts */
    select c.user_id::text as id, ${countColumns} from user_counters c where c.user_id = any(${userIds}::uuid[])`

/** People by id, in no order. */
export const listUsersById = (db: Db, ids: readonly string[]): Promise<UserRow[]> =>
  db.user.findMany({ where: { id: { in: [...ids] } }, select: userColumns })

const accountColumns = {
  id: true,
  email: true,
  emailVerifiedAt: true,
  statusReason: true,
  statusChangedAt: true,
  suspendedUntil: true,
  purgeAfter: true,
} as const satisfies Prisma.UserSelect

/** The private side of accounts by id, in no order. */
export const listAccountsById = (db: Db, ids: readonly string[]): Promise<AccountRow[]> =>
  db.user.findMany({ where: { id: { in: [...ids] } }, select: accountColumns })

/** Which people a list shows; text is part of a name, in lower case. */
export interface PeopleFilter {
  readonly accountType: AccountType | null
  readonly status: AccountStatus | null
  readonly text: string | null
}

/** A page of people, the newest first, one row more than its limit when others follow. */
export const listUsers = (db: Db, filter: PeopleFilter, page: PageRequest, now: Date): Promise<UserRow[]> =>
  filter.text === null ? listByTime(db, filter, page, now) : listByText(db, { ...filter, text: filter.text }, page, now)

function listByTime(db: Db, { accountType, status }: PeopleFilter, page: PageRequest, now: Date): Promise<UserRow[]> {
  const direction = page.isBackward ? 'asc' : 'desc'
  return db.user.findMany({
    where: { AND: [accountType ? { accountType } : {}, withStatus(status, now), beyond(page)] },
    orderBy: [{ createdAt: direction }, { id: direction }],
    take: page.limit + 1,
    select: userColumns,
  })
}

/** By what a status counts as now; without one, all but the deleted. */
function withStatus(status: AccountStatus | null, now: Date): Prisma.UserWhereInput {
  if (status === null) return { accountStatus: { not: 'DELETED' } }
  const ended = { accountStatus: 'SUSPENDED', suspendedUntil: { lte: now } } as const
  if (status === 'ACTIVE') return { OR: [{ accountStatus: 'ACTIVE' }, ended] }
  return status === 'SUSPENDED' ? { accountStatus: status, NOT: ended } : { accountStatus: status }
}

function beyond({ cursor, isBackward }: PageRequest): Prisma.UserWhereInput {
  if (!cursor) return {}
  const [createdAt = '', id = ''] = cursor
  const side = <T>(value: T) => (isBackward ? { gt: value } : { lt: value })
  return { OR: [{ createdAt: side(createdAt) }, { createdAt, id: side(id) }] }
}

/** Fewer letters than a trigram has make too many matches: they are looked for at the beginning of names only. */
const MIN_INNER_LENGTH = 3

const toPattern = (text: string): string => {
  const literal = text.replace(/[\\%_]/g, String.raw`\$&`)
  return Array.from(text).length < MIN_INNER_LENGTH ? `${literal}%` : `%${literal}%`
}

/** The trigram indexes find who matches; those are then put in order. */
function listByText(
  db: Db,
  { accountType, status, text }: PeopleFilter & { readonly text: string },
  { cursor, isBackward, limit }: PageRequest,
  now: Date,
): Promise<UserRow[]> {
  const [createdAt = null, id = null] = cursor ?? []
  const pattern = toPattern(text)
  return db.sql<UserRow>`/* accounts.search */
    select ${userRowColumns(fragment`u`)}
    from users u
    where (lower(u.username::text) like ${pattern} or lower(u.display_name) like ${pattern})
      and (${accountType?.toLowerCase() ?? null}::account_type is null or u.account_type = ${accountType?.toLowerCase() ?? null}::account_type)
      and case
        when u.account_status = 'suspended' and u.suspended_until <= ${now}::timestamptz then 'active'
        else u.account_status
      end = any (coalesce(${status === null ? null : [status.toLowerCase()]}::account_status[], '{active,suspended,banned}'))
      and (
        ${createdAt}::timestamptz is null
        or ${isBackward}::boolean and (u.created_at, u.id) > (${createdAt}::timestamptz, ${id}::uuid)
        or not ${isBackward}::boolean and (u.created_at, u.id) < (${createdAt}::timestamptz, ${id}::uuid)
      )
    order by
      case when ${isBackward}::boolean then u.created_at end, case when ${isBackward}::boolean then u.id end,
      u.created_at desc, u.id desc
    limit ${limit + 1}::int`
}

/** An account that somebody is about to change, held against others. */
export interface HeldUser extends UserRow {
  readonly emailVerifiedAt: Date | null
  readonly emailIndex: Uint8Array | null
  readonly deletedAt: Date | null
  readonly purgeAfter: Date | null
  readonly erasedAt: Date | null
  readonly creatorSince: Date | null
}

/** Holds these accounts, in order of id, and reads them as they then are. */
export async function getUsersForUpdate(tx: Tx, ids: readonly string[]): Promise<Map<string, HeldUser>> {
  const rows = await tx.sql<HeldUser>`/* accounts.hold */
    select ${userRowColumns(fragment`u`)}, u.email_verified_at as "emailVerifiedAt", u.email_index as "emailIndex",
      u.deleted_at as "deletedAt", u.purge_after as "purgeAfter", u.erased_at as "erasedAt",
      u.creator_since as "creatorSince"
    from users u where u.id = any(${ids}::uuid[]) order by u.id for no key update`
  return new Map(rows.map((row) => [row.id, row]))
}

/** What a write changes of an account; its version grows with it. @throws CONFLICT username_taken, email_taken */
export async function updateUser(tx: Tx, id: string, data: Prisma.UserUncheckedUpdateInput): Promise<void> {
  await named(tx.user.update({ where: { id }, data: { ...data, version: { increment: 1 } }, select: { id: true } }))
}

/** A new account. @throws CONFLICT username_taken, email_taken */
export async function insertUser(tx: Tx, user: Prisma.UserUncheckedCreateInput): Promise<void> {
  await named(tx.user.create({ data: user, select: { id: true } }))
}

/** What a name that somebody else was a moment faster with means to the caller. */
async function named<T>(write: PromiseLike<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    if (violatesUnique(error, 'idx_users_username')) throw usernameTaken()
    throw violatesUnique(error, 'idx_users_email') ? emailTaken('email') : error
  }
}

/** Holds whoever registers or changes to an address until the transaction ends. `index` is the one under the oldest key. */
export async function lockEmail(tx: Tx, index: Uint8Array): Promise<void> {
  await tx.sql`/* accounts.lockEmail */ select pg_advisory_xact_lock(hashtextextended(encode(${index}::bytea, 'hex'), 0))::text`
}

/** The account under one of these blind indexes. */
export async function findUserIdByEmail(db: Db, indexes: readonly Uint8Array<ArrayBuffer>[]): Promise<string | null> {
  const row = await db.user.findFirst({ where: { emailIndex: { in: [...indexes] } }, select: { id: true } })
  return row?.id ?? null
}

export async function isUsernameReserved(tx: Tx, nameHash: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return (await tx.reservedUsername.findUnique({ where: { nameHash } })) !== null
}

export async function reserveUsername(tx: Tx, nameHash: Uint8Array<ArrayBuffer>): Promise<void> {
  await tx.reservedUsername.createMany({ data: [{ nameHash }], skipDuplicates: true })
}

/** Admins whose account is in good standing at `now`, held in order of id, so that the last one stays. */
export async function holdActiveAdmins(tx: Tx, now: Date): Promise<string[]> {
  const rows = await tx.sql<{ id: string }>`/* accounts.holdAdmins */
    select id::text from users
    where account_type = 'admin'
      and (account_status = 'active' or account_status = 'suspended' and suspended_until <= ${now}::timestamptz)
    order by id
    for no key update`
  return rows.map(({ id }) => id)
}

/** A token mailed to prove an address, whatever became of it. */
export interface MailedToken {
  readonly id: string
  readonly userId: string
  readonly kind: 'VERIFY_EMAIL' | 'CHANGE_EMAIL'
  readonly newEmail: Uint8Array | null
  readonly newEmailIndex: Uint8Array | null
  readonly expiresAt: Date
  readonly usedAt: Date | null
}

export async function findMailedToken(tx: Tx, tokenHash: Uint8Array): Promise<MailedToken | null> {
  const [row] = await tx.sql<MailedToken>`/* accounts.mailedToken */
    select id::text, user_id::text as "userId", upper(kind::text) as kind, new_email as "newEmail",
      new_email_index as "newEmailIndex", expires_at as "expiresAt", used_at as "usedAt"
    from one_time_tokens
    where token_hash = ${tokenHash}::bytea and kind in ('verify_email', 'change_email')`
  return row ?? null
}

/** The address that somebody asked to change to, while the token for it may still be used. */
export async function findAskedEmail(
  tx: Tx,
  userId: string,
  now: Date,
): Promise<{ readonly id: string; readonly newEmail: Uint8Array; readonly newEmailIndex: Uint8Array } | null> {
  const [row] = await tx.sql<{ id: string; newEmail: Uint8Array; newEmailIndex: Uint8Array }>`/* accounts.askedEmail */
    select id::text, new_email as "newEmail", new_email_index as "newEmailIndex" from one_time_tokens
    where user_id = ${userId}::uuid and kind = 'change_email' and used_at is null and superseded_at is null
      and expires_at > ${now}::timestamptz`
  return row ?? null
}

/** What was mailed to an address that is no longer the account's stops working. */
export async function supersedeMailedTokens(tx: Tx, userId: string, now: Date): Promise<void> {
  await tx.oneTimeToken.updateMany({ where: { userId, usedAt: null, supersededAt: null }, data: { supersededAt: now } })
}
