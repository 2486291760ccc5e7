import assert from 'node:assert'
import {
  getArgumentValues,
  getDirectiveValues,
  GraphQLBoolean,
  GraphQLID,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  GraphQLString,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql'
import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLAbstractType,
  GraphQLField,
  GraphQLLeafType,
  GraphQLObjectType,
  GraphQLOutputType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionNode,
  SelectionSetNode,
  ValueNode,
} from 'graphql'
import { ClientError } from './errors.js'

/** Fields of one operation after fragments are spread and merged, over all possible types. */
export const MAX_PLANNED_FIELDS = 5_000

/** Coerced variables, defaults filled in. */
export type Variables = Readonly<Record<string, unknown>>

/**
 * What one operation asks for: fragments spread, equal response names merged, `@skip` and `@include` decided.
 * The limits measure it and the executor runs it, so what is measured is what runs.
 */
export interface OperationPlan {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  readonly root: ObjectPlan
  /** How many fields were planned. */
  readonly size: number
}

/** The fields asked of one object type. */
export interface ObjectPlan {
  readonly type: GraphQLObjectType
  readonly fields: readonly FieldPlan[]
}

/** One response name within one object type. */
export interface FieldPlan {
  readonly key: string
  readonly name: string
  readonly parentType: GraphQLObjectType
  readonly definition: GraphQLField<unknown, unknown>
  readonly nodes: readonly [FieldNode, ...FieldNode[]]
  readonly shape: Shape
  /** Coerced once where no variable is among them; null otherwise, and where there is an error to tell of. */
  readonly fixedArguments: Readonly<Record<string, unknown>> | null
  /** A column of the row, whose values of this `typeof` are in the answer as they are. */
  readonly asIs: 'string' | 'boolean' | null
}

/** How a resolved value becomes part of the answer. */
export type Shape = { readonly isRequired: boolean } & (
  | { readonly kind: 'leaf'; readonly type: GraphQLLeafType }
  | { readonly kind: 'list'; readonly item: Shape }
  | { readonly kind: 'object'; readonly plan: ObjectPlan }
  | {
      readonly kind: 'abstract'
      readonly type: GraphQLAbstractType
      readonly plans: ReadonlyMap<string, ObjectPlan>
    }
)

