import assert from 'node:assert'
import type { Tx } from './db.js'

/** The channel that carries signals. */
export const SIGNALS_CHANNEL = 'signals'

/** PostgreSQL refuses a notification of 8,000 bytes. */
const MAX_PAYLOAD_BYTES = 7_900

const WORD = /^[\w:.-]{1,200}$/

/**
 * Wakes, in every process and on commit, whoever listens to one of `keys` on `topic` (`bus.onSignal`). It carries nothing
 * and is kept nowhere: who wakes reads what there is to read, and who was away reads it on coming back.
 */
export async function signal(tx: Tx, topic: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await tx.sql`/* signals.send */
    select pg_notify(${SIGNALS_CHANNEL}, payload)::text from unnest(${toPayloads(topic, keys)}::text[]) as payload`
}

/** As few texts as hold all keys; each begins with the topic. */
function toPayloads(topic: string, keys: readonly string[]): string[] {
  assert(WORD.test(topic), 'a topic is a word')
  const payloads: string[] = []
  let payload = topic
  for (const key of keys) {
    assert(WORD.test(key), 'a key is a word')
    if (payload.length + 1 + key.length > MAX_PAYLOAD_BYTES) {
      payloads.push(payload)
      payload = topic
    }
    payload += ` ${key}`
  }
  return [...payloads, payload]
}

/** Topic and key of each signal in a notification, as `toPayloads` wrote it. */
export function parseSignal(payload: string): string[] {
  const [topic, ...keys] = payload.split(' ')
  return keys.map((key) => `${topic ?? ''} ${key}`)
}
