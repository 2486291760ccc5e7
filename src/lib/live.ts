import assert from 'node:assert'
import type { Bus } from './bus.js'
import type { Db } from './db.js'

/** Until when somebody may be told, and of whom they are not. */
export interface Admission {
  /** Null without an end in sight. */
  readonly until: Date | null
  /** People whose doings they are not told of; nobody when it is absent. */
  readonly without?: ReadonlySet<string>
}

/** One thing that those who listen are told. */
export interface LiveEvent<Value> {
  /** Counts upwards within what is listened to, and names a place to resume from; null where only the present counts. */
  readonly sequence: bigint | null
  readonly value: Value
  /** Whose doing it is, for those who are not told of theirs; absent where that is nobody's to know. */
  readonly actorId?: string
}

/** What a source works with: nobody's session, for its events go to many. */
export interface LiveServices {
  readonly db: Db
  readonly bus: Bus
}

/**
 * A subscription field whose events are the same for everybody who may be told of them. Who may is asked of each person
 * alone: at the start, whenever `watch` says that it may have changed, when the admission ends, and before an event that is
 * executed for one person only. An event is executed once for all who ask the same of it where every field that they select
 * is marked `@sameForAll`.
 */
export interface LiveField<Args, Value, Asking> {
  /** @throws AppError when they may not be told, or not any more */
  readonly admit: (args: Args, asking: Asking) => Promise<Admission>
  /**
   * Calls `listener` whenever somebody's admission may have changed; answers how to stop. It is called before the first
   * `admit`, so that nothing falls between the two. `asking` is kept by nothing that lasts: it holds all that was loaded.
   */
  readonly watch: (args: Args, asking: Asking, listener: () => void) => Promise<() => void>
  /**
   * What is told, from `args.after` on or from when the promise resolves. Ends with the signal.
   * @throws AppError when what came after is lost
   */
  readonly events: (args: Args, services: LiveServices, signal: AbortSignal) => Promise<AsyncIterable<LiveEvent<Value>>>
}

/** A live field as whoever serves subscriptions finds it in the schema. */
export type AnyLiveField = LiveField<Readonly<Record<string, unknown>>, unknown, unknown>

/** Says that an admission may have changed, also what it was told before anybody listened. */
class Doubt {
  #mayHaveChanged = false
  #listener: (() => void) | null = null

  raise(): void {
    this.#mayHaveChanged = true
    this.#listener?.()
  }

  listen(listener: () => void): void {
    this.#listener = listener
    if (this.#mayHaveChanged) listener()
  }
}

/** Events that somebody was admitted to; nothing is listened to before they are opened. */
export class AdmittedEvents<Value> implements AsyncIterable<LiveEvent<Value>> {
  readonly admission: Admission
  readonly #doubt: Doubt
  /** Resolves once it listens. */
  readonly open: () => Promise<AsyncIterable<LiveEvent<Value>>>

  constructor(admission: Admission, doubt: Doubt, open: () => Promise<AsyncIterable<LiveEvent<Value>>>) {
    this.admission = admission
    this.#doubt = doubt
    this.open = open
  }

  /** Calls `listener` whenever the admission may have changed, and at once where it may have since it was asked for. */
  onDoubt(listener: () => void): void {
    this.#doubt.listen(listener)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LiveEvent<Value>> {
    yield* await this.open()
  }
}

/** How the schema holds a live field. */
export interface LiveResolver<Args, Value, Asking> {
  readonly extensions: { readonly live: LiveField<Args, Value, Asking> }
  readonly subscribe: (parent: unknown, args: Args, asking: Asking) => Promise<AdmittedEvents<Value>>
  readonly resolve: (event: LiveEvent<Value>) => Value
}

/** The resolver of a live field. */
export const live = <Args, Value, Asking extends LiveServices & { readonly signal?: AbortSignal }>(
  field: LiveField<Args, Value, Asking>,
): LiveResolver<Args, Value, Asking> => ({
  extensions: { live: field },
  subscribe: async (_parent, args, asking) => {
    const { db, bus, signal } = asking
    assert(signal, 'a subscription can be ended')
    const doubt = new Doubt()
    const stop = await field.watch(args, asking, () => {
      doubt.raise()
    })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    const admission = await field.admit(args, asking)
    return new AdmittedEvents(admission, doubt, () => field.events(args, { db, bus }, signal))
  },
  resolve: ({ value }) => value,
})
