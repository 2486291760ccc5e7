import { firstComments } from '../comments/comments.js'
import type { FirstComments } from '../comments/comments.js'
import { contentColumns, primed, wantedOf } from '../content/content.js'
import type { ContentAsking, FlatContentRow, Reading, Wanted } from '../content/content.js'
import type { ContentRow } from '../content/types.js'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../lib/page.js'
import { argumentsOf } from '../lib/selection.js'
import type { Selected } from '../lib/selection.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'

/** What of posts a page brings along in its one statement. */
export interface WantedOfPosts extends Wanted {
  /** So many of the first comments of each, or none. */
  readonly comments: number | null
}

/** A post with the comments that were brought along. */
export interface PostRow extends ContentRow {
  readonly firstComments?: FirstComments
}

/** What a connection of posts was asked for. */
export const wantedOfPosts = (info: Selected): WantedOfPosts => ({ ...wantedOf(info), comments: commentsWanted(info) })

/** The longest first page of comments that was asked for; pages further on are read apart. */
function commentsWanted(info: Selected): number | null {
  const asked = [...argumentsOf(info, 'nodes.comments'), ...argumentsOf(info, 'edges.node.comments')]
  const sizes = asked
    .filter(({ after, last, before }) => !after && !last && !before)
    .map(({ first }) => (typeof first === 'number' ? first : DEFAULT_PAGE_SIZE))
    // what is out of range is refused where the comments are resolved
    .filter((size) => size >= 1 && size <= MAX_PAGE_SIZE)
  return sizes.length > 0 ? Math.max(...sizes) : null
}

/** The columns of a `PostRow`, of the post `c` of the author `u`. */
export const postColumns = (reading: Reading, { comments, ...wanted }: WantedOfPosts): Fragment =>
  comments === null
    ? contentColumns(reading, wanted)
    : fragment`${contentColumns(reading, wanted)}, ${firstComments(reading, comments)} as "firstComments"`

/** A row that `postColumns` answered; `toContentRow` makes a `PostRow` of it. */
export type FlatPostRow = FlatContentRow & { readonly firstComments?: FirstComments }

interface Asking extends ContentAsking {
  readonly loaders: ContentAsking['loaders'] & {
    readonly firstComments: Map<string, { readonly limit: number; readonly found: FirstComments }>
  }
}

/** Lets the rest of the request find what a page brought along. */
export function keep(rows: readonly PostRow[], { comments }: WantedOfPosts, asking: Asking): void {
  primed(rows, asking)
  if (comments === null) return
  for (const { id, firstComments: found } of rows)
    if (found !== undefined) asking.loaders.firstComments.set(id, { limit: comments, found })
}
