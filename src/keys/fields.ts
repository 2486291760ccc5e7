import type { Db } from '../lib/db.js'
import { log } from '../lib/log.js'
import { activeKey, attempt, keysById } from './data-keys.js'
import type { DataKey } from './data-keys.js'
import { keyIdOf, open, seal, SealError } from './envelope.js'
import type { FieldPlace, FieldRef, SealedField } from './types.js'

/**
 * Encrypts `text` for the field at `ref`, under its person's key.
 * @throws SealError destroyed when the person has no key any more
 */
export async function sealField(db: Db, ref: FieldRef, text: string): Promise<Uint8Array<ArrayBuffer>> {
  return sealUnder(await activeKey(db, ref.userId), ref, text)
}

/**
 * Decrypts the field at `ref`. What was altered, or belongs elsewhere, is reported and never returned.
 * @throws SealError
 */
export async function openField(db: Db, ref: FieldRef, bytes: Uint8Array): Promise<string> {
  const [text] = await openFields(db, [{ ref, bytes }])
  if (typeof text === 'string') return text
  throw text ?? new SealError('broken', 'There is nothing to open.')
}

/** Decrypts several fields with at most one statement, in the order asked; one that does not open is its error. */
export async function openFields(db: Db, fields: readonly SealedField[]): Promise<(string | SealError)[]> {
  const keyIds = fields.map(({ bytes }) => attempt(() => keyIdOf(bytes)))
  const keys = await keysById(db, [...new Set(keyIds.filter((id) => typeof id === 'string'))])
  return await Promise.all(
    fields.map(async ({ ref, bytes }, index) => {
      const keyId = keyIds[index]
      const text = keyId instanceof SealError ? keyId : openUnder(keys.get(keyId ?? ''), ref, bytes)
      if (text instanceof SealError && text.kind !== 'destroyed') await report(ref, text)
      return text
    }),
  )
}

/** Encrypts under a key at hand. */
export const sealUnder = (key: DataKey, place: FieldPlace, text: string): Uint8Array<ArrayBuffer> =>
  seal(key.key, key.id, partsOf(place), Buffer.from(text, 'utf8'))

function openUnder(key: DataKey | SealError | undefined, ref: FieldRef, bytes: Uint8Array): string | SealError {
  if (!key || key instanceof SealError) return key ?? new SealError('unknown_key', 'There is no such data key.')
  if (key.userId !== ref.userId)
    return new SealError('broken', `The ciphertext at ${partsOf(ref).join('/')} is another person's.`)
  return attempt(() => open(key.key, partsOf(ref), bytes).toString('utf8'))
}

const partsOf = ({ table, column, rowId }: FieldPlace): readonly string[] => [table, column, rowId]

/** Told of every ciphertext that was altered, moved, or sealed under a key that nobody has. */
export type TamperListener = (ref: FieldRef, error: SealError) => Promise<void>
let tellOfTampering: TamperListener = () => Promise.resolve()

/** Sets who is told of tampering: the audit trail, which stands above the keys. */
export const whenTampered = (listener: TamperListener): void => {
  tellOfTampering = listener
}

async function report(ref: FieldRef, error: SealError): Promise<void> {
  log.error({ err: error, table: ref.table, column: ref.column, rowId: ref.rowId }, 'keys: a ciphertext does not open')
  try {
    await tellOfTampering(ref, error)
  } catch (failure) {
    // the reader gets the SealError either way; a report that cannot be stored is at least logged
    log.error({ err: failure }, 'keys: the report of tampering could not be stored')
  }
}
