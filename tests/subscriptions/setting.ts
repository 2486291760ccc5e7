import { afterAll, beforeAll } from 'vitest'
import { saveCard } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { memberCreator } from './members.js'

export let server: TestServer
export let world: World
/** Offers subscriptions. */
export let creator: Person

/** Gives a test file a server of its own with such a creator; its books have to add up in the end. */
export function openSetting(): void {
  beforeAll(async () => {
    server = await startServer({ config: { costBudget: 10_000_000 } })
    world = makeWorld(server)
    creator = await memberCreator(world)
  })
  afterAll(async () => {
    await expectLedger(server.database)
    await server.close()
  })
}

/** Somebody new with a card. */
export async function payer(token?: string): Promise<Person> {
  const fan = await world.fan()
  await saveCard(fan, token)
  return fan
}
