import { domainToASCII } from 'node:url'
import { derive, hmac, masterKeys, newestMasterKey } from './keyring.js'
import type { IndexedColumn } from './types.js'

/**
 * Keyed hashes of a normalised text by which its row is found, under the newest key first: store the first, look up by all,
 * because until a rotation is done rows stand under older ones. Equality is all they tell.
 */
export const blindIndexes = (column: IndexedColumn, normalised: string): Uint8Array<ArrayBuffer>[] =>
  masterKeys().map(({ secret }) => hmac(derive(secret, `index:${column}`), normalised))

/** The mark of rows whose blind index is under the newest key. */
export const blindIndexVersion = (): number => newestMasterKey().indexVersion

/**
 * The form under which e-mail addresses are compared: NFKC, trimmed, in lower case, the domain in ASCII (IDNA). A `+tag`
 * stays and makes a distinct address, as do dots: what they mean is the receiving server's business. Never throws: what is
 * no address comes out as one that no account has.
 */
export function normaliseEmail(text: string): string {
  const folded = text.normalize('NFKC').trim().toLowerCase().normalize('NFKC')
  const at = folded.lastIndexOf('@')
  return at < 0 ? folded : `${folded.slice(0, at)}@${domainToASCII(folded.slice(at + 1))}`
}
