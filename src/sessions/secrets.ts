import { createHash, randomBytes } from 'node:crypto'

const SECRET_BYTES = 32
const SECRET = /^[A-Za-z0-9_-]{43}$/

/** 256 random bits in base64url: a refresh token, a challenge, a mailed token. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url')

/** What is stored of a secret; enough to find it by, useless to whoever reads it. 256 random bits need no salt. */
export const hashSecret = (secret: string): Uint8Array => createHash('sha256').update(secret).digest()

/** Whether `text` may be one of our secrets at all. */
export const isSecret = (text: string): boolean => SECRET.test(text)
