import type { Db, Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment, SqlPart } from '../lib/sql.js'
import { luck, personId, publishedAt, since, uuidOf } from './scale-queries.js'
import type { Run } from './scale-queries.js'
import { CREATOR_EVERY } from './scale-size.js'

/** The words that made-up posts are written with. */
export interface Wording {
  readonly openings: readonly string[]
  readonly subjects: readonly string[]
  readonly sentences: readonly string[]
  readonly remarks: readonly string[]
}

/** Posts by their numbers, each with the rank of its creator. */
export interface Numbered {
  readonly posts: readonly number[]
  readonly ranks: readonly number[]
}

/** Posts with how many rows are to hang on each. */
export interface Counted extends Numbered {
  readonly counts: readonly number[]
}

/** Comments come in blocks of so many: which of its block each answers, and which one is on top of its thread. */
const PARENTS = [-1, 0, 1, 0, 3, -1, -1, 6]
const ROOTS = [-1, 0, 0, 0, 0, -1, -1, 6]
const DEPTHS = [0, 1, 2, 1, 2, 0, 0, 1]
/** Under a post with more comments than this, those of the sixth place all answer its very first one. */
const LONG_THREAD_FROM = 100
const MAX_TAGS = 3
/** Likes of comments are spread over a post's first ones. */
const LIKED_COMMENTS = 8
/** What the walk over those who comment begins with. */
const AUTHORS = 63
/** Coprime with every number of people but its multiples: steps of it meet everybody once before anybody twice. */
const STRIDE = 15_485_863
const OTHER_STRIDE = 32_452_843

const postId = ({ name }: Run, number: SqlPart): Fragment => uuidOf(fragment`${name} || '/post:' || ${number}`)

const commentId = ({ name }: Run, post: SqlPart, number: SqlPart): Fragment =>
  uuidOf(fragment`${name} || '/comment:' || ${post} || ':' || ${number}`)

/**
 * The number of somebody else than a post's creator: the `step`-th that a walk over all the others comes to, which begins
 * somewhere for each post.
 */
const walker = ({ users }: Run, { post, rank, step }: Walk, salt: number): Fragment => {
  const others = Math.max(1, users - 1)
  const stride = [STRIDE, OTHER_STRIDE].find((prime) => others % prime !== 0) ?? 1
  const place = fragment`(floor(${luck(post, salt)} * ${others}::bigint)::bigint + ${step} * ${stride}::bigint) % ${others}::bigint`
  return fragment`((${CREATOR_EVERY}::bigint * ${rank} + 1 + ${place}) % ${users}::bigint)`
}

interface Walk {
  readonly post: SqlPart
  /** Of the post's creator. */
  readonly rank: SqlPart
  readonly step: SqlPart
}

const WALK: Walk = { post: fragment`number`, rank: fragment`rank`, step: fragment`step` }

/** One of a list, for no reason. */
const oneOf = (list: SqlPart, length: number, number: SqlPart, salt: number): Fragment =>
  fragment`(${list}::text[])[1 + floor(${luck(number, salt)} * ${length}::int)::int]`

const rowsOf = ({ posts, ranks, counts }: Counted): Fragment =>
  fragment`unnest(${posts}::bigint[], ${ranks}::bigint[], ${counts}::bigint[])`

/** Subjects that are not for adults alone. */
export async function listSubjects(db: Db): Promise<string[]> {
  const rows = await db.sql<{ id: string }>`/* demo.subjects */
    select id::text as id from categories where not is_adult and retired_at is null order by position, id`
  return rows.map(({ id }) => id)
}

/** Makes the tags that are not there yet; answers the ids of all, in their order. */
export async function makeTags(tx: Tx, names: readonly string[]): Promise<string[]> {
  await tx.sql`/* demo.scaleTags */
    insert into tags (name) select name from unnest(${names}::text[]) as new (name) on conflict (name) do nothing`
  const rows = await tx.sql<{ id: string }>`/* demo.scaleTagIds */
    select id::text as id from tags join unnest(${names}::text[]) with ordinality as wanted (word, place) on name = word::citext
    order by place`
  return rows.map(({ id }) => id)
}

