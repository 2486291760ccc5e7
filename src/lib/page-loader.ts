import DataLoader from 'dataloader'
import type { PageRequest } from './page.js'

/** A page of the list that something has; `filter` is whatever else decides what is in it. */
export interface PageOf<Filter = undefined> {
  readonly ownerId: string
  readonly page: PageRequest
  readonly filter?: Filter
}

/** An entry of a list, and whose list it is. */
export interface Owned<Row> {
  readonly ownerId: string
  readonly row: Row
}

/** Pages of many lists, by what they belong to. */
export type PageLoader<Row, Filter = undefined> = DataLoader<PageOf<Filter>, Row[], string>

/**
 * Reads the same page of many lists at once. `read` answers the rows of these owners: each owner's in the page's direction,
 * and one more than its limit where others follow.
 */
export const makePageLoader = <Row, Filter = undefined>(
  read: (ownerIds: readonly string[], page: PageRequest, filter: Filter) => Promise<Owned<Row>[]>,
): PageLoader<Row, Filter> =>
  new DataLoader<PageOf<Filter>, Row[], string>(
    async (keys) => {
      const found = new Map<string, Row[]>()
      for (const alike of groups(keys)) {
        const [{ page, filter }] = alike
        for (const key of alike) found.set(keyOf(key), [])
        const ownerIds = alike.map(({ ownerId }) => ownerId)
        for (const { ownerId, row } of await read(ownerIds, page, filter as Filter))
          found.get(keyOf({ ownerId, page, filter }))?.push(row)
      }
      return keys.map((key) => found.get(keyOf(key)) ?? [])
    },
    { cacheKeyFn: keyOf },
  )

const keyOf = (key: PageOf<unknown>): string => `${key.ownerId} ${placeOf(key)}`

const placeOf = ({ page: { limit, isBackward, cursor }, filter }: PageOf<unknown>): string =>
  `${isBackward ? 'last' : 'first'} ${String(limit)} ${cursor?.join(' ') ?? ''} ${filter ? JSON.stringify(filter) : ''}`

/** The keys that one statement answers: of one size, direction, cursor and filter. */
function groups<Filter>(keys: readonly PageOf<Filter>[]): Iterable<readonly [PageOf<Filter>, ...PageOf<Filter>[]]> {
  const byPlace = new Map<string, [PageOf<Filter>, ...PageOf<Filter>[]]>()
  for (const key of keys) {
    const group = byPlace.get(placeOf(key))
    if (group) group.push(key)
    else byPlace.set(placeOf(key), [key])
  }
  return byPlace.values()
}
