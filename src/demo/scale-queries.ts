import { createHash } from 'node:crypto'
import { APPROVAL_MS } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment, SqlPart } from '../lib/sql.js'
import { CREATOR_EVERY, creatorCount } from './scale-size.js'
import type { Span } from './scale-size.js'

/** What one run of the generator goes by: its name is part of every id, and all it makes lies before `at`. */
export interface Run {
  readonly name: string
  readonly at: Date
  readonly users: number
  readonly posts: number
}

/** Somebody to insert; the rest is made of their number. */
export interface ScaleUser {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly email: Uint8Array
  readonly emailIndex: Uint8Array
  readonly emailKeyId: string
}

/** Nobody follows more. */
const MAX_FOLLOWS = 15
/** How much the favourites are preferred: the share of followers falls with this power of the rank. */
const SKEW = 3
/** All posts of a run lie within its last days; everybody joined in as many days before those. */
const POST_DAYS = 200

/** The id of a run's person, as `personId` computes it from the number. */
export function scaleId(run: string, number: number): string {
  const hex = createHash('md5')
    .update(`${run}:${String(number)}`)
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** A UUID of version 4 made of a name. */
export const uuidOf = (name: Fragment): Fragment =>
  fragment`overlay(overlay(md5(${name}) placing '4' from 13) placing '8' from 17)::uuid`

/** The id of the run's person whose number this is. */
export const personId = ({ name }: Run, number: SqlPart): Fragment => uuidOf(fragment`${name} || ':' || ${number}`)

/** A number from 0 to just under 1 that hangs on another one and on what it is for alone, and so not on the plan. */
export const luck = (number: SqlPart, salt: number): Fragment =>
  fragment`((hashint8extended((${number})::bigint, ${salt}::bigint) & 4294967295) / 4294967296.0::float8)`

/** When somebody joined. */
const joinedAt = ({ at }: Run, number: SqlPart): Fragment =>
  fragment`(${at}::timestamptz - ${POST_DAYS}::int * (1 + ${luck(number, 1)}) * interval '1 day')`

/** When a post was published: one after the other, in the order of their numbers. */
export const publishedAt = ({ at, posts }: Run, number: SqlPart): Fragment =>
  fragment`(${at}::timestamptz - ${POST_DAYS}::int * (1 - (${number} + 0.5) / ${posts}::float8) * interval '1 day')`

/** An instant after another, sooner rather than later where `power` is above 1. */
export const since = ({ at }: Run, from: Fragment, share: Fragment): Fragment =>
  fragment`(${from} + ${share} * (${at}::timestamptz - ${from}))`

export async function insertScaleUsers(
  tx: Tx,
  run: Run,
  { from }: Span,
  people: readonly ScaleUser[],
  indexVersion: number,
): Promise<void> {
  await tx.sql`/* demo.scaleUsers */
    insert into users (
      id, username, display_name, email, email_index, email_index_version, email_key_id, email_verified_at, account_type,
      creator_since, currency, subscription_price, age_verified, age_verified_at, age_verified_until, created_at, updated_at
    )
    select id, username, display_name, email, email_index, ${indexVersion}::int, email_key_id, joined_at,
      case when is_creator then 'creator' else 'fan' end::account_type,
      case when is_creator then joined_at end, case when is_creator then 'EUR' end,
      case when is_creator then 300 + number % 20 * 100 end,
      is_of_age, case when is_of_age then joined_at end,
      case when is_of_age then joined_at + ${APPROVAL_MS}::float8 * interval '1 millisecond' end, joined_at, joined_at
    from (
      select people.*, number % ${CREATOR_EVERY}::bigint = 0 as is_creator, number % 2 = 0 as is_of_age,
        ${joinedAt(run, fragment`number`)} as joined_at
      from (
        select *, ${from}::bigint + ordinality - 1 as number
        from unnest(
          ${people.map(({ id }) => id)}::uuid[],
          ${people.map(({ username }) => username)}::text[],
          ${people.map(({ displayName }) => displayName)}::text[],
          ${people.map(({ email }) => email)}::bytea[],
          ${people.map(({ emailIndex }) => emailIndex)}::bytea[],
          ${people.map(({ emailKeyId }) => emailKeyId)}::uuid[]
        ) with ordinality as new (id, username, display_name, email, email_index, email_key_id, ordinality)
      ) people
    ) numbered`
}

/** Profiles, and the verifications that stand behind people's age; no statement reads another's rows. */
export async function insertScaleAccounts(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.sql`/* demo.scaleProfiles */
    insert into user_profiles (user_id, bio, categories, languages, social_links, country_code, location_audience, created_at)
    select id, 'One of many, number ' || ordinality || ' of this batch.',
      array[(array['photography', 'music', 'comics', 'cooking', 'fitness', 'writing', 'games', 'science'])[1 + ordinality % 8]],
      array['en'],
      jsonb_build_array(jsonb_build_object('platform', 'mastodon', 'url', 'https://mastodon.example/' || username)),
      (array['DE', 'FR', 'US', 'GB', 'JP', 'BR'])[1 + ordinality % 6],
      (array['public', 'followers', 'self'])[1 + ordinality % 3]::field_audience, created_at
    from unnest(${ids}::uuid[]) with ordinality as new (id, ordinality) join users using (id)`
  await tx.sql`/* demo.scaleAges */
    insert into age_verifications (user_id, provider, status, method, is_of_age, created_at, decided_at, expires_at)
    select id, 'sandbox', 'approved', 'estimate', true, age_verified_at, age_verified_at, age_verified_until
    from unnest(${ids}::uuid[]) as new (id) join users using (id) where age_verified`
}

/** Sorts creators under the subjects that they publish in. */
export async function insertScaleSubjects(tx: Tx, ids: readonly string[], subjects: readonly string[]): Promise<void> {
  await tx.sql`/* demo.scaleSubjects */
    insert into creator_categories (user_id, category_id, created_at)
    select id, (${subjects}::uuid[])[1 + ordinality % ${subjects.length}::int], created_at
    from unnest(${ids}::uuid[]) with ordinality as new (id, ordinality) join users using (id)
    where account_type = 'creator'`
}

/** Lets the people of a span follow creators, the first of whom have the most followers. Answers how many. */
export async function insertScaleFollows(tx: Tx, run: Run, { from, to }: Span): Promise<number> {
  const chosen = fragment`number * 32 + choice`
  const [row] = await tx.sql<{ made: number }>`/* demo.scaleFollows */
    with choice as (
      select number, ${luck(chosen, 1)} as luck
      from generate_series(${from}::bigint, ${to - 1}::bigint) number,
        generate_series(0, (${MAX_FOLLOWS}::int * ${luck(fragment`number`, 2)} ^ 2)::int) choice
    ), pair as (
      select distinct number,
        ${CREATOR_EVERY}::bigint * floor(${creatorCount(run.users)}::bigint * luck ^ ${SKEW}::int)::bigint as creator
      from choice
    ), made as (
      insert into follows (follower_id, following_id, followed_at, created_at)
      select ${personId(run, fragment`number`)}, ${personId(run, fragment`creator`)}, at, at
      from pair, lateral (
        select ${run.at}::timestamptz - ${POST_DAYS}::int * ${luck(fragment`number + creator`, 3)} * interval '1 day' as at
      ) time
      where number <> creator
      returning 1
    )
    select count(*)::int as made from made`
  return row?.made ?? 0
}

/** Lets some followers of a span's people open what subscribers see: two in three of those still. Answers how many. */
export async function insertScaleGrants(tx: Tx, run: Run, { from, to }: Span): Promise<number> {
  const [row] = await tx.sql<{ made: number }>`/* demo.scaleGrants */
    with made as (
      insert into entitlement_grants (user_id, creator_id, source, starts_at, ends_at, note, created_at)
      select follower_id, following_id, 'promotion', followed_at,
        case chance % 3 when 0 then followed_at + (${run.at}::timestamptz - followed_at) / 2 when 1 then followed_at + interval '2 years' end,
        'Made up for measurements.', followed_at
      from generate_series(${from}::bigint, ${to - 1}::bigint) number
      join follows on follower_id = ${personId(run, fragment`number`)},
        lateral (select abs(hashtext(following_id::text || number)) as chance) drawn
      where chance % 7 = 0
      returning 1
    )
    select count(*)::int as made from made`
  return row?.made ?? 0
}

/** One person in fifty blocks somebody, another one mutes somebody: never a creator, nor anybody they follow. */
export async function insertScaleBonds(tx: Tx, run: Run, { from, to }: Span): Promise<void> {
  await tx.sql`/* demo.scaleBlocks */
    insert into blocks (blocker_id, blocked_id, created_at)
    select ${personId(run, fragment`number`)}, ${personId(run, fragment`number + 7`)}, ${run.at}::timestamptz
    from generate_series(${from}::bigint, ${to - 1}::bigint) number
    where number % 50 = 1 and number + 7 < ${run.users}::bigint`
  await tx.sql`/* demo.scaleMutes */
    insert into mutes (muter_id, muted_id, created_at)
    select ${personId(run, fragment`number`)}, ${personId(run, fragment`number + 4`)}, ${run.at}::timestamptz
    from generate_series(${from}::bigint, ${to - 1}::bigint) number
    where number % 50 = 3 and number + 4 < ${run.users}::bigint`
}
