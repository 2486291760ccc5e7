import DataLoader from 'dataloader'

/** Rows by a key, each read once in a request; null where there is none. */
export type RowLoader<Row> = DataLoader<string, Row | null>

/** Reads the rows of many keys at once: `read` answers them in no order, and leaves out what there is not. */
export const makeRowLoader = <Row>(
  read: (keys: readonly string[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): RowLoader<Row> =>
  new DataLoader<string, Row | null>(async (keys) => {
    const found = new Map((await read(keys)).map((row) => [keyOf(row), row]))
    return keys.map((key) => found.get(key) ?? null)
  })

/** As `makeRowLoader`, for rows that are found by their ids. */
export const makeIdLoader = <Row extends { readonly id: string }>(
  read: (ids: readonly string[]) => Promise<readonly Row[]>,
): RowLoader<Row> => makeRowLoader(read, ({ id }) => id)

/** As `makeIdLoader`, for rows that only their owner finds: a stranger finds none. */
export const makeOwnLoader = <Row extends { readonly id: string }>(
  ownerId: string | null,
  read: (ownerId: string, ids: readonly string[]) => Promise<readonly Row[]>,
): RowLoader<Row> => makeIdLoader((ids) => (ownerId === null ? Promise.resolve([]) : read(ownerId, ids)))