/** Text and pictures, films and sound without files; one in ten is not for everybody. */
export async function insertScalePosts(
  tx: Tx,
  run: Run,
  { posts, ranks }: Numbered,
  { openings, subjects, sentences }: Wording,
): Promise<void> {
  const number = fragment`number`
  const sentence = (salt: number): Fragment => oneOf(sentences, sentences.length, number, salt)
  await tx.sql`/* demo.scalePosts */
    insert into content (
      id, creator_id, type, title, teaser, body, language, visibility, is_premium, price_minor, currency,
      included_in_subscription, is_age_restricted, publish_at, announced_at, created_at, updated_at
    )
    select ${postId(run, number)}, ${personId(run, fragment`${CREATOR_EVERY}::bigint * creator`)},
      (array['image', 'text', 'image', 'video', 'image', 'text', 'image', 'audio', 'text', 'image'])[1 + number / 10 % 10]::content_type,
      ${oneOf(openings, openings.length, number, 11)} || ' ' || ${oneOf(subjects, subjects.length, number, 12)},
      case when gate is not null then ${sentence(13)} end,
      concat_ws(' ', ${sentence(14)}, ${sentence(15)}, case when number % 3 > 0 then ${sentence(16)} end,
        case when number % 3 > 1 then ${sentence(17)} || ' ' || ${sentence(18)} || ' ' || ${sentence(19)} end),
      'en', case gate when 'subscribers' then gate when 'followers' then gate else 'public' end::content_visibility,
      coalesce(gate = 'sold', false), case when gate = 'sold' then 300 + number % 7 * 100 end, case when gate = 'sold' then 'EUR' end,
      coalesce(gate = 'sold' and number % 4 = 0, false), number % 97 = 5, at, at, at, at
    from (
      select number, creator, ${publishedAt(run, number)} as at, ${gate(number)} as gate
      from unnest(${posts}::bigint[], ${ranks}::bigint[]) as new (number, creator)
    ) post`
}

/** What closes a post: one in ten, four of ten of those to all but subscribers, three to all but followers, three are sold. */
const gate = (number: SqlPart): Fragment => fragment`
  case when ${number} % 10 = 7 then
    (array['subscribers', 'sold', 'followers', 'subscribers', 'sold', 'subscribers', 'followers', 'sold', 'subscribers', 'followers'])[1 + ${number} / 10 % 10]
  end`

/** Tags and a subject for each post, the first tags of the list oftener than the last. */
export async function insertScaleTags(
  tx: Tx,
  run: Run,
  { posts }: Pick<Numbered, 'posts'>,
  { tags, subjects }: { readonly tags: readonly string[]; readonly subjects: readonly string[] },
): Promise<void> {
  await tx.sql`/* demo.scaleContentTags */
    insert into content_tags (content_id, tag_id, created_at)
    select distinct ${postId(run, fragment`number`)},
      (${tags}::uuid[])[1 + floor(${tags.length}::int * ${luck(fragment`number * 8 + place`, 21)} ^ 2)::int],
      ${publishedAt(run, fragment`number`)}
    from unnest(${posts}::bigint[]) as post (number), generate_series(1, 1 + number % ${MAX_TAGS}::int) place`
  await tx.sql`/* demo.scaleContentCategories */
    insert into content_categories (content_id, category_id, created_at)
    select ${postId(run, fragment`number`)},
      (${subjects}::uuid[])[1 + floor(${subjects.length}::int * ${luck(fragment`number`, 22)})::int],
      ${publishedAt(run, fragment`number`)}
    from unnest(${posts}::bigint[]) as post (number)`
}

/** Likes of posts, each of people of its own. */
export async function insertScaleLikes(tx: Tx, run: Run, likes: Counted): Promise<void> {
  const published = publishedAt(run, fragment`number`)
  await tx.sql`/* demo.scaleLikes */
    insert into likes (user_id, content_id, created_at)
    select ${personId(run, walker(run, WALK, 31))}, ${postId(run, fragment`number`)},
      ${since(run, published, fragment`${luck(fragment`number * 1000 + step`, 32)} ^ 3`)}
    from ${rowsOf(likes)} as post (number, rank, most), generate_series(0, most - 1) step`
}

/** Posts kept for later, each by people of its own. */
export async function insertScaleSaves(tx: Tx, run: Run, saves: Counted): Promise<void> {
  const published = publishedAt(run, fragment`number`)
  await tx.sql`/* demo.scaleSaves */
    insert into saved_content (user_id, content_id, created_at)
    select ${personId(run, walker(run, WALK, 41))}, ${postId(run, fragment`number`)},
      ${since(run, published, fragment`${luck(fragment`number * 1000 + step`, 42)} ^ 3`)}
    from ${rowsOf(saves)} as post (number, rank, most), generate_series(0, most - 1) step`
}

