import type { Tx } from '../lib/db.js'
import type { DemoFile } from './files.js'
import type { DemoWorks } from './reactions.js'
import {
  toBlock,
  toComment,
  toCommentVersion,
  toContent,
  toContentFile,
  toEdit,
  toGrant,
  toSubjects,
  toTags,
} from './works-rows.js'

/** Writes what people publish, whom it opens to, and what came of it. What follows from rows is left to the database. */
export async function insertWorks(tx: Tx, works: DemoWorks): Promise<void> {
  await insertPosts(tx, works)
  await insertBonds(tx, works)
  await insertComments(tx, works)
  await insertLikes(tx, works)
  await insertSaves(tx, works)
}

async function insertPosts(tx: Tx, { posts }: DemoWorks): Promise<void> {
  await tx.sql`/* demo.content */
    insert into content (
      id, creator_id, type, title, teaser, body, language, visibility, is_premium, price_minor, currency,
      included_in_subscription, is_age_restricted, warnings, publish_at, scheduled_local_time, scheduled_time_zone,
      announced_at, unpublished_at, deleted_at, purge_after, pinned_at, created_at, updated_at
    )
    select
      id, creator_id, type, title, teaser, body, language, visibility, is_premium, price_minor, currency,
      included_in_subscription, is_age_restricted, warnings,
      coalesce(publish_at, scheduled_local_time::timestamp at time zone scheduled_time_zone), scheduled_local_time,
      scheduled_time_zone, announced_at, unpublished_at, deleted_at, purge_after, pinned_at, created_at, updated_at
    from jsonb_populate_recordset(null::content, ${{ json: posts.map(toContent) }}::jsonb)`
  const edited = posts.filter(({ editedAt }) => editedAt !== null)
  await tx.sql`/* demo.edits */
    update content set body = edit.body, edited_at = edit.edited_at, updated_at = edit.edited_at
    from jsonb_populate_recordset(null::content, ${{ json: edited.map(toEdit) }}::jsonb) edit
    where content.id = edit.id`
  const tags = { json: posts.flatMap(toTags) }
  await tx.sql`/* demo.tags */
    insert into tags (name)
    select distinct name::citext from jsonb_to_recordset(${tags}::jsonb) as new (name text)
    on conflict (name) do nothing`
  await tx.sql`/* demo.contentTags */
    insert into content_tags (content_id, tag_id, created_at)
    select new.content_id, tags.id, new.created_at
    from jsonb_to_recordset(${tags}::jsonb) as new (content_id uuid, name citext, created_at timestamptz)
    join tags on tags.name = new.name`
  await tx.sql`/* demo.contentCategories */
    insert into content_categories (content_id, category_id, created_at)
    select new.content_id, categories.id, new.created_at
    from jsonb_to_recordset(${{ json: posts.flatMap(toSubjects) }}::jsonb) as new (content_id uuid, slug text, created_at timestamptz)
    join categories using (slug)`
  await tx.sql`/* demo.creatorCategories */
    insert into creator_categories (user_id, category_id, created_at)
    select new.creator_id, categories.id, users.creator_since
    from jsonb_to_recordset(${{ json: subjectsOfCreators(posts) }}::jsonb) as new (creator_id uuid, slug text)
    join users on users.id = new.creator_id
    join categories using (slug)`
}

function subjectsOfCreators(posts: DemoWorks['posts']): { creator_id: string; slug: string }[] {
  const creators = new Map(posts.map(({ creator }) => [creator.id, creator.creator.studio.subjects]))
  return [...creators].flatMap(([id, slugs]) => slugs.map((slug) => ({ creator_id: id, slug })))
}

/** Puts files into the posts that they are made for. */
export async function insertContentFiles(tx: Tx, files: readonly DemoFile[]): Promise<void> {
  const rows = files.flatMap(({ id, place, createdAt }) => (place ? [toContentFile({ id, place, createdAt })] : []))
  await tx.sql`/* demo.contentMedia */
    insert into content_media (id, content_id, media_id, position, is_teaser, created_at)
    select id, content_id, media_id, position, is_teaser, created_at
    from jsonb_populate_recordset(null::content_media, ${{ json: rows }}::jsonb)`
}

