import { Kind, valueFromASTUntyped } from 'graphql'
import type { FieldNode, GraphQLResolveInfo, SelectionNode } from 'graphql'

/** What tells a resolver what was asked of its field. */
export type Selected = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'variableValues'>

/** By the nodes of a field, which are the same for every run of one plan. */
const known = new WeakMap<readonly FieldNode[], Map<string, readonly FieldNode[]>>()

/**
 * Whether a field below this one was asked for, under whichever alias, fragment or condition: `selects(info, 'nodes.body')`.
 * Tells a page what is worth loading; a field asked for under `@skip` may be loaded in vain.
 */
export const selects = (info: Selected, path: string): boolean => fieldsAt(info, path).length > 0

/** The arguments that a field below this one was given, each time that it was asked for; those that are absent are undefined. */
export const argumentsOf = (info: Selected, path: string): Readonly<Record<string, unknown>>[] =>
  fieldsAt(info, path).map((field) =>
    Object.fromEntries(
      (field.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value, info.variableValues)]),
    ),
  )

function fieldsAt({ fieldNodes, fragments }: Selected, path: string): readonly FieldNode[] {
  let answers = known.get(fieldNodes)
  if (!answers) known.set(fieldNodes, (answers = new Map<string, readonly FieldNode[]>()))
  let found = answers.get(path)
  if (!found) answers.set(path, (found = find(fieldNodes, path.split('.'), fragments)))
  return found
}

function find(
  nodes: readonly FieldNode[],
  [name, ...rest]: readonly string[],
  fragments: Selected['fragments'],
): readonly FieldNode[] {
  if (name === undefined) return nodes
  const below = nodes.flatMap(({ selectionSet }) => fieldsOf(selectionSet?.selections ?? [], fragments))
  return find(
    below.filter((field) => field.name.value === name),
    rest,
    fragments,
  )
}

const fieldsOf = (selections: readonly SelectionNode[], fragments: Selected['fragments']): FieldNode[] =>
  selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection]
    const within = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]
    return fieldsOf(within?.selectionSet.selections ?? [], fragments)
  })