/** Opens sold posts to some people, as if they had bought them. */
export async function insertScaleOpenings(tx: Tx, run: Run, { posts, ranks }: Numbered): Promise<void> {
  const published = publishedAt(run, fragment`number`)
  await tx.sql`/* demo.scaleOpenings */
    insert into entitlement_grants (user_id, creator_id, content_id, source, starts_at, note, created_at)
    select ${personId(run, fragment`person`)}, ${personId(run, fragment`creator`)}, ${postId(run, fragment`number`)}, 'promotion', at,
      'Made up for measurements.', at
    from (
      select number, ${CREATOR_EVERY}::bigint * rank as creator, ${walker(run, WALK, 51)} as person,
        ${since(run, published, luck(fragment`number * 8 + step`, 52))} as at
      from unnest(${posts}::bigint[], ${ranks}::bigint[]) as post (number, rank), generate_series(0, 2) step
      where ${gate(fragment`number`)} = 'sold'
    ) opening`
}

/** Comments in threads, one after the other; now and then the creator answers. What is answered comes before its answers. */
export async function insertScaleComments(tx: Tx, run: Run, comments: Counted, { remarks }: Wording): Promise<void> {
  const number = fragment`number`
  const inBlock = (base: SqlPart): Fragment => commentId(run, number, fragment`(step - step % 8 + ${base})`)
  await tx.sql`/* demo.scaleComments */
    insert into comments (id, content_id, author_id, parent_id, root_id, depth, body, is_by_creator, created_at, updated_at)
    select ${commentId(run, number, fragment`step`)}, ${postId(run, number)},
      ${personId(run, fragment`case when is_by_creator then ${CREATOR_EVERY}::bigint * rank else author end`)},
      case when is_in_long_thread then ${commentId(run, number, fragment`0`)} when parent >= 0 then ${inBlock(fragment`parent`)} end,
      case when is_in_long_thread then ${commentId(run, number, fragment`0`)} when parent >= 0 then ${inBlock(fragment`root`)} end,
      case when is_in_long_thread then 1 else depth end,
      ${oneOf(remarks, remarks.length, UNIQUE, 61)}, is_by_creator, at, at
    from (
      select number, rank, step, author,
        (${PARENTS}::int[])[1 + step % 8] as parent, (${ROOTS}::int[])[1 + step % 8] as root, (${DEPTHS}::int[])[1 + step % 8] as depth,
        most > ${LONG_THREAD_FROM}::int and step % 8 = 5 as is_in_long_thread,
        ${isAnswer(fragment`step`)} or author = ${CREATOR_EVERY}::bigint * rank as is_by_creator,
        ${since(run, publishedAt(run, number), fragment`((step + 1.0::float8) / (most + 1)) ^ 2`)} as at
      from (
        select number, rank, most, step, ${walker(run, WALK, AUTHORS)} as author
        from ${rowsOf(comments)} as post (number, rank, most), generate_series(0, most - 1) step
      ) said
    ) comment
    order by number, step`
}

const UNIQUE = fragment`number * 1000 + step`

/** Whether a comment is the creator's answer to the one above it. */
const isAnswer = (step: SqlPart): Fragment =>
  fragment`(${step} % 8 = 1 and ${luck(fragment`number * 1000 + ${step}`, 62)} < 0.4)`

/** Likes of the first comments of posts, of which there are `comments`. Answers how many: nobody likes their own. */
export async function insertScaleCommentLikes(
  tx: Tx,
  run: Run,
  { likes, comments }: { readonly likes: Counted; readonly comments: readonly number[] },
): Promise<number> {
  const [row] = await tx.sql<{ made: number }>`/* demo.scaleCommentLikes */
    with made as (
      insert into likes (user_id, comment_id, created_at)
      select ${personId(run, fragment`person`)}, ${commentId(run, fragment`number`, fragment`liked`)}, ${run.at}::timestamptz
      from (
        select number, liked, ${walker(run, WALK, 71)} as person,
          ${isAnswer(fragment`liked`)} as is_by_creator, ${walker(run, { ...WALK, step: fragment`liked` }, AUTHORS)} as author
        from unnest(${likes.posts}::bigint[], ${likes.ranks}::bigint[], ${likes.counts}::bigint[], ${comments}::bigint[])
            as post (number, rank, most, comments),
          generate_series(0, most - 1) step,
          lateral (select step % least(comments, ${LIKED_COMMENTS}::bigint) as liked) target
      ) deed
      where is_by_creator or person <> author
      returning 1
    )
    select count(*)::int as made from made`
  return row?.made ?? 0
}
