import { isIntrospectionType, isObjectType } from 'graphql'
import type { GraphQLField, GraphQLFieldResolver, GraphQLObjectType, GraphQLSchema } from 'graphql'
import { allow } from 'graphql-shield'
import type { IRule } from 'graphql-shield'
import { AppError } from '../lib/errors.js'
import type { Context } from './context.js'

/** What graphql-shield's rules and their combinations have in common. */
export type Rule = Pick<IRule, 'resolve'>

/** A rule for each field of the root types; beyond them, for the fields that not everybody may read. */
export type RuleMap = Readonly<Record<string, Readonly<Record<string, Rule>>>>

type Resolver = GraphQLFieldResolver<unknown, Context>

/** As graphql-shield wants them; `debug` lets what a rule throws through, where it would otherwise become a denial. */
const SHIELD_OPTIONS = {
  debug: true,
  allowExternalErrors: false,
  fallbackRule: allow,
  fallbackError: null,
  hashFunction: () => '',
} as unknown as Parameters<IRule['resolve']>[4]

/**
 * Puts graphql-shield's rules before the resolvers of `schema`, in place. Unlike its own applicator, this one refuses
 * a root field without a rule, guards `subscribe` as well as each event, and leaves fields without a rule, or with
 * `allow`, as they were: they cost nothing.
 * @throws Error at start, for a root field without a rule, or a rule without a field
 */
export function applyRules(schema: GraphQLSchema, rules: RuleMap): GraphQLSchema {
  const problems = [...rootFieldsWithoutRule(schema, rules), ...rulesWithoutField(schema, rules)]
  if (problems.length > 0) throw new Error(`The rules do not fit the schema: ${problems.join(', ')}`)
  for (const [typeName, fieldRules] of Object.entries(rules)) {
    const type = objectType(schema, typeName)
    for (const [name, rule] of Object.entries(fieldRules)) {
      const field = type?.getFields()[name] as GraphQLField<unknown, Context> | undefined
      if (type && field && rule !== allow) guardField(schema, type, field, rule)
    }
  }
  return schema
}

function guardField(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, Context>,
  rule: Rule,
): void {
  const resolve: Resolver = field.resolve ?? ((parent) => (parent as Record<string, unknown> | null)?.[field.name])
  field.resolve = guarded(rule, resolve)
  if (type === schema.getSubscriptionType() && field.subscribe) field.subscribe = guarded(rule, field.subscribe)
}

const guarded =
  (rule: Rule, resolver: Resolver): Resolver =>
  async (parent, args, context, info) => {
    const verdict: unknown = await rule.resolve(
      parent as object,
      args as object,
      context as never,
      info,
      SHIELD_OPTIONS,
    )
    if (verdict === true) return await resolver(parent, args, context, info)
    throw verdict instanceof Error ? verdict : new AppError('FORBIDDEN', 'not_allowed', 'Not for you to do.')
  }

const rootTypes = (schema: GraphQLSchema): GraphQLObjectType[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(isObjectType)

const rootFieldsWithoutRule = (schema: GraphQLSchema, rules: RuleMap): string[] =>
  rootTypes(schema).flatMap((type) =>
    Object.keys(type.getFields())
      .filter((name) => !rules[type.name]?.[name])
      .map((name) => `${type.name}.${name} has no rule`),
  )

const rulesWithoutField = (schema: GraphQLSchema, rules: RuleMap): string[] =>
  Object.entries(rules).flatMap(([typeName, fields]) =>
    Object.keys(fields)
      .filter((name) => !objectType(schema, typeName)?.getFields()[name])
      .map((name) => `${typeName}.${name} has a rule but is no field`),
  )

function objectType(schema: GraphQLSchema, name: string): GraphQLObjectType | undefined {
  const type = schema.getType(name)
  return isObjectType(type) && !isIntrospectionType(type) ? type : undefined
}
