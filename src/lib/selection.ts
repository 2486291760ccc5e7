import { Kind } from 'graphql'
import type { FieldNode, GraphQLResolveInfo, SelectionNode } from 'graphql'

/** What tells a resolver what was asked of its field. */
export type Selected = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>

const known = new WeakMap<readonly FieldNode[], Map<string, boolean>>()

/**
 * Whether a field below this one was asked for, under whichever alias, fragment or condition: `selects(info, 'nodes.body')`.
 * Tells a page what is worth loading; a field asked for under `@skip` may be loaded in vain.
 */
export function selects({ fieldNodes, fragments }: Selected, path: string): boolean {
  const answers = known.get(fieldNodes) ?? new Map<string, boolean>()
  known.set(fieldNodes, answers)
  const answer = answers.get(path) ?? hasPath(fieldNodes, path.split('.'), fragments)
  answers.set(path, answer)
  return answer
}

function hasPath(
  nodes: readonly FieldNode[],
  [name, ...rest]: readonly string[],
  fragments: Selected['fragments'],
): boolean {
  if (name === undefined) return true
  const below = nodes.flatMap(({ selectionSet }) => fieldsOf(selectionSet?.selections ?? [], fragments))
  const named = below.filter((field) => field.name.value === name)
  return named.length > 0 && hasPath(named, rest, fragments)
}

const fieldsOf = (selections: readonly SelectionNode[], fragments: Selected['fragments']): FieldNode[] =>
  selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection]
    const within = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]
    return fieldsOf(within?.selectionSet.selections ?? [], fragments)
  })
