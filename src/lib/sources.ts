import assert from 'node:assert'
import type { Alarm } from './alarm.js'

/** What a source yields first of all: it listens, and knows where it begins. */
export const LISTENING = Symbol('listening')

/** What a subscription is told, before it listens. */
export type Source<Value> = AsyncGenerator<Value | typeof LISTENING, void>

/**
 * Runs a source until it listens: whatever happens from then on is told to who reads it. It ends with the signal, also when
 * nobody ever reads.
 * @throws what the source throws before it listens
 */
export async function begin<Value>(source: Source<Value>, signal: AbortSignal): Promise<AsyncGenerator<Value, void>> {
  const end = (): void => void source.return()
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  const { done, value } = await source.next()
  assert(done || value === LISTENING, 'a source says first that it listens')
  return source as AsyncGenerator<Value, void>
}

/** What `to` makes of each value of a source that listens; values of which it makes null are left out. */
export async function* mapped<Value, Told>(
  source: AsyncIterable<Value>,
  to: (value: Value) => Told | null | Promise<Told | null>,
): AsyncGenerator<Told, void> {
  for await (const value of source) {
    const told = await to(value)
    if (told !== null) yield told
  }
}

/** Something as it is. */
export interface Observed<State> {
  readonly look: () => Promise<State>
  /** What is told of when it is another. */
  readonly markOf: (state: State) => string
  /** Whether nothing can come after. */
  readonly isLast?: (state: State) => boolean
  /** Rings whenever it may have changed; its end is the end. */
  readonly alarm: Alarm
}

/** How something is, now and whenever that is another. */
export async function* followState<State>({
  look,
  markOf,
  isLast = () => false,
  alarm,
}: Observed<State>): Source<State> {
  let state = await look()
  yield LISTENING
  for (let told: string | null = null; ; state = await look()) {
    const mark = markOf(state)
    if (mark !== told) yield state
    told = mark
    if (isLast(state) || !(await alarm.next())) return
  }
}
