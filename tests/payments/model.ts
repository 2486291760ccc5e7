import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { Books } from './books.js'
import { KEPT, checkBooks, clearStage, commands, replayDead, setStage, settle } from './commands.js'
import type { Stage } from './commands.js'

const WORKERS = 4

/** Lets many through at a time, or one alone. */
class Gate {
  #inside = 0
  #alone: Promise<void> | null = null
  #onEmpty: () => void = () => undefined

  async pass(isAlone: boolean, act: () => Promise<void>): Promise<void> {
    while (this.#alone) await this.#alone
    let leave = (): void => {
      this.#inside -= 1
      if (this.#inside === 0) this.#onEmpty()
    }
    if (isAlone) {
      let open = (): void => undefined
      this.#alone = new Promise((resolve) => (open = resolve))
      leave = () => {
        this.#alone = null
        open()
      }
      if (this.#inside > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve))
    } else this.#inside += 1
    try {
      await act()
    } finally {
      leave()
    }
  }
}

/** The tests of money against a model of it: `runs` times `length` commands, one after the other and by four at once. */
export function testMoney(runs: number, length: number): void {
  const seed = Number(process.env['MONEY_SEED'] ?? randomBytes(4).readUInt32BE())
  const times = `${String(runs)} × ${String(length)}, MONEY_SEED=${String(seed)}`
  const parameters = { seed, numRuns: runs, endOnFailure: process.env['MONEY_SHRINK'] !== '1' }

  describe('money', () => {
    let server: TestServer
    let stage: Stage
    beforeAll(async () => {
      server = await startServer({ config: { costBudget: 100_000_000 } })
      stage = await setStage(server)
    })
    afterAll(() => server.close())

    it.each(KEPT)('is where the model says after %s', async (_what, run) => {
      stage.isShared = false
      await clearStage(stage)
      const books = new Books(stage.fans.length, stage.creators.length)
      await fc.asyncModelRun(() => ({ model: books, real: stage }), run)
    })

    const timeout = 60_000 + runs * length * 2_000
    it(
      `is where a model of plain numbers says, and opens what it says, after every command (${times})`,
      { timeout },
      async () => {
        stage.isShared = false
        await fc.assert(
          fc.asyncProperty(commands(length), async (run) => {
            await clearStage(stage)
            const books = new Books(stage.fans.length, stage.creators.length)
            await fc.asyncModelRun(() => ({ model: books, real: stage }), run)
          }),
          parameters,
        )
      },
    )

    it(`is neither lost nor made by four who act at once (${times})`, { timeout }, async () => {
      stage.isShared = true
      await fc.assert(
        fc.asyncProperty(commands(length), async (run) => {
          await clearStage(stage)
          const waiting = [...run]
          const gate = new Gate()
          const work = async (): Promise<void> => {
            for (let next = waiting.shift(); next; next = waiting.shift()) {
              const { isAlone } = next
              const act = next.act.bind(next, stage)
              await gate.pass(isAlone, act)
            }
          }
          await Promise.all(Array.from({ length: WORKERS }, work))
          await settle(stage)
          await replayDead(stage)
          await checkBooks(stage)
        }),
        parameters,
      )
    })
  })
}
