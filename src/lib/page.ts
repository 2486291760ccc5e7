import { createHash } from 'node:crypto'
import { AppError } from './errors.js'
import { isUuid } from './ids.js'

export const DEFAULT_PAGE_SIZE = 20
export const MAX_PAGE_SIZE = 100

/** The arguments of a connection, as clients send them. */
export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** A page to read: `limit` rows beyond `cursor` in one direction; read one row more to know whether others follow. */
export interface PageRequest {
  readonly limit: number
  readonly isBackward: boolean
  /** The sort key of the row at the edge, as `keyOf` gave it; null for the first page. */
  readonly cursor: readonly string[] | null
  readonly filterHash: string
}

/** A Relay connection: what `nodes`, `edges` and `pageInfo` answer. */
export interface Connection<Node> {
  readonly nodes: Node[]
  readonly edges: { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** `Date` takes the 30th of February for the 2nd of March; the database takes neither it nor the year 0. */
function isInstant(text: string): boolean {
  const time = new Date(text)
  return !Number.isNaN(time.getTime()) && time.toISOString() === text && !/^[+-]|^0000/.test(text)
}

const MAX_KEY_LENGTH = 200

/** What a part of a sort key looks like as text; whatever looks otherwise is no cursor of ours. */
const KEY_PARTS = {
  time: isInstant,
  uuid: isUuid,
  number: (text: string): boolean => /^\d{1,18}$/.test(text),
  // a half of a surrogate pair becomes another character on its way to the database, which has no NUL
  text: (text: string): boolean =>
    text.length <= MAX_KEY_LENGTH && !text.includes('\0') && Buffer.from(text).toString() === text,
} as const

/** The kind of one part of a sort key: an instant in ISO 8601, a UUID, a whole number, or a short text. */
export type KeyPart = keyof typeof KEY_PARTS

/**
 * Checks a connection's arguments. `filter` is whatever else decides what is in the list: a cursor holds for the filter
 * it was made for. `parts` are those of the sort key.
 * @throws INVALID page_size_out_of_range, page_both_directions, invalid_cursor, cursor_of_another_list
 */
export function checkedPage(args: PageArgs, filter: unknown, parts: readonly KeyPart[]): PageRequest {
  const isBackward = args.last !== null && args.last !== undefined
  const hasFirst = args.first !== null && args.first !== undefined
  if (isBackward && (hasFirst || args.after))
    throw refused('page_both_directions', 'Use first/after or last/before, not both.')
  if (!isBackward && args.before) throw refused('page_both_directions', 'Use before together with last.')
  const limit = (isBackward ? args.last : args.first) ?? DEFAULT_PAGE_SIZE
  if (limit < 1 || limit > MAX_PAGE_SIZE)
    throw refused('page_size_out_of_range', `A page has 1 to ${String(MAX_PAGE_SIZE)} entries.`)
  const text = isBackward ? args.before : args.after
  let hash: string | undefined
  const page = {
    limit,
    isBackward,
    // whoever neither brings nor takes a cursor does not pay for it
    get filterHash() {
      return (hash ??= hashOf(filter))
    },
  }
  return Object.assign(page, { cursor: isGiven(text) ? parseCursor(text, page.filterHash, parts) : null })
}

/**
 * Makes the connection of `rows`, read in the page's direction and with one row more than its limit when others follow.
 * `keyOf` gives a row's whole sort key. Where reading stopped before the page was full, `stoppedAt` says at which key: others
 * may follow that.
 */
export function toConnection<Row>(
  page: PageRequest,
  rows: readonly Row[],
  keyOf: (row: Row) => readonly string[],
  stoppedAt: readonly string[] | null = null,
): Connection<Row> {
  const hasMore = rows.length > page.limit || stoppedAt !== null
  const nodes = rows.slice(0, page.limit)
  if (page.isBackward) nodes.reverse()
  const cameFromCursor = page.cursor !== null
  const cursorOf = (row: Row): string => writeCursor(keyOf(row), page.filterHash)
  const cursorAt = (place: number): string | null => {
    const isWhereItStopped = place === (page.isBackward ? 0 : -1)
    if (stoppedAt && isWhereItStopped) return writeCursor(stoppedAt, page.filterHash)
    const row = nodes.at(place)
    return row === undefined ? null : cursorOf(row)
  }
  // whoever asks for nodes does not pay for a cursor of each
  return {
    nodes,
    get edges() {
      return nodes.map((node) => ({ cursor: cursorOf(node), node }))
    },
    pageInfo: {
      hasNextPage: page.isBackward ? cameFromCursor : hasMore,
      hasPreviousPage: page.isBackward ? hasMore : cameFromCursor,
      get startCursor() {
        return cursorAt(0)
      },
      get endCursor() {
        return cursorAt(-1)
      },
    },
  }
}

const refused = (
  reason: 'page_both_directions' | 'page_size_out_of_range' | 'invalid_cursor' | 'cursor_of_another_list',
  message: string,
) => new AppError('INVALID', reason, message)

const hashOf = (filter: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([filter]))
    .digest('base64url')
    .slice(0, 8)

const writeCursor = (key: readonly string[], filterHash: string): string =>
  Buffer.from(JSON.stringify([filterHash, ...key])).toString('base64url')

const isGiven = (text: string | null | undefined): text is string => text !== null && text !== undefined

function parseCursor(text: string, filterHash: string, parts: readonly KeyPart[]): readonly string[] {
  const [hash, ...key] =
    (text.length <= 1_000 ? jsonArray(Buffer.from(text, 'base64url').toString('utf8')) : null) ?? []
  if (hash === undefined || key.length === 0) throw refused('invalid_cursor', 'This cursor is not one of ours.')
  if (hash !== filterHash) throw refused('cursor_of_another_list', 'This cursor belongs to a list with another filter.')
  const isOurs = key.length === parts.length && parts.every((part, index) => KEY_PARTS[part](key[index] ?? ''))
  if (!isOurs) throw refused('invalid_cursor', 'This cursor is not one of ours.')
  return key
}

function jsonArray(text: string): string[] | null {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : null
  } catch {
    // a cursor that is not JSON is somebody's typo or forgery: the caller refuses it
    return null
  }
}
