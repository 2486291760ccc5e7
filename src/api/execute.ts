import { getArgumentValues, GraphQLError, locatedError, OperationTypeNode } from 'graphql'
import type { FieldNode, GraphQLFieldResolver, GraphQLLeafType, GraphQLResolveInfo } from 'graphql'
import type { Deadline } from './deadline.js'
import { ClientError } from './errors.js'
import type { FieldPlan, ObjectPlan, OperationPlan, Shape, Variables } from './plan.js'

/** What an execution starts from. */
export interface Execution {
  readonly plan: OperationPlan
  readonly variables: Variables
  readonly context: unknown
  readonly root?: unknown
  /** The context of each mutation after the first: what the one before did to who asks counts. */
  readonly nextContext?: (() => Promise<unknown>) | undefined
  /** Once it is over no mutation and no resolver begins any more. */
  readonly deadline?: Deadline
}

/** Data and errors; the errors are located, and not yet fit for clients. */
export interface Outcome {
  readonly data: Record<string, unknown> | null
  readonly errors: readonly GraphQLError[]
}

type Possibly<T> = T | Promise<T>
type Source = Record<string, unknown>

/** Where in the answer a value stands; graphql's own `Path`, so that resolvers see what they expect. */
interface Path {
  readonly prev: Path | undefined
  readonly key: string | number
  readonly typename: string | undefined
}

interface Run extends Execution {
  readonly errors: GraphQLError[]
}

/**
 * Executes a plan as the GraphQL specification says (§6): mutations one after another, an error in a non-null field
 * nulls the nearest nullable parent. Synchronous where every resolver is.
 */
export async function execute(execution: Execution): Promise<Outcome> {
  const run: Run = { ...execution, errors: [] }
  const { root: plan, operation } = run.plan
  try {
    const data =
      operation.operation === OperationTypeNode.MUTATION
        ? executeInTurn(run, plan)
        : executeFields(run, plan, run.root, undefined)
    return { data: await data, errors: run.errors }
  } catch (error) {
    return { data: null, errors: [...run.errors, asGraphQLError(error)] }
  }
}

/**
 * Calls a subscription field's `subscribe`.
 * @throws GraphQLError located at the field, when it refuses or fails
 */
export async function subscribeToSource(execution: Execution): Promise<AsyncIterable<unknown>> {
  const run: Run = { ...execution, errors: [] }
  const [field] = run.plan.root.fields
  if (!field?.definition.subscribe) throw new Error('the field has no source')
  try {
    const args = argumentsOf(run, field)
    const info = new Info(run, field, undefined)
    const source: unknown = await field.definition.subscribe(run.root, args, run.context, info)
    if (!isAsyncIterable(source)) throw new Error(`${field.name} did not return an async iterable`)
    return source
  } catch (error) {
    throw locatedError(error, field.nodes, [field.key])
  }
}

/** The arguments of the first root field. @throws ClientError BAD_USER_INPUT where a variable is absent that is wanted */
export function rootArguments(plan: OperationPlan, variables: Variables): Readonly<Record<string, unknown>> {
  const [field] = plan.root.fields
  return field ? argumentsOf({ plan, variables, context: null, errors: [] }, field) : NO_ARGUMENTS
}

async function executeInTurn(run: Run, plan: ObjectPlan): Promise<Source> {
  const result: Source = {}
  let isFirst = true
  for (const field of plan.fields) {
    if (run.deadline?.isOver) throw new Error('time is up before every mutation ran')
    const turn = isFirst ? run : await nextTurn(run)
    isFirst = false
    result[field.key] = await executeField(turn, field, run.root, undefined)
  }
  return result
}

const nextTurn = async (run: Run): Promise<Run> =>
  run.nextContext ? { ...run, context: await run.nextContext() } : run

