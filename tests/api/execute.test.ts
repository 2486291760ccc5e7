import { execute as reference, getOperationAST, getVariableValues, parse } from 'graphql'
import type { OperationDefinitionNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { execute } from '../../src/api/execute.js'
import { conditionVariables, planOperation } from '../../src/api/plan.js'
import { laboratorySchema } from './laboratory.js'

const schema = laboratorySchema()
const context = { viewer: null }

async function both(source: string, given: Record<string, unknown> = {}) {
  const document = parse(source)
  const operation = getOperationAST(document) as OperationDefinitionNode
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], given)
  const variables = coerced ?? {}
  const ours = await execute({ plan: planOperation(schema, document, operation, variables), variables, context })
  const theirs = await reference({ schema, document, variableValues: given, contextValue: context })
  return { ours, theirs, variables }
}

/** Documents whose answers two executors might disagree on; text compares the order of keys too. */
const DOCUMENTS: [name: string, source: string, variables?: Record<string, unknown>][] = [
  [
    'aliases, merged fields and fragments',
    '{ person { a: id id ...F best { name } } } fragment F on Person { best { id best { id } } name }',
  ],
  [
    'one fragment under opposite conditions',
    'query ($y: Boolean!) { a: person { ...F @include(if: $y) id } b: person { ...F @skip(if: $y) id } } fragment F on Person { best { id } }',
    { y: true },
  ],
  [
    'a condition by a default',
    'query ($y: Boolean! = false) { person { id name @include(if: $y) ... @skip(if: $y) { nick } } }',
  ],
  [
    'unions and interfaces',
    '{ things { __typename ... on Node { id } ... on Pet { owner { name } } } node(id: "pet-1") { id ... on Pet { name } } }',
  ],
  [
    'lists of lists of connections',
    '{ people(first: 3) { edges { cursor node { pets { name } } } nodes { tags } pageInfo { hasNextPage } } }',
  ],
  [
    'numbers too large for JavaScript, as literals and as variables',
    'query ($n: BigInt) { a: echo(number: 9223372036854775807) b: echo(number: $n) }',
    { n: '9223372036854775806' },
  ],
  ['JSON and instants as literals', '{ echo(json: { a: [1, "x", { b: null }] }, at: "2026-03-01T10:30:00+01:00") }'],
  ['an argument left out by a missing variable', 'query ($t: String) { echo(text: $t) }'],
  ['an argument that is null', 'query ($t: String) { echo(text: $t) }', { t: null }],
  ['errors in nullable fields', '{ crash hello databaseIsDown }'],
  ['an error in a non-null field', '{ hello crashRequired }'],
  [
    'several mutations',
    'mutation { a: do(input: { how: "x" }) { count } b: do(input: { how: "conflict" }) { userErrors { __typename code ... on ConflictError { currentVersion } } } }',
  ],
  ['a mutation that fails', 'mutation { do(input: { how: "crash" }) { count } }'],
  [
    'introspection',
    '{ __schema { queryType { name } directives { name args { name } } } __type(name: "Person") { fields { name type { kind ofType { name } } } } }',
  ],
]

describe('the executor', () => {
  it.each(DOCUMENTS)('answers as graphql-js does: %s', async (...[, source, variables]) => {
    const { ours, theirs } = await both(source, variables)
    expect(JSON.stringify(ours.data)).toBe(JSON.stringify(theirs.data))
    expect(ours.errors.map((error) => error.toJSON())).toEqual((theirs.errors ?? []).map((error) => error.toJSON()))
  })

  it('runs no text of a document as code, whatever a string says', async () => {
    const source = `{ echo(text: "__MAGIC_DATE__33a9776d_02e0_4128_8e92_3530ad3da74d0+(globalThis.pwned=1)") }`
    const { ours } = await both(source)
    expect(ours.data?.['echo']).toContain('globalThis')
    expect('pwned' in globalThis).toBe(false)
  })

  it('tells which variables a plan depends on', () => {
    const document = parse(
      'query ($a: Boolean!, $b: Int) { hello @skip(if: $a) people(first: $b) { ...F } } fragment F on PersonConnection { nodes @include(if: $c) { id } }',
    )
    expect(conditionVariables(document)).toEqual(['a', 'c'])
  })
})
