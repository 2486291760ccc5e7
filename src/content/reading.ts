import type DataLoader from 'dataloader'
import type { UserRow } from '../accounts/types.js'
import { selects } from '../lib/selection.js'
import type { Selected } from '../lib/selection.js'
import type { Viewer } from '../lib/viewer.js'
import { resolveAccess } from './access.js'
import type { Access, Opener } from './access.js'
import type { ContentLoaders } from './loaders.js'
import type { Reading, Wanted } from './queries.js'
import type { ContentRow } from './types.js'

/** Who asks, when, and with which loaders; the API's context is one. */
export interface ContentAsking {
  readonly viewer: Viewer | null
  readonly now: Date
  readonly config: { readonly ageGate: 'content' | 'platform' }
  readonly loaders: ContentLoaders & { readonly user: DataLoader<string, UserRow | null> }
}

/** For whom this request reads posts. A limited account sees what a stranger sees. */
export const readingOf = ({ viewer, now, config }: Pick<ContentAsking, 'viewer' | 'now' | 'config'>): Reading => ({
  viewerId: viewer && !viewer.isLimited ? viewer.userId : null,
  isAgeVerified: viewer !== null && !viewer.isLimited && viewer.isAgeVerified,
  isGated: config.ageGate === 'platform',
  now,
})

/** What this request's viewer may do with a post that was read for them. */
export const accessTo = (
  row: ContentRow,
  { viewer, now, config }: Pick<ContentAsking, 'viewer' | 'now' | 'config'>,
): Access => accessOf(row, viewer?.isLimited ? null : viewer, { isGated: config.ageGate === 'platform', now })

/** What somebody in good standing, or a stranger, may do with a post that was read for them. */
export const accessOf = (
  row: ContentRow,
  viewer: Opener | null,
  { isGated, now }: Pick<Reading, 'isGated' | 'now'>,
): Access =>
  resolveAccess(
    {
      content: row,
      author: {
        accountStatus: row.creator.accountStatus,
        suspendedUntil: row.creator.suspendedUntil,
        statusChangedAt: row.authorStatusChangedAt,
      },
      viewer,
      bonds: row.bonds,
      isGated,
    },
    now,
  )

/** A post that the viewer may know of, or null: what is hidden and what does not exist look the same. */
export async function findVisibleContent(id: string, asking: ContentAsking): Promise<ContentRow | null> {
  const row = await asking.loaders.content.load(id)
  return row && accessTo(row, asking).isVisible ? row : null
}

/** Lets the rest of the request find what a page read, where it read all of it. */
export function primed<Rows extends readonly ContentRow[]>(rows: Rows, { loaders }: ContentAsking): Rows {
  for (const row of rows) if (row.body !== undefined) loaders.content.prime(row.id, row)
  return rows
}

/** What a connection of posts was asked for beyond what every page loads. */
export const wantedOf = (info: Selected): Wanted => ({
  withBody: selectsOfNodes(info, 'body.text'),
  withTags: selectsOfNodes(info, 'tags'),
  withCategories: selectsOfNodes(info, 'categories'),
})

const selectsOfNodes = (info: Selected, path: string): boolean =>
  selects(info, `nodes.${path}`) || selects(info, `edges.node.${path}`)
