import type { Answer } from '../support/client.js'
import type { Person } from '../support/world.js'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a selection answers, the test knows
type Payload = any

/** What a mutation answered: its payload, the codes of its user errors, and the reason of a top-level error. */
export interface Outcome {
  readonly answer: Answer<Record<string, Payload>>
  readonly payload: Payload
  readonly codes: string[]
  readonly reason: unknown
}

/** Calls a mutation by its name, with `selection` beside its user errors. */
export async function mutate(
  person: Pick<Person, 'request'>,
  field: string,
  input: Record<string, unknown>,
  selection = '',
): Promise<Outcome> {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input!`
  const answer = await person.request<Record<string, Payload>>(
    `mutation ($input: ${type}) { ${field}(input: $input) { ${selection} userErrors { __typename code message path ... on ConflictError { currentVersion } } } }`,
    { input },
  )
  const payload = (answer.data?.[field] ?? null) as Payload
  const userErrors = (payload?.userErrors ?? []) as { code: string }[]
  return {
    answer,
    payload,
    codes: userErrors.map(({ code }) => code),
    reason: answer.errors[0]?.extensions['reason'] ?? answer.errors[0]?.extensions['code'] ?? null,
  }
}

/** What a query answers; fails on errors. */
export async function query(person: Pick<Person, 'request'>, selection: string, variables = {}, types = ''): Promise<Payload> {
  const answer = await person.request<Payload>(`query ${types} { ${selection} }`, variables)
  if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors))
  return answer.data
}