function executeFields(run: Run, plan: ObjectPlan, source: unknown, path: Path | undefined): Possibly<Source> {
  const result: Source = {}
  let pending: Promise<void>[] | undefined
  try {
    for (const field of plan.fields) {
      const { key, asIs } = field
      if (asIs !== null) {
        const column = (source as Source | undefined)?.[field.name]
        if (typeof column === asIs) {
          result[key] = column
          continue
        }
      }
      const value = executeField(run, field, source, path)
      // set at once, so that keys keep the order of the document
      result[key] = value
      if (isPromise(value))
        (pending ??= []).push(
          value.then((settled) => {
            result[key] = settled
          }),
        )
    }
  } catch (error) {
    if (!pending) throw error
    return Promise.allSettled(pending).then(() => {
      throw error
    })
  }
  return pending ? Promise.all(pending).then(() => result) : result
}

/** A path is made for what has fields of its own, and for an error: most fields have neither. */
function executeField(run: Run, field: FieldPlan, source: unknown, parent: Path | undefined): unknown {
  const { shape, key } = field
  try {
    const resolved = resolve(run, field, source, parent)
    const completed = isPromise(resolved)
      ? resolved.then((value) => complete(run, field, shape, value, parent, key))
      : complete(run, field, shape, resolved, parent, key)
    return isPromise(completed)
      ? completed.catch((error: unknown) => nullFor(run, field, shape, error, parent, key))
      : completed
  } catch (error) {
    return nullFor(run, field, shape, error, parent, key)
  }
}

function resolve(run: Run, field: FieldPlan, source: unknown, parent: Path | undefined): unknown {
  const resolver: GraphQLFieldResolver<unknown, unknown> | undefined = field.definition.resolve
  if (resolver && run.deadline?.isOver) throw new Error('time is up before every field was resolved')
  if (resolver) return resolver(source, argumentsOf(run, field), run.context, new Info(run, field, parent))
  const property = (source as Source | null | undefined)?.[field.name]
  if (typeof property !== 'function') return property
  return (source as Record<string, (...all: unknown[]) => unknown>)[field.name]?.(
    argumentsOf(run, field),
    run.context,
    new Info(run, field, parent),
  )
}

const NO_ARGUMENTS: Readonly<Record<string, unknown>> = Object.freeze({})

function argumentsOf(run: Run, field: FieldPlan): Record<string, unknown> {
  if (field.definition.args.length === 0) return NO_ARGUMENTS
  if (field.fixedArguments) return field.fixedArguments
  try {
    return getArgumentValues(field.definition, field.nodes[0], run.variables)
  } catch (error) {
    // a variable that is null, or absent, where the argument wants a value
    if (error instanceof GraphQLError)
      throw new ClientError('BAD_USER_INPUT', error.message, { reason: 'invalid_input' })
    throw error
  }
}

/** What graphql tells a resolver; made for every call, so what hardly any of them reads is worked out when it is read. */
class Info implements GraphQLResolveInfo {
  readonly #run: Run
  readonly #field: FieldPlan
  readonly #parent: Path | undefined

  constructor(run: Run, field: FieldPlan, parent: Path | undefined) {
    this.#run = run
    this.#field = field
    this.#parent = parent
  }

