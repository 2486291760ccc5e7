import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { TestDatabase } from './database.js'

const CHECK = readFileSync(new URL('../../prisma/check-ledger.sql', import.meta.url), 'utf8')

/** What does not add up, as `npm run check:ledger` says it. */
export async function ledgerProblems({ owner }: TestDatabase): Promise<string[]> {
  const { rows } = await owner.query<{ problem: string }>(CHECK)
  return [...new Set(rows.map(({ problem }) => problem))].sort()
}

/** Fails where the ledger does not add up: after every file of tests that moves money. */
export async function expectLedger(database: TestDatabase): Promise<void> {
  expect(await ledgerProblems(database)).toEqual([])
}
