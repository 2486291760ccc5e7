import DataLoader from 'dataloader'
import type { PageRequest } from './page.js'

/** A page of the list that something has. */
export interface PageOf {
  readonly ownerId: string
  readonly page: PageRequest
}

/** An entry of a list, and whose list it is. */
export interface Owned<Row> {
  readonly ownerId: string
  readonly row: Row
}

/** Pages of many lists, by what they belong to. */
export type PageLoader<Row> = DataLoader<PageOf, Row[], string>

/**
 * Reads the same page of many lists at once. `read` answers the rows of these owners: each owner's in the page's direction,
 * and one more than its limit where others follow.
 */
export const makePageLoader = <Row>(
  read: (ownerIds: readonly string[], page: PageRequest) => Promise<Owned<Row>[]>,
): PageLoader<Row> =>
  new DataLoader<PageOf, Row[], string>(
    async (keys) => {
      const found = new Map<string, Row[]>()
      for (const alike of groups(keys)) {
        const [{ page }] = alike
        for (const { ownerId } of alike) found.set(keyOf({ ownerId, page }), [])
        const ownerIds = alike.map(({ ownerId }) => ownerId)
        for (const { ownerId, row } of await read(ownerIds, page)) found.get(keyOf({ ownerId, page }))?.push(row)
      }
      return keys.map((key) => found.get(keyOf(key)) ?? [])
    },
    { cacheKeyFn: keyOf },
  )

const keyOf = ({ ownerId, page }: PageOf): string => `${ownerId} ${placeOf(page)}`

const placeOf = ({ limit, isBackward, cursor }: PageOf['page']): string =>
  `${isBackward ? 'last' : 'first'} ${String(limit)} ${cursor?.join(' ') ?? ''}`

/** The keys that one statement answers: of one size, direction and cursor. */
function groups(keys: readonly PageOf[]): Iterable<readonly [PageOf, ...PageOf[]]> {
  const byPlace = new Map<string, [PageOf, ...PageOf[]]>()
  for (const key of keys) {
    const group = byPlace.get(placeOf(key.page))
    if (group) group.push(key)
    else byPlace.set(placeOf(key.page), [key])
  }
  return byPlace.values()
}
