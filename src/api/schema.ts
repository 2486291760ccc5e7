import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { GraphQLField, GraphQLSchema } from 'graphql'
import type { Context } from './context.js'
import { asPayload } from './payloads.js'
import { applyRules } from './permissions.js'
import type { RuleMap } from './permissions.js'

/** The contract's folder; beside `src` as beside `dist`. */
const CONTRACT = fileURLToPath(new URL('../../graphql/', import.meta.url))

type ResolverMap = NonNullable<Parameters<typeof makeExecutableSchema>[0]['resolvers']>

/** What makes a schema: SDL documents, resolvers and rules. */
export interface SchemaParts {
  readonly typeDefs: readonly string[]
  readonly resolvers: object
  readonly rules: RuleMap
}

/** The SDL of every domain: one file each, which repeats `type Query` and the like. */
export const readContract = (): string[] =>
  readdirSync(CONTRACT)
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => readFileSync(`${CONTRACT}${name}`, 'utf8'))

/**
 * The executable schema: types merged by name, user errors in payloads, rules before resolvers.
 * @throws Error for a resolver or a rule without a field, a root field without a rule, a payload that cannot be empty
 */
export function buildSchema({ typeDefs, resolvers, rules }: SchemaParts): GraphQLSchema {
  const schema = makeExecutableSchema({
    typeDefs: [...typeDefs],
    resolvers: resolvers as ResolverMap,
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
  })
  const mutations: Record<string, GraphQLField<unknown, Context>> = schema.getMutationType()?.getFields() ?? {}
  for (const field of Object.values(mutations)) asPayload(field)
  return applyRules(schema, rules)
}
