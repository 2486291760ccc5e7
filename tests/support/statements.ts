import { expect } from 'vitest'
import { sqlStatements } from '../../src/lib/metrics.js'
import type { Person } from './world.js'

/** The statements that a request takes, the one that says who asks among them; not that which now and then notes when they did. */
export async function statementsOf(
  person: Pick<Person, 'request'>,
  document: string,
  variables: Record<string, unknown> = {},
): Promise<number> {
  const count = async (): Promise<number> => (await sqlStatements.get()).values[0]?.value ?? 0
  const ask = async (): Promise<number> => {
    const before = await count()
    const { errors, data } = await person.request(document, variables)
    expect(errors).toEqual([])
    expect(data).not.toBeNull()
    return (await count()) - before
  }
  return Math.min(await ask(), await ask())
}
