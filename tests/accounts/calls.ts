import type { Mutation, Query, User } from '../../src/generated/graphql.js'
import type { Answer } from '../support/client.js'
import type { Person } from '../support/world.js'

/** A type of the contract as it travels, for tests that know which of its fields they selected. */
export type Selected<Type> = Type extends Date | bigint
  ? string
  : Type extends readonly (infer Item)[]
    ? Selected<NonNullable<Item>>[]
    : Type extends object
      ? { readonly [Field in keyof Type]-?: Selected<NonNullable<Type[Field]>> }
      : Type

/** What a mutation answered: its payload, the codes of its user errors, and the reason of a top-level error. */
export interface Outcome<Field extends keyof Mutation> {
  readonly answer: Answer<Record<string, unknown>>
  readonly payload: Selected<Mutation[Field]>
  readonly codes: string[]
  readonly reason: unknown
}

/** Calls a mutation by its name, with `selection` beside its user errors. */
export async function mutate<Field extends Exclude<keyof Mutation, '__typename'>>(
  person: Pick<Person, 'request'>,
  field: Field,
  input: Record<string, unknown>,
  selection = '',
): Promise<Outcome<Field>> {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input!`
  const userErrors = 'userErrors { __typename code message path ... on ConflictError { currentVersion } }'
  const answer = await person.request<Record<string, unknown>>(
    `mutation ($input: ${type}) { ${field}(input: $input) { ${selection} ${userErrors} } }`,
    { input },
  )
  const payload = answer.data?.[field] as Outcome<Field>['payload']
  const errors = (answer.data?.[field] as { userErrors: { code: string }[] } | null | undefined)?.userErrors ?? []
  return {
    answer,
    payload,
    codes: errors.map(({ code }) => code),
    reason: answer.errors[0]?.extensions['reason'] ?? answer.errors[0]?.extensions['code'] ?? null,
  }
}

/** What a query answers. @throws Error when it was refused */
export async function query(
  person: Pick<Person, 'request'>,
  selection: string,
  variables: Record<string, unknown> = {},
  types = '',
): Promise<Selected<Omit<Query, 'node'> & { node: User }>> {
  const { data, errors } = await person.request<Record<string, unknown>>(`query ${types} { ${selection} }`, variables)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return data as Selected<Omit<Query, 'node'> & { node: User }>
}
