import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/**
 * AES-256-GCM in a versioned envelope: version (1 byte), key id (16 bytes), nonce (12 random bytes), ciphertext, tag
 * (16 bytes). NIST SP 800-38D allows 2^32 random nonces per key; a data key encrypts one person's fields.
 */
const VERSION = 1
const KEY_ID_AT = 1
const NONCE_AT = KEY_ID_AT + 16
const TEXT_AT = NONCE_AT + 12
const TAG_BYTES = 16
const ALGORITHM = 'aes-256-gcm'

/** A ciphertext cannot be opened: altered, moved from elsewhere, or its key is unknown or destroyed. */
export class SealError extends Error {
  /** `broken` and `unknown_key` are security events; `destroyed` is what erasing somebody looks like. */
  readonly kind: 'broken' | 'unknown_key' | 'destroyed'

  constructor(kind: 'broken' | 'unknown_key' | 'destroyed', message: string) {
    super(message)
    this.name = 'SealError'
    this.kind = kind
  }
}

/** Encrypts `plain` under `key`, bound to `keyId` and to each part of `place`. */
export function seal(key: Uint8Array, keyId: string, place: readonly string[], plain: Uint8Array): Buffer<ArrayBuffer> {
  const nonce = randomBytes(TEXT_AT - NONCE_AT)
  const header = Buffer.concat([Buffer.of(VERSION), uuidBytes(keyId), nonce])
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(aad(keyId, place))
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws SealError broken */
export function open(key: Uint8Array, place: readonly string[], sealed: Uint8Array): Buffer {
  const keyId = keyIdOf(sealed)
  const bytes = Buffer.from(sealed)
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(NONCE_AT, TEXT_AT), { authTagLength: TAG_BYTES })
    .setAAD(aad(keyId, place))
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(TEXT_AT, -TAG_BYTES)), decipher.final()])
  } catch {
    // node says only that it failed; which bit was wrong is nobody's business
    throw new SealError('broken', `The ciphertext at ${place.join('/')} is broken or stands in the wrong place.`)
  }
}

/** The id of the key that an envelope was sealed under. @throws SealError broken when it is no envelope */
export function keyIdOf(sealed: Uint8Array): string {
  if (sealed[0] !== VERSION || sealed.length < TEXT_AT + TAG_BYTES)
    throw new SealError('broken', 'Not an envelope of ours.')
  const hex = Buffer.from(sealed.subarray(KEY_ID_AT, NONCE_AT)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex')

const aad = (keyId: string, place: readonly string[]): Buffer => Buffer.from(JSON.stringify([VERSION, keyId, ...place]))