  get fieldName(): string {
    return this.#field.name
  }
  get fieldNodes(): readonly FieldNode[] {
    return this.#field.nodes
  }
  get returnType(): GraphQLResolveInfo['returnType'] {
    return this.#field.definition.type
  }
  get parentType(): GraphQLResolveInfo['parentType'] {
    return this.#field.parentType
  }
  get path(): Path {
    return pathOf(this.#field, this.#parent, this.#field.key)
  }
  get schema(): GraphQLResolveInfo['schema'] {
    return this.#run.plan.schema
  }
  get fragments(): GraphQLResolveInfo['fragments'] {
    return this.#run.plan.fragments
  }
  get rootValue(): unknown {
    return this.#run.root
  }
  get operation(): GraphQLResolveInfo['operation'] {
    return this.#run.plan.operation
  }
  get variableValues(): GraphQLResolveInfo['variableValues'] {
    return this.#run.variables
  }
}

/** Where a field, or an entry of its list, stands. */
const pathOf = (field: FieldPlan, prev: Path | undefined, key: string | number): Path => ({
  prev,
  key,
  typename: typeof key === 'string' ? field.parentType.name : undefined,
})

/** The value as the answer has it. @throws when it is null, or cannot be completed, where the schema wants one */
function complete(
  run: Run,
  field: FieldPlan,
  shape: Shape,
  value: unknown,
  parent: Path | undefined,
  key: string | number,
): unknown {
  if (value instanceof Error) throw value
  if (value === null || value === undefined) {
    if (shape.isRequired) throw missing(field)
    return null
  }
  switch (shape.kind) {
    case 'leaf':
      return serialize(shape.type, value)
    case 'list':
      return completeList(run, field, shape.item, value, pathOf(field, parent, key))
    case 'object':
      return executeFields(run, shape.plan, value, pathOf(field, parent, key))
    case 'abstract': {
      const path = pathOf(field, parent, key)
      const named = shape.type.resolveType
        ? shape.type.resolveType(value, run.context, new Info(run, field, parent), shape.type)
        : (value as { __typename?: string }).__typename
      return isPromise(named)
        ? named.then((name) => executeFields(run, planOf(shape, name), value, path))
        : executeFields(run, planOf(shape, named), value, path)
    }
  }
}

function planOf(shape: Shape & { kind: 'abstract' }, name: unknown): ObjectPlan {
  const plan = typeof name === 'string' ? shape.plans.get(name) : undefined
  if (!plan) throw new Error(`a ${shape.type.name} resolved to ${String(name)}, which is none of its types`)
  return plan
}

function completeList(run: Run, field: FieldPlan, shape: Shape, value: unknown, path: Path): Possibly<unknown[]> {
  if (!Array.isArray(value)) throw new Error(`${field.parentType.name}.${field.name} wants a list`)
  const items: unknown[] = []
  let isPending = false
  try {
    for (const [index, item] of value.entries()) {
      const completed = completeItem(run, field, shape, item, path, index)
      isPending ||= isPromise(completed)
      items.push(completed)
    }
  } catch (error) {
    if (!isPending) throw error
    return Promise.allSettled(items).then(() => {
      throw error
    })
  }
  return isPending ? Promise.all(items) : items
}

function completeItem(run: Run, field: FieldPlan, shape: Shape, item: unknown, list: Path, index: number): unknown {
  try {
    const completed = isPromise(item)
      ? item.then((value) => complete(run, field, shape, value, list, index))
      : complete(run, field, shape, item, list, index)
    return isPromise(completed)
      ? completed.catch((error: unknown) => nullFor(run, field, shape, error, list, index))
      : completed
  } catch (error) {
    return nullFor(run, field, shape, error, list, index)
  }
}

function serialize(type: GraphQLLeafType, value: unknown): unknown {
  const serialized = type.serialize(value)
  if (serialized === null || serialized === undefined) throw new Error(`${type.name} cannot express the value`)
  return serialized
}

const missing = (field: FieldPlan): Error =>
  new Error(`Cannot return null for non-nullable field ${field.parentType.name}.${field.name}.`)

/** Null, with the error written down, where null is allowed. @throws the located error where it is not */
function nullFor(
  run: Run,
  field: FieldPlan,
  shape: Shape,
  error: unknown,
  parent: Path | undefined,
  key: string | number,
): null {
  const located = locatedError(error, field.nodes, pathToArray(pathOf(field, parent, key)))
  if (shape.isRequired) throw located
  run.errors.push(located)
  return null
}

function pathToArray(path: Path): (string | number)[] {
  const keys: (string | number)[] = []
  for (let step: Path | undefined = path; step; step = step.prev) keys.push(step.key)
  return keys.reverse()
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : locatedError(error, undefined)

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value