/** Names of the variables that `@skip` and `@include` of a document read: one plan holds for one setting of them. */
export function conditionVariables(document: DocumentNode): readonly string[] {
  const names = new Set<string>()
  visit(document, {
    Directive: (node) => {
      if (node.name.value !== 'skip' && node.name.value !== 'include') return
      for (const { value } of node.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names].sort()
}

/**
 * Plans a validated operation under coerced variables.
 * @throws ClientError GRAPHQL_VALIDATION_FAILED operation_too_large
 */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): OperationPlan {
  const planner = new Planner(schema, document, variables)
  const rootType = schema.getRootType(operation.operation)
  assert(rootType, 'validation knows the root types')
  const root = planner.planObject(rootType, [operation.selectionSet])
  return { schema, operation, fragments: planner.fragments, root, size: planner.size }
}

const AS_IS: ReadonlyMap<GraphQLLeafType, 'string' | 'boolean'> = new Map<GraphQLLeafType, 'string' | 'boolean'>([
  [GraphQLString, 'string'],
  [GraphQLID, 'string'],
  [GraphQLBoolean, 'boolean'],
])

class Planner {
  readonly fragments: Record<string, FragmentDefinitionNode> = Object.create(null) as Record<
    string,
    FragmentDefinitionNode
  >
  readonly #schema: GraphQLSchema
  readonly #variables: Variables
  size = 0

  constructor(schema: GraphQLSchema, document: DocumentNode, variables: Variables) {
    this.#schema = schema
    this.#variables = variables
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments[definition.name.value] = definition
  }

  planObject(type: GraphQLObjectType, selectionSets: readonly SelectionSetNode[]): ObjectPlan {
    const grouped = new Map<string, [FieldNode, ...FieldNode[]]>()
    const spread = new Set<string>()
    for (const { selections } of selectionSets) this.#collect(type, selections, grouped, spread)
    const fields: FieldPlan[] = []
    for (const [key, nodes] of grouped) fields.push(this.#planField(type, key, nodes))
    return { type, fields }
  }

  #planField(parentType: GraphQLObjectType, key: string, nodes: readonly [FieldNode, ...FieldNode[]]): FieldPlan {
    this.size += 1
    if (this.size > MAX_PLANNED_FIELDS) throw tooLarge('fields', MAX_PLANNED_FIELDS)
    const name = nodes[0].name.value
    const definition = fieldOf(this.#schema, parentType, name)
    assert(definition, 'validation knows the fields')
    const shape = this.#shape(definition.type, nodes)
    const asIs = shape.kind === 'leaf' && !definition.resolve ? (AS_IS.get(shape.type) ?? null) : null
    return {
      key,
      name,
      parentType,
      definition,
      nodes,
      shape,
      fixedArguments: fixedArguments(definition, nodes[0]),
      asIs,
    }
  }

  #shape(type: GraphQLOutputType, nodes: readonly FieldNode[]): Shape {
    const isRequired = isNonNullType(type)
    const inner = isNonNullType(type) ? type.ofType : type
    if (isListType(inner)) return { isRequired, kind: 'list', item: this.#shape(inner.ofType, nodes) }
    if (isLeafType(inner)) return { isRequired, kind: 'leaf', type: inner }
    const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    if (isObjectType(inner)) return { isRequired, kind: 'object', plan: this.planObject(inner, selectionSets) }
    const plans = new Map<string, ObjectPlan>()
    for (const possible of this.#schema.getPossibleTypes(inner))
      plans.set(possible.name, this.planObject(possible, selectionSets))
    return { isRequired, kind: 'abstract', type: inner, plans }
  }

  #collect(
    type: GraphQLObjectType,
    selections: readonly SelectionNode[],
    grouped: Map<string, [FieldNode, ...FieldNode[]]>,
    spread: Set<string>,
  ): void {
    for (const selection of selections) {
      if (!this.#isIncluded(selection)) continue
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        const nodes = grouped.get(key)
        if (nodes) nodes.push(selection)
        else grouped.set(key, [selection])
        continue
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#unspread(selection.name.value, spread)
      if (fragment && this.#applies(fragment.typeCondition?.name.value, type))
        this.#collect(type, fragment.selectionSet.selections, grouped, spread)
    }
  }

  #unspread(name: string, spread: Set<string>): FragmentDefinitionNode | undefined {
    if (spread.has(name)) return undefined
    spread.add(name)
    return this.fragments[name]
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true
    const named = this.#schema.getType(condition)
    return isAbstractType(named) && this.#schema.isSubType(named, type)
  }

  #isIncluded(node: SelectionNode): boolean {
    if (!node.directives?.length) return true
    if (getDirectiveValues(GraphQLSkipDirective, node, this.#variables)?.['if'] === true) return false
    return getDirectiveValues(GraphQLIncludeDirective, node, this.#variables)?.['if'] !== false
  }
}

function fixedArguments(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
): Readonly<Record<string, unknown>> | null {
  if (definition.args.length === 0 || (node.arguments ?? []).some(({ value }) => hasVariable(value))) return null
  try {
    return Object.freeze(getArgumentValues(definition, node))
  } catch {
    // it is told where the field is executed
    return null
  }
}

const hasVariable = (value: ValueNode): boolean => {
  if (value.kind === Kind.LIST) return value.values.some(hasVariable)
  if (value.kind === Kind.OBJECT) return value.fields.some((field) => hasVariable(field.value))
  return value.kind === Kind.VARIABLE
}

/** The error for an operation beyond one of the limits on its size. */
export const tooLarge = (limit: string, max: number): ClientError =>
  new ClientError('GRAPHQL_VALIDATION_FAILED', `The operation is too large: at most ${String(max)} ${limit}.`, {
    reason: 'operation_too_large',
    limit,
    max,
  })

function fieldOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === '__typename') return TypeNameMetaFieldDef
  if (type === schema.getQueryType()) {
    if (name === '__schema') return SchemaMetaFieldDef
    if (name === '__type') return TypeMetaFieldDef
  }
  return type.getFields()[name]
}
