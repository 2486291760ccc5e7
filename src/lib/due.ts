import { log } from './log.js'

/** What is due, and what is to be done about each. */
export interface DueWork<Due> {
  /** The first so many that are due; those that have failed are among them. */
  readonly list: (limit: number) => Promise<readonly Due[]>
  readonly act: (due: Due) => Promise<void>
  /** What the log says of one that failed, and the error of all that did: `a post could not be destroyed`, `posts …`. */
  readonly failure: { readonly one: string; readonly many: string }
  /** The name under which the log gives its id. */
  readonly idName: string
}

const BATCH = 100

/**
 * Does what is due, one after the other. One that fails is logged and passed over: it keeps nothing behind it from its turn.
 * @throws Error when one failed, so that the job is tried again
 */
export async function doAllDue<Due extends { readonly id: string }>({
  list,
  act,
  failure,
  idName,
}: DueWork<Due>): Promise<void> {
  const failed = new Set<string>()
  const next = async (): Promise<Due[]> => (await list(BATCH + failed.size)).filter(({ id }) => !failed.has(id))
  for (let all = await next(); all.length > 0; all = await next())
    for (const due of all)
      try {
        await act(due)
      } catch (error) {
        log.error({ err: error, [idName]: due.id }, failure.one)
        failed.add(due.id)
      }
  if (failed.size > 0) throw new Error(`${String(failed.size)} ${failure.many}`)
}
