import { ProcessorEventError } from './errors.js'
import type { ProcessorEvent } from './types.js'

const MAX_NAME_LENGTH = 200
const MAX_TYPE_LENGTH = 100
const CONTROL = /\p{Cc}|\p{Surrogate}/u
/** NUL, and halves of characters, as JSON writes them. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

/** What a message's body says, where it is an object at all. @throws ProcessorEventError */
export function parsedObject(rawBody: Buffer): Record<string, unknown> {
  const value = parsed(rawBody.toString('utf8'))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new ProcessorEventError('it is no JSON object')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ProcessorEventError('it is no JSON')
  }
}

/** An event that can be kept as it is. @throws ProcessorEventError */
export function checkedEvent(event: ProcessorEvent): ProcessorEvent {
  assertName('id', event.id, MAX_NAME_LENGTH)
  assertName('type', event.type, MAX_TYPE_LENGTH)
  if (event.objectId !== null) assertName('object’s id', event.objectId, MAX_NAME_LENGTH)
  if (Number.isNaN(event.occurredAt.getTime())) throw new ProcessorEventError('it does not say when')
  if (UNSTORABLE.test(JSON.stringify(event.payload)))
    throw new ProcessorEventError('its text has NUL or half a character')
  return event
}

function assertName(what: string, name: unknown, maxLength: number): void {
  if (typeof name !== 'string' || name === '' || name.length > maxLength || CONTROL.test(name))
    throw new ProcessorEventError(
      `its ${what} has not 1 to ${String(maxLength)} characters, none of them control characters`,
    )
}
