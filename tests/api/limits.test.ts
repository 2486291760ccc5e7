import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_ALIASES, MAX_DEPTH, MAX_MUTATIONS, MAX_ROOT_FIELDS } from '../../src/api/limits.js'
import { connect, openLaboratory } from './laboratory.js'
import type { Laboratory } from './laboratory.js'

let lab: Laboratory
beforeAll(async () => {
  lab = await openLaboratory()
  // the first request also pays for what the process loads and compiles
  await lab.ask('{ people { nodes { id } } }')
})
afterAll(() => lab.close())

const nested = (field: string, levels: number, leaf: string): string =>
  levels === 0 ? leaf : `${field} { ${nested(field, levels - 1, leaf)} }`

interface Refused {
  readonly query: string
  readonly variables?: Record<string, unknown>
  readonly code: string
  readonly limit?: string
}

/** Everything that is refused for its size, written plainly and in every disguise. */
const REFUSED: Readonly<Record<string, Refused>> = {
  'eleven levels': {
    query: `{ person { ${nested('best', MAX_DEPTH - 1, 'id')} } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'levels',
  },
  'eleven levels through fragments': {
    query: `{ person { ...A } } fragment A on Person { best { best { best { ...B } } } }
      fragment B on Person { best { best { best { best { best { ... on Person { best { id } } } } } } } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'levels',
  },
  'levels in a fragment named like an introspection field': {
    query: `{ ...__schema } fragment __schema on Query { person { ${nested('best', MAX_DEPTH, 'id')} } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'levels',
  },
  'levels under an alias named like an introspection field': {
    query: `{ __schema: person { ${nested('best', MAX_DEPTH, 'id')} } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'levels',
  },
  'a cycle of depth 20': {
    query: `{ people { nodes { ${'friends { nodes { '.repeat(9)} id ${'} }'.repeat(9)} } } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'levels',
  },
  'sixteen aliases': {
    query: `{ ${Array.from({ length: MAX_ALIASES + 1 }, (_, index) => `a${String(index)}: hello`).join(' ')} }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'aliases',
  },
  'aliases of __typename': {
    query: `{ ${Array.from({ length: MAX_ALIASES + 1 }, (_, index) => `a${String(index)}: __typename`).join(' ')} }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'aliases',
  },
  'aliases multiplied by a fragment': {
    query: `{ a: person { ...F } b: person { ...F } } fragment F on Person { c: id d: id e: id f: id g: id h: id i: id }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'aliases',
  },
  'fragments that double at each step': {
    query: `{ person { ...F0 } } ${Array.from({ length: 30 }, (_, index) => `fragment F${String(index)} on Person { ${index === 29 ? 'id' : `a: best { ...F${String(index + 1)} } b: best { ...F${String(index + 1)} }`} }`).join(' ')}`,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  'twenty-one root fields': {
    query: `{ ${Array.from({ length: MAX_ROOT_FIELDS + 1 }, (_, index) => `...F${String(index)}`).join(' ')} } ${Array.from(
      { length: MAX_ROOT_FIELDS + 1 },
      (_, index) => `fragment F${String(index)} on Query { a${String(index)}: hello }`,
    ).join(' ')}`,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  'six mutations': {
    query: `mutation ($i: DoInput!) { ${Array.from({ length: MAX_MUTATIONS + 1 }, (_, index) => `m${String(index)}: do(input: $i) { isDone }`).join(' ')} }`,
    variables: { i: { how: 'well' } },
    code: 'GRAPHQL_VALIDATION_FAILED',
    limit: 'mutations',
  },
  'a thousand and one tokens': {
    query: `{ ${'hello '.repeat(1_001)} }`,
    code: 'GRAPHQL_PARSE_FAILED',
    limit: 'tokens',
  },
  'a page of 101 as a literal': {
    query: '{ people(first: 101) { nodes { id } } }',
    code: 'BAD_USER_INPUT',
    limit: 'page size',
  },
  'a page of 101 by a variable': {
    query: 'query ($n: Int) { people(first: $n) { nodes { id } } }',
    variables: { n: 101 },
    code: 'BAD_USER_INPUT',
    limit: 'page size',
  },
  'a page of 101 by a default': {
    query: 'query ($n: Int = 101) { people(last: $n) { nodes { id } } }',
    code: 'BAD_USER_INPUT',
    limit: 'page size',
  },
  'a page of minus one': {
    query: '{ people(first: -1) { nodes { id } } }',
    code: 'BAD_USER_INPUT',
    limit: 'page size',
  },
  'a hundred and one ids': {
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids: Array.from({ length: 101 }, String) },
    code: 'BAD_USER_INPUT',
    limit: 'ids',
  },
  'too many objects by literals': {
    query: '{ people(first: 100) { nodes { friends(first: 100) { nodes { id } } } } }',
    code: 'BAD_USER_INPUT',
    limit: 'cost',
  },
  'too many objects by variables': {
    query: 'query ($n: Int!) { people(first: $n) { nodes { friends(first: $n) { nodes { id } } } } }',
    variables: { n: 100 },
    code: 'BAD_USER_INPUT',
    limit: 'cost',
  },
  'too many objects by defaults alone': {
    query: '{ people { nodes { friends { nodes { friends { nodes { id } } } } } } }',
    code: 'BAD_USER_INPUT',
    limit: 'cost',
  },
  'too many objects in a fragment named __schema': {
    query:
      '{ ...__schema } fragment __schema on Query { people(first: 100) { nodes { friends(first: 100) { nodes { id } } } } }',
    code: 'BAD_USER_INPUT',
    limit: 'cost',
  },
  'too many objects in an inline fragment without a type': {
    query:
      '{ people(first: 100) { ... { nodes { friends(first: 100) { ... on PersonConnection { edges { node { id } } } } } } } }',
    code: 'BAD_USER_INPUT',
    limit: 'cost',
  },
  'too much introspection': {
    query:
      '{ a: __schema { types { name } } b: __schema { types { name } } c: __schema { types { name } } d: __schema { types { name } } }',
    code: 'BAD_USER_INPUT',
    limit: 'cost',
  },
  'variables of twenty-one levels': {
    query: 'query ($j: JSON) { echo(json: $j) }',
    variables: { j: JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`) as unknown },
    code: 'BAD_USER_INPUT',
    limit: 'variables',
  },
  'variables of two thousand and one values': {
    query: 'query ($j: JSON) { echo(json: $j) }',
    variables: { j: Array.from({ length: 2_001 }, () => 1) },
    code: 'BAD_USER_INPUT',
    limit: 'variables',
  },
  'a name that reaches for a prototype': {
    query: '{ __proto__: person { id } }',
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
}

describe('what is refused before it runs', () => {
  it.each(Object.entries(REFUSED))(
    '%s, within 200 ms of processor time',
    async (_name, { query, variables, code, limit }) => {
      const before = process.cpuUsage()
      const { status, data, errors } = await lab.ask(query, variables)
      const { user, system } = process.cpuUsage(before)
      expect((user + system) / 1_000).toBeLessThan(200)
      expect(errors[0]?.extensions).toMatchObject(limit === undefined ? { code } : { code, limit })
      expect(errors[0]?.extensions['requestId']).toBeTypeOf('string')
      expect({ status, data }).toEqual({ status: 400, data: null })
    },
  )

  it('the socket refuses the same with the same codes', async () => {
    const socket = await connect(lab.url)
    for (const [name, { query, variables, code, limit }] of Object.entries(REFUSED)) {
      socket.subscribe(name, query, variables)
      const { type, payload } = await socket.next(name)
      const [error] = payload as { extensions: Record<string, unknown> }[]
      expect(type, name).toBe('error')
      expect(error?.extensions, name).toMatchObject(limit === undefined ? { code } : { code, limit })
    }
    socket.socket.close()
  })
})

describe('what is let through', () => {
  it('ten levels', async () => {
    const { errors } = await lab.ask(`{ person { ${nested('best', MAX_DEPTH - 2, 'id')} } }`)
    expect(errors).toEqual([])
  })

  it('fifteen aliases and twenty root fields', async () => {
    const aliases = Array.from({ length: MAX_ALIASES }, (_, index) => `a${String(index)}: hello`).join(' ')
    const { errors } = await lab.ask(`{ ${aliases} hello me { id } person { id } }`)
    expect(errors).toEqual([])
  })

  it('a fragment that is spread twice counts once where its fields are the same', async () => {
    const { errors, extensions } = await lab.ask(
      '{ people(first: 100) { ...F ...F ... on PersonConnection { ...F } } } fragment F on PersonConnection { nodes { best { id } } }',
    )
    expect(errors).toEqual([])
    expect(extensions['cost']).toMatchObject({ requested: 1 + 1 + 100 * 2 })
  })

  it('fields that @skip leaves out, which cost nothing', async () => {
    const query =
      'query ($no: Boolean!) { people { nodes { friends @skip(if: $no) { nodes { friends { nodes { id } } } } id } } }'
    expect((await lab.ask(query, { no: true })).errors).toEqual([])
    expect((await lab.ask(query, { no: false })).errors[0]?.extensions).toMatchObject({ limit: 'cost' })
  })

  it('introspection as clients send it, deeper than data may be', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    const { errors, data } = await lab.ask(getIntrospectionQuery())
    expect(errors).toEqual([])
    expect(data?.['__schema']).toBeDefined()
  })
})
