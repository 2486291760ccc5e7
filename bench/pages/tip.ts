import { randomUUID } from 'node:crypto'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import { purposes } from '../../src/purposes.js'
import { sendTip } from '../../src/tips/sending.js'
import { inTransaction } from './in-transaction.js'
import type { BenchPage } from './page.js'

const AMOUNT_MINOR = 200n

/** A tip out of the wallet: payment, sale, journal, balances, revenue, audit and event, all in one transaction. */
export const tip: BenchPage = {
  name: 'tip',
  title: 'sendTip',
  goal: 0.5,
  document: /* GraphQL */ `
    mutation Tip($creatorId: ID!, $currency: Currency!, $key: ID!) {
      sendTip(
        input: {
          creatorId: $creatorId
          amountMinor: 200
          currency: $currency
          payWith: { useWallet: true }
          idempotencyKey: $key
        }
      ) {
        tip {
          id
          amount {
            amountMinor
          }
        }
        payment {
          state
        }
        userErrors {
          code
        }
      }
    }
  `,
  isWrite: true,
  asked: ({ earners, currency }, index) => ({
    creatorId: globalId('User', earners[index % earners.length] ?? ''),
    currency,
    key: randomUUID(),
  }),
  isWhole: ({ sendTip: { payment } }) => (payment as { state: string } | null)?.state === 'SUCCEEDED',
  bare: async (request, { creatorId = '', currency = '', key = '' }) => {
    const { uuid = '' } = parseGlobalId(creatorId) ?? {}
    const order = {
      creatorId: uuid,
      amount: { amountMinor: AMOUNT_MINOR, currency },
      message: null,
      isAnonymous: false,
      contentId: null,
      source: { useWallet: true, paymentMethodId: null, returnUrl: null },
      idempotencyKey: key,
    }
    const { viewer } = request
    const services = { processor: { name: 'SANDBOX' }, purposes } as never
    const { answer } = await inTransaction(request, (tx, now) => sendTip(tx, services, viewer as never, order, now))
    return {
      sendTip: {
        tip: { id: globalId('Tip', answer.tipId), amount: { amountMinor: String(AMOUNT_MINOR) } },
        payment: { state: 'SUCCEEDED' },
        userErrors: [],
      },
    }
  },
}
