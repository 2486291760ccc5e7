import type { Db, Tx } from '../lib/db.js'

/** A file of a post, in its place. */
export interface ContentMediaRow {
  readonly contentId: string
  readonly mediaId: string
  /** Whether everybody may see it. */
  readonly isTeaser: boolean
}

/** The files of posts, each post's in their order. */
export const listContentMedia = (db: Db, contentIds: readonly string[]): Promise<ContentMediaRow[]> =>
  db.sql<ContentMediaRow>`/* content.media */
    select content_id::text as "contentId", media_id::text as "mediaId", is_teaser as "isTeaser"
    from content_media where content_id = any(${contentIds}::uuid[])
    order by content_id, position`

/** Puts these files in the place of a post's. */
export async function replaceContentMedia(
  tx: Tx,
  contentId: string,
  files: readonly Pick<ContentMediaRow, 'mediaId' | 'isTeaser'>[],
  now: Date,
): Promise<void> {
  await tx.contentMedia.deleteMany({ where: { contentId } })
  await tx.contentMedia.createMany({
    data: files.map(({ mediaId, isTeaser }, position) => ({ contentId, mediaId, position, isTeaser, createdAt: now })),
  })
}
