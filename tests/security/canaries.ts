import { getNamedType, GraphQLObjectType, isAbstractType, isLeafType, isNonNullType } from 'graphql'
import type { GraphQLField, GraphQLNamedType, GraphQLSchema } from 'graphql'

/** Arguments for fields that cannot be asked without, by `Type.field`; null for those that are asked at roots of their own. */
export type Arguments = Readonly<Record<string, string | null>>

/**
 * Everything that can be asked of a type, to a depth: every field with its arguments, lists by two, no type more than twice on
 * the way down. Fields of one name but different types under a union get another name.
 */
export function selectAll(schema: GraphQLSchema, named: GraphQLNamedType, depth: number, args: Arguments): string {
  const ofObject = (
    type: GraphQLObjectType,
    left: number,
    path: readonly string[],
    taken: Map<string, string>,
  ): string => {
    const fields = Object.values(type.getFields()).flatMap((field) => {
      const inner = getNamedType(field.type)
      const call = callOf(type, field, args)
      if (call === null) return []
      const below = isLeafType(inner) ? '' : ofComposite(inner, left - 1, [...path, type.name])
      if (below === null) return []
      const other = taken.get(field.name)
      taken.set(field.name, other ?? String(field.type))
      const alias = other !== undefined && other !== String(field.type) ? `${type.name}_${field.name}: ` : ''
      return [`${alias}${field.name}${call}${below}`]
    })
    return `{ __typename ${fields.join(' ')} }`
  }
  const ofComposite = (type: GraphQLNamedType, left: number, path: readonly string[]): string | null => {
    if (left < 0 || path.filter((name) => name === type.name).length >= 2) return null
    if (type instanceof GraphQLObjectType) return ` ${ofObject(type, left, path, new Map())}`
    if (!isAbstractType(type) || type.name === 'Node') return ' { __typename }'
    const taken = new Map<string, string>()
    const parts = schema
      .getPossibleTypes(type)
      .map((each) => `... on ${each.name} ${ofObject(each, left, path, taken)}`)
    return ` { __typename ${parts.join(' ')} }`
  }
  return ofComposite(named, depth, []) ?? ' { __typename }'
}

/** The arguments of a field, in brackets; null where it has required ones that nobody gave. */
function callOf(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, args: Arguments): string | null {
  const given = args[`${type.name}.${field.name}`]
  if (given === null) return null
  if (given !== undefined) return given === '' ? '' : `(${given})`
  if (field.args.some((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined)) return null
  return field.args.some(({ name }) => name === 'first') ? '(first: 2)' : ''
}
