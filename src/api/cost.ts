import {
  getNamedType,
  isCompositeType,
  isListType,
  isNonNullType,
  Kind,
  OperationTypeNode,
  valueFromAST,
} from 'graphql'
import type { FieldNode, GraphQLOutputType } from 'graphql'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../lib/page.js'
import { ClientError } from './errors.js'
import type { FieldPlan, ObjectPlan, OperationPlan, Shape, Variables } from './plan.js'

/** The objects that one operation may answer with at worst. */
export const MAX_COST = 2_000
/** A list of objects without page arguments holds at most so many entries. */
export const UNPAGED_LIST_SIZE = 10
/** What a mutation counts for beside the objects it answers with: it writes. */
const MUTATION_COST = 10
/** `__schema` and `__type`: their answers are large, but do not grow. */
const INTROSPECTION_COST = 500

/** A figure that is known, or follows from the variables. */
type Figure = number | ((variables: Variables) => number)

/** What an operation costs, made once per plan. */
export interface Cost {
  /** Objects at worst: one per object, times page size for those in lists. */
  readonly of: (variables: Variables) => number
  /** The page arguments out of range, and lists of ids that are too long. */
  readonly refusals: (variables: Variables) => readonly ClientError[]
}

/** By the field that is checked, so that one seen under several types is refused once. */
type Checks = Map<FieldNode, (variables: Variables) => ClientError | null>

/** Prepares the cost of `plan`; page sizes that are literals or defaults are worked out here, variables later. */
export function costOf(plan: OperationPlan): Cost {
  const checks: Checks = new Map()
  const base = plan.operation.operation === OperationTypeNode.MUTATION ? MUTATION_COST : 1
  const figure = sum(plan.root.fields.map((field) => sum([base, ofField(field, null, checks)])))
  return {
    of: typeof figure === 'number' ? () => figure : figure,
    refusals: (variables) =>
      [...checks.values()].map((check) => check(variables)).filter((refusal) => refusal !== null),
  }
}

/** `pageSize` is that of the connection the field belongs to: how long its `nodes` and `edges` are. */
function ofField(field: FieldPlan, pageSize: Figure | null, checks: Checks): Figure {
  if (field.name === '__schema' || field.name === '__type') return INTROSPECTION_COST
  if (!isCompositeType(getNamedType(field.definition.type))) return 0
  const ownSize = ownSizeOf(field, checks)
  if (!isList(field.definition.type)) return sum([1, ofShape(field.shape, ownSize, checks)])
  return product(ownSize ?? pageSize ?? UNPAGED_LIST_SIZE, sum([1, ofShape(field.shape, null, checks)]))
}

function ofShape(shape: Shape, pageSize: Figure | null, checks: Checks): Figure {
  if (shape.kind === 'list') return ofShape(shape.item, pageSize, checks)
  if (shape.kind === 'object') return ofObject(shape.plan, pageSize, checks)
  if (shape.kind === 'abstract')
    return greatest([...shape.plans.values()].map((plan) => ofObject(plan, pageSize, checks)))
  return 0
}

const ofObject = (plan: ObjectPlan, pageSize: Figure | null, checks: Checks): Figure =>
  sum(plan.fields.map((field) => ofField(field, pageSize, checks)))

/** What the field's own arguments say of how long its list is. */
function ownSizeOf(field: FieldPlan, checks: Checks): Figure | null {
  if (argumentOf(field, 'ids')) {
    checks.set(field.nodes[0], checkIds(field))
    return (variables) => lengthOf(valueOf(field, 'ids', variables))
  }
  if (!argumentOf(field, 'first') && !argumentOf(field, 'last')) return null
  checks.set(field.nodes[0], checkPage(field))
  return pageSizeOf(field)
}

function pageSizeOf(field: FieldPlan): Figure {
  const size = (variables: Variables): number => {
    const sizes = givenSizes(field, variables)
    return Math.max(0, sizes.length > 0 ? Math.max(...sizes) : DEFAULT_PAGE_SIZE)
  }
  return readsVariables(field, ['first', 'last']) ? size : size({})
}

const checkPage =
  (field: FieldPlan) =>
  (variables: Variables): ClientError | null =>
    givenSizes(field, variables).every((size) => size >= 1 && size <= MAX_PAGE_SIZE)
      ? null
      : new ClientError('BAD_USER_INPUT', `${field.key}: a page has 1 to ${String(MAX_PAGE_SIZE)} entries.`, {
          reason: 'page_size_out_of_range',
          limit: 'page size',
          max: MAX_PAGE_SIZE,
        })

const checkIds =
  (field: FieldPlan) =>
  (variables: Variables): ClientError | null =>
    lengthOf(valueOf(field, 'ids', variables)) <= MAX_PAGE_SIZE
      ? null
      : new ClientError('BAD_USER_INPUT', `${field.key}: at most ${String(MAX_PAGE_SIZE)} ids.`, {
          reason: 'too_many_ids',
          limit: 'ids',
          max: MAX_PAGE_SIZE,
        })

const givenSizes = (field: FieldPlan, variables: Variables): number[] =>
  ['first', 'last'].map((name) => valueOf(field, name, variables)).filter((size) => typeof size === 'number')

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0)

const argumentOf = (field: FieldPlan, name: string) => field.definition.args.find((argument) => argument.name === name)

/** The argument's value as the resolver will see it: given, from a variable, or the default. */
function valueOf(field: FieldPlan, name: string, variables: Variables): unknown {
  const definition = argumentOf(field, name)
  const node = field.nodes[0].arguments?.find((argument) => argument.name.value === name)
  if (!definition) return undefined
  if (!node) return definition.defaultValue
  if (node.value.kind === Kind.VARIABLE && !Object.hasOwn(variables, node.value.name.value))
    return definition.defaultValue
  return valueFromAST(node.value, definition.type, variables)
}

const readsVariables = (field: FieldPlan, names: readonly string[]): boolean =>
  (field.nodes[0].arguments ?? []).some(({ name, value }) => names.includes(name.value) && value.kind === Kind.VARIABLE)

const isList = (type: GraphQLOutputType): boolean => isListType(isNonNullType(type) ? type.ofType : type)

const sum = (figures: readonly Figure[]): Figure => combine(figures, (values) => values.reduce((a, b) => a + b, 0))
const greatest = (figures: readonly Figure[]): Figure => combine(figures, (values) => Math.max(0, ...values))
const product = (size: Figure, each: Figure): Figure =>
  combine([size, each], (values) => values.reduce((a, b) => a * b, 1))

function combine(figures: readonly Figure[], fold: (values: readonly number[]) => number): Figure {
  const known = figures.filter((figure) => typeof figure === 'number')
  if (known.length === figures.length) return fold(known)
  return (variables) => fold(figures.map((figure) => (typeof figure === 'number' ? figure : figure(variables))))
}
