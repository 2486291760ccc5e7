import type { QueryResolvers, ResolversParentTypes } from '../generated/graphql.js'
import { MAX_PAGE_SIZE } from '../lib/page.js'
import { AppError } from '../lib/errors.js'
import { parseGlobalId } from '../lib/ids.js'
import type { Context } from './context.js'

type Found = ResolversParentTypes['Node']

/** Finds a row of one type by its UUID: null when there is none that this viewer may see. */
export type NodeFinder = (uuid: string, context: Context) => Promise<object | null>

/** How each type that implements `Node` is found; leaving one out does not compile. */
export type NodeFinders = Readonly<Record<Found['__typename'], NodeFinder>>

/** The resolvers of `node` and `nodes`: a wrong id, another's and one that is gone all look the same, null. */
export function nodeResolvers(finders: NodeFinders): Required<Pick<QueryResolvers, 'node' | 'nodes'>> {
  const find = async (id: string, context: Context): Promise<Found | null> => {
    const parsed = parseGlobalId(id)
    const finder =
      parsed && Object.hasOwn(finders, parsed.type) ? finders[parsed.type as Found['__typename']] : undefined
    const row = await finder?.(parsed?.uuid ?? '', context)
    // a copy: the row may be shared through a loader
    return row && parsed ? ({ ...row, __typename: parsed.type } as Found) : null
  }
  return {
    node: (_parent, { id }, context) => find(id, context),
    nodes: async (_parent, { ids }, context) => {
      if (ids.length > MAX_PAGE_SIZE)
        throw new AppError('INVALID', 'too_many_ids', `At most ${String(MAX_PAGE_SIZE)} ids.`)
      return Promise.all(ids.map((id) => find(id, context)))
    },
  }
}
