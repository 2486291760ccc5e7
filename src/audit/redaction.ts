import { keyedHash } from '../keys/keys.js'
import { isUuid } from '../lib/ids.js'
import type { AuditValues } from './types.js'

/** Fields whose words are from a closed set, or of our own making. */
const CLEAR_WORDS = new Set([
  'accountType',
  'accountStatus',
  'status',
  'kind',
  'audience',
  'currency',
  'provider',
  'factor',
  'method',
  'reason',
  'endReason',
  'locationAudience',
  'birthDateAudience',
  'characteristicsAudience',
  'socialLinksAudience',
  'column',
  'keyId',
  'type',
  'visibility',
  'categories',
  'source',
  'state',
  'purpose',
])
/** Fields that are told apart without being read: the same value has the same hash in every row. */
const HASHED = new Set(['email', 'newEmail', 'username', 'ip'])
/** Numbers and times that say something of a person's body or life. */
const PERSONAL = new Set(['birthDate', 'age', 'latitude', 'longitude', 'code'])
const MAX_WORD_LENGTH = 200

const SET = '[set]'
const CHANGED = '[changed]'

/** What may be kept for seven years of two states of a row: only fields that differ, and of those no secret and no clear personal datum. */
export function redacted(
  before: AuditValues | undefined,
  after: AuditValues | undefined,
): { before: Record<string, unknown> | null; after: Record<string, unknown> | null } {
  const isSame = (name: string): boolean =>
    before !== undefined && after !== undefined && name in before && name in after && same(before[name], after[name])
  const keep = (values: AuditValues | undefined, marker: string): Record<string, unknown> | null =>
    values
      ? Object.fromEntries(
          Object.entries(values)
            .filter(([name, value]) => value !== undefined && !isSame(name))
            .map(([name, value]) => [name, redactedValue(name, value, marker)]),
        )
      : null
  return { before: keep(before, SET), after: keep(after, before ? CHANGED : SET) }
}

function redactedValue(name: string, value: unknown, marker: string): unknown {
  if (value === null || value === undefined || value === '') return null
  if (HASHED.has(name)) return typeof value === 'string' ? `hash:${hashOf(value)}` : marker
  if (PERSONAL.has(name)) return marker
  if (typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return redactedList(name, value, marker)
  if (typeof value === 'string' && (isUuid(value) || (CLEAR_WORDS.has(name) && value.length <= MAX_WORD_LENGTH)))
    return value
  return marker
}

/** A list is kept as a whole where all that is in it is. */
function redactedList(name: string, values: readonly unknown[], marker: string): unknown {
  const kept = values.map((value) => redactedValue(name, value, marker))
  return kept.includes(marker) ? marker : kept
}

const hashOf = (text: string): string =>
  Buffer.from(keyedHash('audit', text.trim().toLowerCase())).toString('base64url').slice(0, 22)

const same = (one: unknown, other: unknown): boolean => comparable(one) === comparable(other)

const comparable = (value: unknown): string =>
  JSON.stringify([value], (_name, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner.toString()}n`
    return inner instanceof Uint8Array ? Buffer.from(inner).toString('base64') : inner
  })
