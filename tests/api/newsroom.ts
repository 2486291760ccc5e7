import { EventEmitter, on } from 'node:events'
import type { Context } from '../../src/api/context.js'
import { AppError } from '../../src/lib/errors.js'
import { live } from '../../src/lib/live.js'
import { begin, LISTENING, mapped } from '../../src/lib/sources.js'
import type { Source } from '../../src/lib/sources.js'
import type { Admission, LiveEvent, LiveResolver } from '../../src/lib/live.js'

export const NEWSROOM_SDL = `
  directive @sameForAll on FIELD_DEFINITION | OBJECT
  type Headline @sameForAll { text: String! sequence: Int! author: Author! }
  type Author { name: String! @sameForAll followedByViewer: Boolean! }
`

interface Headline {
  readonly text: string
  readonly sequence: number
  readonly actorId?: string
}

interface Args {
  readonly after?: bigint | null
}

const toEvent = (headline: Headline): LiveEvent<Headline> => ({
  sequence: BigInt(headline.sequence),
  value: headline,
  ...(headline.actorId !== undefined && { actorId: headline.actorId }),
})

/** What the laboratory's live fields tell, and to whom. */
export class Newsroom {
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  readonly #headlines: Headline[] = []
  readonly #banned = new Set<string>()
  readonly #parted = new Map<string, ReadonlySet<string>>()
  /** Until when those who ask now are admitted. */
  until: Date | null = null
  /** How often a headline's text was resolved, admission was asked for, and how many sources are open. */
  executions = 0
  asked = 0
  sources = 0
  /** Lets who asks for admission wait. */
  gate: Promise<void> | null = null
  /** Lets who begins to listen wait. */
  firstLook: Promise<void> | null = null

  publish(text: string, actorId?: string): void {
    const headline = { text, sequence: this.#headlines.length + 1, ...(actorId !== undefined && { actorId }) }
    this.#headlines.push(headline)
    this.#emitter.emit('headline', headline)
  }

  /** Bans somebody, and says so to whoever watches. */
  ban(userId: string): void {
    this.#banned.add(userId)
    this.#emitter.emit('change')
  }

  /** Has somebody hear nothing of another, and says so to whoever watches. */
  part(userId: string, actorId: string): void {
    this.#parted.set(userId, new Set([actorId]))
    this.#emitter.emit('change')
  }

  changeNothing(): void {
    this.#emitter.emit('change')
  }

  readonly #admit = async (_args: Args, { viewer }: Context): Promise<Admission> => {
    this.asked += 1
    const isBanned = viewer && this.#banned.has(viewer.userId)
    await this.gate
    if (isBanned) throw new AppError('FORBIDDEN', 'not_allowed', 'Not for you.')
    const without = viewer && this.#parted.get(viewer.userId)
    return { until: this.until, ...(without && { without }) }
  }

  readonly #watch = (_args: Args, _context: Context, listener: () => void): Promise<() => void> => {
    this.#emitter.on('change', listener)
    return Promise.resolve(() => {
      this.#emitter.off('change', listener)
    })
  }

  #events(after: bigint | null, signal: AbortSignal): Promise<AsyncIterable<LiveEvent<Headline>>> {
    return begin(this.#source(after, signal), signal)
  }

  async *#source(after: bigint | null, signal: AbortSignal): Source<LiveEvent<Headline>> {
    this.sources += 1
    try {
      const coming = on(this.#emitter, 'headline', { signal })
      let last = after ?? BigInt(this.#headlines.length)
      await this.firstLook
      yield LISTENING
      for (const headline of this.#headlines.slice(Number(last))) {
        last = BigInt(headline.sequence)
        yield toEvent(headline)
      }
      for await (const [headline] of coming as AsyncIterable<[Headline]>) {
        if (BigInt(headline.sequence) <= last) continue
        last = BigInt(headline.sequence)
        yield toEvent(headline)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.sources -= 1
    }
  }

  async #latest(signal: AbortSignal): Promise<AsyncIterable<LiveEvent<Headline>>> {
    const start = BigInt(Math.max(this.#headlines.length - 1, 0))
    return mapped(await this.#events(start, signal), ({ value }) => ({ sequence: null, value }))
  }

  /** Every headline, each once. */
  readonly headlines: LiveResolver<Args, Headline, Context> = live<Args, Headline, Context>({
    admit: this.#admit,
    watch: this.#watch,
    events: ({ after }, _services, signal) => this.#events(after ?? null, signal),
  })

  /** The newest headline, and each that takes its place. */
  readonly latestHeadline: LiveResolver<Args, Headline, Context> = live<Args, Headline, Context>({
    admit: this.#admit,
    watch: this.#watch,
    events: (_args, _services, signal) => this.#latest(signal),
  })

  readonly resolvers = {
    Headline: {
      text: ({ text }: Headline) => {
        this.executions += 1
        return text
      },
      author: () => ({ name: 'Ada' }),
    },
    Author: { followedByViewer: (_author: unknown, _args: unknown, { viewer }: Context) => viewer?.role === 'FAN' },
  }
}
