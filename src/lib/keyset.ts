import type { PageRequest } from './page.js'
import { fragment } from './sql.js'
import type { Fragment } from './sql.js'

/**
 * Whether a row lies beyond the cursor of a page, in the page's direction, in a list whose greatest key comes first. `key`
 * names the columns of the sort key, all falling; `parts` casts the cursor's parts to their types.
 */
export const beyond = (
  { cursor, isBackward }: PageRequest,
  key: Fragment,
  parts: (cursor: readonly string[]) => Fragment,
): Fragment => {
  if (!cursor) return fragment`true`
  return isBackward ? fragment`(${key}) > (${parts(cursor)})` : fragment`(${key}) < (${parts(cursor)})`
}

/** Columns of a sort key in the page's direction: falling, or rising for a page that is read backwards. */
export const inOrder = ({ isBackward }: PageRequest, one: Fragment, other: Fragment): Fragment =>
  isBackward ? fragment`${one} asc, ${other} asc` : fragment`${one} desc, ${other} desc`

/**
 * No page reads more rows. A limit that is a parameter is taken for a tenth of all rows when a statement is planned; this one
 * tells how few there are.
 */
export const pageBound = fragment`limit 101`

/** A cursor of an instant and an id. */
export const timeAndId = ([time = '', id = '']: readonly string[]): Fragment =>
  fragment`${time}::timestamptz, ${id}::uuid`
