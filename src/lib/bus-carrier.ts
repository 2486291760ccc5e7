import type { OutboxEvent } from './events.js'

/** Where what was committed arrives, whoever carries it. */
export interface Arrivals {
  deliver(events: readonly OutboxEvent[]): void
  /** Whether somebody there listens to the stream. Where nobody does, its events need not be read: it is enough to say so. */
  isAwaited(stream: string): boolean
  /** An event was committed that nobody awaits. */
  passed(): void
  /** Each a topic and a key, as `parseSignal` answers them. */
  wake(names: readonly string[]): void
  /** Nothing arrived for `ms`: what was committed meanwhile must be read. */
  missed(ms: number): void
}

/** What brings arrivals from other processes. */
export interface Carrier {
  close(): Promise<void>
}
