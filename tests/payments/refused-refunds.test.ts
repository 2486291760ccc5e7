import { afterAll, beforeAll, expect, it } from 'vitest'
import { provenCreator } from '../content/posts.js'
import { processorProblems, expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import { chargeOf, newKey, sandboxOf, saveCard, tip } from './paying.js'

const REFUND = `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { state } userErrors { code } } }`

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

it('a refund that the processor made after it had refused it is made here, once', async () => {
  const world = makeWorld(server)
  const [fan, creator] = [await world.fan(), await provenCreator(world)]
  await saveCard(fan)
  await tip(fan, creator)
  const { transactions } = (await creator.do('{ viewer { earnings { transactions { nodes { id } } } } }')).viewer
    .earnings
  const charge = await chargeOf(server, fan)
  const dispute = await sandboxOf(server).openDispute(charge)
  const input = { transactionId: transactions.nodes[0].id, reason: 'A mistake.', idempotencyKey: newKey() }
  const { refund } = (await creator.do(REFUND, { input })).refundTransaction
  expect(refund).toEqual({ state: 'FAILED' })
  // somebody else asked for it under the same key when the bank had decided, and was not told of the refusal
  await sandboxOf(server).closeDispute(dispute, 'WON')
  const { rows } = await server.database.owner.query<{ id: string; key: string }>(
    `select id::text as id, processor_key::text as key from refunds`,
  )
  const amount = { amountMinor: 500n, currency: 'EUR' }
  const { reference } = await sandboxOf(server).refund({ refundId: rows[0]!.id, key: rows[0]!.key, charge, amount })
  await server.drain()
  await sandboxOf(server).refund({ refundId: rows[0]!.id, key: rows[0]!.key, charge, amount })
  await server.drain()
  expect(await processorProblems(server.database)).toEqual([])
  const found = await server.database.owner.query(
    `select state::text as state, processor_reference as reference from refunds order by created_at`,
  )
  expect(found.rows).toEqual([
    { state: 'failed', reference: null },
    { state: 'succeeded', reference },
  ])
})
