import type { Db } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import type { Owned } from '../lib/page-loader.js'
import { fragment } from '../lib/sql.js'
import type { CommentVersionRow } from './types.js'

const versionColumns = fragment`
  v.id::text as id, v.comment_id::text as "commentId", v.body as text, v.valid_from as "validFrom", v.valid_to as "validTo"`

/** Versions by id, in no order. */
export const listVersionsById = (db: Db, ids: readonly string[]): Promise<CommentVersionRow[]> =>
  db.sql<CommentVersionRow>`/* comments.versionsById */
    select ${versionColumns} from comment_versions v where v.id = any (${ids}::uuid[])`

/** A page of what each of these comments said before each edit, the newest first. */
export const listVersions = async (
  db: Db,
  commentIds: readonly string[],
  page: PageRequest,
): Promise<Owned<CommentVersionRow>[]> => {
  const rows = await db.sql<CommentVersionRow>`/* comments.versions */
    select page.*
    from unnest(${commentIds}::uuid[]) as said (id)
    cross join lateral (
      select ${versionColumns}
      from comment_versions v
      where v.comment_id = said.id and ${beyond(page, fragment`v.valid_from, v.id`, timeAndId)}
      order by ${inOrder(page, fragment`v.valid_from`, fragment`v.id`)}
      limit ${page.limit + 1}::int
    ) page`
  return rows.map((row) => ({ ownerId: row.commentId, row }))
}
