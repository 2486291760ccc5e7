import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import type { KeyMaterial } from '../lib/key-file.js'
import { KEY_BYTES } from '../lib/key-file.js'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** No token of ours is longer; a longer one is not looked at. */
const MAX_TOKEN_LENGTH = 600

/** Makes tokens that tell nothing, and that only a holder of the keys can make. */
export interface Sealer {
  /** The same text makes the same token, for as long as the newest key does not change. */
  seal(text: string): string
  /** Null for whatever was not sealed here, under any of the keys. */
  open(token: string): string | null
}

interface SealingKeys {
  readonly cipherKey: Buffer
  readonly nonceKey: Buffer
}

/**
 * A sealer for one purpose under keys derived from `keys`, the newest first. The nonce is a keyed hash of the text
 * (a synthetic one, as in RFC 8452), so that no two texts share one, and equal texts make equal tokens.
 */
export function makeSealer(keys: readonly KeyMaterial[], purpose: string): Sealer {
  const all = keys.map(({ secret }): SealingKeys => {
    const derive = (part: string): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, '', `creator-platform/1/${purpose}/${part}`, KEY_BYTES))
    return { cipherKey: derive('cipher'), nonceKey: derive('nonce') }
  })
  const [newest] = all
  if (!newest) throw new Error('sealing needs a key')
  return {
    seal: (text) => sealUnder(newest, text),
    open: (token) => {
      if (token.length > MAX_TOKEN_LENGTH || !/^[\w-]+$/.test(token)) return null
      const bytes = Buffer.from(token, 'base64url')
      // the many spellings that a decoder forgives are not ours
      if (bytes.toString('base64url') !== token) return null
      for (const key of all) {
        const text = openUnder(key, bytes)
        if (text !== null) return text
      }
      return null
    },
  }
}

function sealUnder({ cipherKey, nonceKey }: SealingKeys, text: string): string {
  const nonce = createHmac('sha256', nonceKey).update(text).digest().subarray(0, NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, cipherKey, nonce)
  const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64url')
}

function openUnder({ cipherKey }: SealingKeys, bytes: Buffer): string | null {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv(CIPHER, cipherKey, bytes.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    // somebody's forgery, or a token of a key that is gone: it opens nothing
    return null
  }
}
