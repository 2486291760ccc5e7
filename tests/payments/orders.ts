import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator } from '../content/posts.js'
import { expectLedger } from '../support/ledger.js'
import { randomOf } from '../support/random.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, staySignedIn } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { disputedAndGivenBack, disputedPurchase, disputedTwice, endOf, tell } from './histories.js'
import type { History, Message } from './histories.js'
import { runLater } from './paying.js'

/** All orders of `items`. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, place) =>
    permutations([...items.slice(0, place), ...items.slice(place + 1)]).map((rest) => [item, ...rest]),
  )
}

/** Tells a history in this order, each message twice, the second time somewhere later; then until nothing is left to do. */
async function tellAll(server: TestServer, messages: readonly Message[], random: () => number): Promise<void> {
  const line = [...messages]
  for (const message of messages) {
    const first = line.indexOf(message)
    line.splice(first + 1 + Math.floor(random() * (line.length - first)), 0, message)
  }
  for (const message of line) {
    expect(await tell(server, message)).toBe(200)
    if (random() < 0.5) await server.drain()
  }
  for (let round = 0; round < 4; round += 1) await runLater(server)
}

/** The tests of `count` of the orders of a charge's messages, chosen by `seed`; of all of them where `count` is null. */
export function ordersEndAlike(count: number | null, seed: number): void {
  describe('messages about one charge', () => {
    let server: TestServer
    let world: World
    let creator: Person
    beforeAll(async () => {
      server = await startServer()
      world = makeWorld(server)
      creator = await provenCreator(world)
    })
    afterAll(async () => {
      await expectLedger(server.database)
      await server.close()
    })

    it.each([
      ['a part that went back, and a dispute of the rest that is WON', disputedPurchase, 'WON', 6],
      ['a part that went back, and a dispute of the rest that is LOST', disputedPurchase, 'LOST', 6],
      ['a refund of all that comes back, and a dispute of the half that is WON', disputedAndGivenBack, 'WON', 5],
      ['a refund of all that comes back, and a dispute of the half that is LOST', disputedAndGivenBack, 'LOST', 5],
      ['a dispute of the half that is WON, and one of all that is WON', disputedTwice, 'WON', 5],
      ['a dispute of the half that is WON, and one of all that is LOST', disputedTwice, 'LOST', 5],
    ] as const)(
      'end in the same books and the same access in whatever order, each told twice: %s',
      async (_what, live, verdict, length) => {
        const random = randomOf(seed)
        await staySignedIn(server, creator)
        const inOrder = await live(server, world, creator, verdict)
        expect(inOrder.messages.map(({ type }) => type)).toHaveLength(length)
        await tellAll(server, inOrder.messages, () => 0)
        const expected = await endOf(server, inOrder)
        const all = permutations(inOrder.messages.map((_message, place) => place))
        const chosen =
          count === null ? all : Array.from({ length: count }, () => all[Math.floor(random() * all.length)]!)
        for (const order of chosen) {
          await staySignedIn(server, creator)
          const history: History = await live(server, world, creator, verdict)
          await tellAll(
            server,
            order.map((place) => history.messages[place]!),
            random,
          )
          expect({ order, seed, end: await endOf(server, history) }).toEqual({ order, seed, end: expected })
        }
      },
      3_600_000,
    )
  })
}