async function insertBonds(tx: Tx, { grants, blocks }: DemoWorks): Promise<void> {
  await tx.sql`/* demo.grants */
    insert into entitlement_grants (
      id, user_id, creator_id, content_id, source, granted_by_id, note, starts_at, ends_at, revoked_at, revoked_reason, created_at
    )
    select
      id, user_id, creator_id, content_id, source, granted_by_id, note, starts_at, ends_at, revoked_at, revoked_reason, created_at
    from jsonb_populate_recordset(null::entitlement_grants, ${{ json: grants.map(toGrant) }}::jsonb)`
  await tx.sql`/* demo.blocks */
    insert into blocks (id, blocker_id, blocked_id, reason, created_at)
    select id, blocker_id, blocked_id, reason, created_at
    from jsonb_populate_recordset(null::blocks, ${{ json: blocks.map(toBlock) }}::jsonb)`
}

/** What is answered comes before its answers. */
async function insertComments(tx: Tx, { comments, settings }: DemoWorks): Promise<void> {
  await tx.sql`/* demo.comments */
    insert into comments (
      id, content_id, author_id, parent_id, root_id, depth, body, is_by_creator, edited_at, pinned_at, held_at, hidden_at,
      hidden_by_id, deleted_at, deleted_by_id, purge_after, withdrawn_at, created_at, updated_at
    )
    select
      id, content_id, author_id, parent_id, root_id, depth, body, is_by_creator, edited_at, pinned_at, held_at, hidden_at,
      hidden_by_id, deleted_at, deleted_by_id, purge_after, withdrawn_at, created_at, updated_at
    from jsonb_populate_recordset(null::comments, ${{ json: comments.map(toComment) }}::jsonb)
    order by depth, created_at`
  const edited = comments.filter(({ firstBody }) => firstBody !== null)
  await tx.sql`/* demo.commentVersions */
    insert into comment_versions (id, comment_id, body, valid_from, valid_to)
    select id, comment_id, body, valid_from, valid_to
    from jsonb_populate_recordset(null::comment_versions, ${{ json: edited.map(toCommentVersion) }}::jsonb)`
  await tx.commentSettings.createMany({
    data: settings.map((wishes) => ({ ...wishes, forbiddenWords: [...wishes.forbiddenWords] })),
  })
}

async function insertLikes(tx: Tx, { likes }: DemoWorks): Promise<void> {
  await tx.sql`/* demo.likes */
    insert into likes (id, user_id, content_id, comment_id, created_at, withdrawn_at)
    select id, user_id, content_id, comment_id, created_at, withdrawn_at
    from unnest(
      ${likes.map(({ id }) => id)}::uuid[],
      ${likes.map(({ userId }) => userId)}::uuid[],
      ${likes.map(({ contentId }) => contentId)}::uuid[],
      ${likes.map(({ commentId }) => commentId)}::uuid[],
      ${likes.map(({ createdAt }) => createdAt)}::timestamptz[],
      ${likes.map(({ withdrawnAt }) => withdrawnAt)}::timestamptz[]
    ) as new (id, user_id, content_id, comment_id, created_at, withdrawn_at)`
}

async function insertSaves(tx: Tx, { saves }: DemoWorks): Promise<void> {
  await tx.sql`/* demo.saves */
    insert into saved_content (id, user_id, content_id, created_at)
    select id, user_id, content_id, created_at
    from unnest(
      ${saves.map(({ id }) => id)}::uuid[],
      ${saves.map(({ userId }) => userId)}::uuid[],
      ${saves.map(({ contentId }) => contentId)}::uuid[],
      ${saves.map(({ createdAt }) => createdAt)}::timestamptz[]
    ) as new (id, user_id, content_id, created_at)`
}
