import fc from 'fast-check'
import { execute as reference, isCompositeType, isObjectType, Kind, parse, getNamedType, validate } from 'graphql'
import type { GraphQLObjectType, GraphQLOutputType, OperationDefinitionNode } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { costOf, MAX_COST } from '../../src/api/cost.js'
import { execute } from '../../src/api/execute.js'
import { planOperation } from '../../src/api/plan.js'
import { connect, laboratorySchema, openLaboratory, resolved, sources } from './laboratory.js'
import type { Laboratory } from './laboratory.js'

const schema = laboratorySchema()
const SKIPPED = new Set([
  'crash',
  'crashRequired',
  'databaseIsDown',
  'brokenRule',
  'denied',
  'owned',
  'signedIn',
  'staffOnly',
  'secret',
  'echo',
  'node',
])

/** A page size as a literal, a variable, a default of a variable, or left to the schema's default. */
interface Page {
  readonly argument: 'first' | 'last'
  readonly size: number
  readonly way: 'literal' | 'variable' | 'default' | 'absent'
}
interface Choice {
  readonly picks: readonly number[]
  readonly page: Page
  readonly isAliased: boolean
  readonly inFragment: boolean
  readonly isSkipped: boolean
}

const choices: fc.Arbitrary<Choice[]> = fc.array(
  fc.record({
    picks: fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }),
    page: fc.record({
      argument: fc.constantFrom('first', 'last'),
      size: fc.integer({ min: 1, max: 4 }),
      way: fc.constantFrom('literal', 'variable', 'default', 'absent'),
    }),
    isAliased: fc.boolean(),
    inFragment: fc.boolean(),
    isSkipped: fc.boolean(),
  }),
  { minLength: 12, maxLength: 40 },
)

interface Written {
  readonly source: string
  readonly variables: Record<string, unknown>
}

/** Writes a valid operation from a row of choices; deep enough to multiply, small enough to run. */
function write(row: readonly Choice[]): Written {
  const definitions = new Map<string, string>()
  const variables: Record<string, unknown> = { yes: true, no: false }
  const fragments: string[] = []
  let at = 0
  const nextChoice = (): Choice | undefined => row[at++]

  const pageOf = ({ argument, size, way }: Page): string => {
    const other = argument === 'last' ? 'first: null, ' : ''
    if (way === 'absent') return ''
    if (way === 'literal') return `(${other}${argument}: ${String(size)})`
    const name = `v${String(at)}`
    definitions.set(name, way === 'default' ? `$${name}: Int = ${String(size)}` : `$${name}: Int`)
    if (way === 'variable') variables[name] = size
    return `(${other}${argument}: $${name})`
  }

  const selection = (type: GraphQLOutputType, depth: number): string => {
    const named = getNamedType(type)
    if (!isCompositeType(named)) return ''
    if (!isObjectType(named)) {
      const parts = schema
        .getPossibleTypes(named)
        .map((possible) => `... on ${possible.name} ${fieldsOf(possible, depth)}`)
      return ` { __typename ${parts.join(' ')} }`
    }
    return ` ${fieldsOf(named, depth)}`
  }

  const fieldsOf = (type: GraphQLObjectType, depth: number): string => {
    const choice = nextChoice()
    const fields = Object.values(type.getFields()).filter(
      (field) => !SKIPPED.has(field.name) && (depth < 5 || !isCompositeType(getNamedType(field.type))),
    )
    if (!choice || fields.length === 0) return '{ __typename }'
    const written = choice.picks.map((pick, index) => {
      const field = fields[pick % fields.length]
      if (!field) return '__typename'
      const isPaged = field.args.some(({ name }) => name === 'first')
      const page = isPaged
        ? pageOf(choice.page)
        : field.name === 'nodes' && field.args.length > 0
          ? '(ids: ["pet-1", "x", "y"])'
          : ''
      const alias = choice.isAliased || isPaged || page !== '' ? `x${String(at)}_${String(index)}: ` : ''
      const condition = choice.isSkipped && index > 0 ? ' @include(if: $no)' : ''
      return `${alias}${field.name}${page}${condition}${selection(field.type, depth + 1)}`
    })
    const body = `{ __typename ${written.join(' ')} }`
    if (!choice.inFragment) return body
    const name = `F${String(fragments.length)}`
    fragments.push(`fragment ${name} on ${type.name} ${body}`)
    return `{ ...${name} ...${name} }`
  }

  const query = schema.getQueryType()
  const body = query ? fieldsOf(query, 0) : ''
  const heads = ['$yes: Boolean = true', '$no: Boolean = false', ...definitions.values()]
  return {
    source: `query Random(${heads.join(', ')}) @include(if: $yes) ${body} ${fragments.join(' ')}`.replace(
      ' @include(if: $yes)',
      '',
    ),
    variables,
  }
}

/** Two hundred runs that are worth it: valid documents, which list what the seed gave. */
function prepared({ source, variables }: Written) {
  const document = parse(source)
  const problems = validate(schema, document).filter(
    ({ message }) => !/is never used|can never be|conflict/.test(message),
  )
  const conflicts = validate(schema, document).some(({ message }) => /conflict/.test(message))
  if (conflicts) return null
  expect(problems, source).toEqual([])
  const operation = document.definitions[0] as OperationDefinitionNode
  const coerced = { ...variables, ...defaultsOf(operation, variables) }
  return { document, operation, variables: coerced, plan: planOperation(schema, document, operation, coerced) }
}

