import { databaseNow } from '../../src/lib/db.js'
import type { Sandbox } from '../../src/processors/processors.js'
import type { ProcessorEvent, ProcessorNews, ReceiveEvent } from '../../src/processors/types.js'
import type { TestDatabase } from './database.js'

/** What a processor told, read as a webhook's inbox would. */
export interface Mailbox {
  readonly events: ProcessorEvent[]
  readonly receive: ReceiveEvent
  /** All that was told of one kind, in the order in which it came. */
  news<K extends ProcessorNews['kind']>(kind: K): Extract<ProcessorNews, { kind: K }>[]
}

/** Opens an inbox that believes what the sandbox signs. */
export function openMailbox(sandbox: Sandbox, { db }: TestDatabase): Mailbox {
  const events: ProcessorEvent[] = []
  return {
    events,
    receive: async (rawBody, headers) => {
      events.push(sandbox.readEvent(rawBody, headers, await databaseNow(db)))
    },
    news: <K extends ProcessorNews['kind']>(kind: K) =>
      events
        .map((event) => sandbox.toNews(event))
        .filter((one): one is Extract<ProcessorNews, { kind: K }> => one?.kind === kind),
  }
}
