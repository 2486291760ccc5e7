import { createHash } from 'node:crypto'
import type { Tx } from '../lib/db.js'

/** People of one run who are written at once: `from` up to but without `to`. */
export interface Slice {
  readonly run: string
  readonly from: number
  readonly to: number
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

/** One person in so many is a creator. */
const CREATOR_EVERY = 10
/** Nobody follows more. */
const MAX_FOLLOWS = 15
/** How much the favourites are preferred: the share of followers falls with this power of the rank. */
const SKEW = 3

/** The id of a run's person, as `demo.scaleFollows` computes it from the number. */
export function scaleId(run: string, number: number): string {
  const hex = createHash('md5')
    .update(`${run}:${String(number)}`)
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

export async function insertScaleUsers(
  tx: Tx,
  { from }: Slice,
  people: readonly ScaleUser[],
  indexVersion: number,
  now: Date,
): Promise<void> {
  await tx.sql`/* demo.scaleUsers */
    insert into users (
      id, username, display_name, email, email_index, email_index_version, email_key_id, email_verified_at, account_type,
      creator_since, currency, subscription_price, age_verified, age_verified_at, created_at, updated_at
    )
    select id, username, display_name, email, email_index, ${indexVersion}::int, email_key_id, joined_at,
      case when is_creator then 'creator' else 'fan' end::account_type,
      case when is_creator then joined_at end, case when is_creator then 'EUR' end,
      case when is_creator then 300 + number % 20 * 100 end,
      is_creator, case when is_creator then joined_at end, joined_at, joined_at
    from (
      select people.*, number % ${CREATOR_EVERY}::bigint = 0 as is_creator,
        ${now}::timestamptz - interval '30 days' - number % 34560000 * interval '1 second' as joined_at
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

/** Profiles, and the verifications that stand behind the creators' age; no statement reads another's rows. */
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
    insert into age_verifications (user_id, provider, status, method, is_of_age, created_at, decided_at)
    select id, 'sandbox', 'approved', 'estimate', true, age_verified_at, age_verified_at
    from unnest(${ids}::uuid[]) as new (id) join users using (id) where age_verified`
}

/**
 * Lets the people of a slice follow creators of the run, the first of whom have the most followers. Choices come from
 * hashes, so that they do not hang on the plan. Answers how many.
 */
export async function insertScaleFollows(tx: Tx, { run, from, to }: Slice, count: number, now: Date): Promise<number> {
  const [row] = await tx.sql<{ made: number }>`/* demo.scaleFollows */
    with choice as (
      select number, (hashint8extended(number * 32 + choice, 1) & 4294967295) / 4294967296.0::float8 as luck
      from generate_series(${from}::bigint, ${to - 1}::bigint) number,
        generate_series(0, (${MAX_FOLLOWS} * ((hashint8extended(number, 2) & 4294967295) / 4294967296.0::float8) ^ 2)::int) choice
    ), pair as (
      select distinct number, ${CREATOR_EVERY}::bigint * floor(${Math.ceil(count / CREATOR_EVERY)}::bigint * luck ^ ${SKEW})::bigint as creator
      from choice
    ), made as (
      insert into follows (follower_id, following_id, followed_at, created_at)
      select
        overlay(overlay(md5(${run} || ':' || number) placing '4' from 13) placing '8' from 17)::uuid,
        overlay(overlay(md5(${run} || ':' || creator) placing '4' from 13) placing '8' from 17)::uuid,
        at, at
      from pair, lateral (select ${now}::timestamptz - (hashint8extended(number + creator, 3) & 2591999) * interval '1 second' as at) time
      where number <> creator
      returning 1
    )
    select count(*)::int as made from made`
  return row?.made ?? 0
}