function defaultsOf(operation: OperationDefinitionNode, given: Record<string, unknown>): Record<string, unknown> {
  const defaults = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue?.kind === Kind.INT && !(variable.name.value in given)
      ? [[variable.name.value, Number(defaultValue.value)] as const]
      : [],
  )
  return Object.fromEntries(defaults)
}

describe('cost', () => {
  it('is never less than the objects that are resolved, for 500 random queries; and they run as graphql-js runs them', async () => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(choices, async (row) => {
        const ready = prepared(write(row))
        if (!ready) return
        runs += 1
        const estimate = costOf(ready.plan).of(ready.variables)
        resolved.objects = 0
        const ours = await execute({ plan: ready.plan, variables: ready.variables, context: { viewer: null } })
        expect(estimate).toBeGreaterThanOrEqual(resolved.objects)
        const theirs = await reference({
          schema,
          document: ready.document,
          variableValues: ready.variables,
          contextValue: { viewer: null },
        })
        expect(JSON.stringify(ours.data)).toBe(JSON.stringify(theirs.data))
        expect(ours.errors).toEqual([])
      }),
      { numRuns: 600 },
    )
    expect(runs).toBeGreaterThanOrEqual(500)
  }, 120_000)

  it.each([
    ['{ hello }', 1],
    ['{ person { id } }', 2],
    ['{ person { best { id } } }', 3],
    ['{ people(first: 10) { nodes { id } } }', 12],
    ['{ people(first: 10) { edges { node { id } } pageInfo { hasNextPage } } }', 1 + 1 + 10 * 2 + 1],
    ['{ person { pets { owner { id } } } }', 1 + 1 + 10 * 2],
    ['{ things { ... on Person { best { id } } ... on Pet { id } } }', 1 + 10 * 2],
    ['{ nodes(ids: ["a", "b"]) { id } }', 3],
    ['mutation { do(input: { how: "x" }) { person { id } userErrors { message } } }', 10 + 1 + 1 + 10],
  ])('%s costs %i', (source, expected) => {
    const document = parse(source)
    const plan = planOperation(schema, document, document.definitions[0] as OperationDefinitionNode, {})
    expect(costOf(plan).of({})).toBe(expected)
  })

  it('has room for what a front end asks: a page of people with their friends', () => {
    const source =
      '{ people { nodes { id name tags best { id name } friends(first: 10) { nodes { id } pageInfo { hasNextPage } } } pageInfo { hasNextPage } } }'
    const document = parse(source)
    const plan = planOperation(schema, document, document.definitions[0] as OperationDefinitionNode, {})
    expect(costOf(plan).of({})).toBeLessThan(MAX_COST / 2)
  })
})

describe('the budget', () => {
  let lab: Laboratory
  const BUDGET = 3_000
  beforeAll(async () => (lab = await openLaboratory({ costBudget: BUDGET })))
  afterAll(() => lab.close())
  const left = ({ extensions }: { extensions: Record<string, unknown> }): number =>
    (extensions['cost'] as { remaining: number }).remaining
  const dear = '{ people(first: 90) { nodes { pets { id } } } }'

  it('says in extensions what an operation cost and what is left', async () => {
    const { extensions } = await lab.ask('{ person { id } }', {}, lab.sessions.open('thrifty'))
    expect(extensions['cost']).toEqual({
      requested: 2,
      max: MAX_COST,
      remaining: BUDGET - 2,
      budget: BUDGET,
    })
  })

  it('is one for HTTP and sockets, and refuses both once it is spent', async () => {
    const token = lab.sessions.open('spender')
    const socket = await connect(lab.url, token)
    let answer = await lab.ask(dear, {}, token)
    for (let spent = 0; answer.errors.length === 0 && spent < 30; spent += 1) answer = await lab.ask(dear, {}, token)
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('30')
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      reason: 'rate_limited',
      retryAfterSeconds: 30,
    })
    socket.subscribe('late', 'subscription { ticks { sequence } }')
    const { type, payload } = await socket.next('late')
    expect(type).toBe('error')
    expect(payload).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 30 } }])
    expect((await lab.ask(dear, {}, lab.sessions.open('another'))).errors).toEqual([])
    socket.socket.close()
  })

  it('pays for each event of a subscription, and ends it once it is spent', async () => {
    const token = lab.sessions.open('listener')
    const socket = await connect(lab.url, token)
    socket.subscribe('live', 'subscription { ticks { sequence } }')
    const before = await lab.ask('{ person { id } }', {}, token)
    await expect.poll(() => sources.open).toBe(1)
    lab.bus.publish('ticks')
    expect((await socket.next('live')).type).toBe('next')
    const after = await lab.ask('{ person { id } }', {}, token)
    // the event, and the question after it
    expect(left(before) - left(after)).toBeGreaterThan(2)
    let answer = await lab.ask(dear, {}, token)
    while (answer.errors.length === 0) answer = await lab.ask(dear, {}, token)
    lab.bus.publish('ticks')
    const { type, payload } = await socket.next('live')
    expect(type).toBe('error')
    expect(payload).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 30 } }])
    socket.socket.close()
  })
})
