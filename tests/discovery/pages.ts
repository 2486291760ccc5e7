import { expect } from 'vitest'
import { checkedPage, toConnection } from '../../src/lib/page.js'
import type { KeyPart, PageRequest } from '../../src/lib/page.js'

/** How a list is read, as its resolver reads it. */
export interface Paged<Row> {
  readonly parts: readonly KeyPart[]
  readonly read: (page: PageRequest) => Promise<Row[]>
  readonly keyOf: (row: Row) => readonly string[]
}

/** Reads a whole list by pages of `size`, from its beginning or from its end; in the list's order either way. */
export async function readAll<Row>(
  { parts, read, keyOf }: Paged<Row>,
  size: number,
  isBackward = false,
  between?: () => Promise<void>,
): Promise<Row[]> {
  const pages: Row[][] = []
  let edge: string | null = null
  for (;;) {
    const args = isBackward ? { last: size, before: edge } : { first: size, after: edge }
    const page = checkedPage(args, 'test', parts)
    const { nodes, pageInfo } = toConnection(page, await read(page), keyOf)
    pages.push(nodes)
    const hasMore = isBackward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage
    if (!hasMore) break
    expect(nodes).toHaveLength(size)
    edge = isBackward ? pageInfo.startCursor : pageInfo.endCursor
    await between?.()
  }
  return (isBackward ? pages.reverse() : pages).flat()
}
