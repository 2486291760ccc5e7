import assert from 'node:assert'
import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { exportJWK, jwtVerify, SignJWT } from 'jose'
import type { JWK, JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { AppError } from '../lib/errors.js'
import { isUuid } from '../lib/ids.js'
import type { KeyMaterial } from '../lib/key-file.js'

/** How long an access token works. */
export const ACCESS_TOKEN_MS = 10 * MINUTE_MS

const ISSUER = 'creator-platform'
const AUDIENCE = 'creator-platform-api'
/** RFC 9068: no other token of ours passes for an access token. */
const TYPE = 'at+jwt'
const ALGORITHM = 'EdDSA'
const MAX_TOKEN_LENGTH = 1_000
const MAX_VERIFIED = 5_000
/** RFC 8410: what stands before the 32 bytes of an Ed25519 seed in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

interface TokenKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** What a token says: who, in which session, until when. Whether that still holds is the session row's to say. */
export interface TokenClaims {
  readonly userId: string
  readonly sessionId: string
  readonly expiresAt: Date
}

let tokenKeys: readonly TokenKey[] = []
/** Signatures that were seen to hold; checking one costs as much as the whole statement behind it. */
const verified = new LRUCache<string, TokenClaims>({ max: MAX_VERIFIED })

/**
 * Sets the process's signing keys, Ed25519 seeds: the first signs, all verify. A new key is configured behind the first
 * one in every process before it becomes the first of any.
 */
export function configureTokenKeys(keys: readonly KeyMaterial[]): void {
  assert(keys.length > 0, 'no key to sign access tokens with')
  tokenKeys = keys.map(({ id, secret }) => {
    const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: 'der', type: 'pkcs8' })
    return { id, privateKey, publicKey: createPublicKey(privateKey) }
  })
  verified.clear()
}

/** The public keys, as `/.well-known/jwks.json` answers them. */
export const jwks = async (): Promise<{ readonly keys: JWK[] }> => ({
  keys: await Promise.all(
    tokenKeys.map(async ({ id, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid: id,
      alg: ALGORITHM,
      use: 'sig',
    })),
  ),
})

/** Signs an access token for a session, by the database's time. */
export async function issueAccessToken(
  { userId, sessionId }: Pick<TokenClaims, 'userId' | 'sessionId'>,
  now: Date,
): Promise<{ readonly accessToken: string; readonly expiresAt: Date }> {
  const [key] = tokenKeys
  assert(key, 'no key to sign access tokens with: call configureTokenKeys first')
  const issuedAt = Math.floor(now.getTime() / SECOND_MS)
  const expiresAt = issuedAt + ACCESS_TOKEN_MS / SECOND_MS
  const accessToken = await new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: key.id })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(userId)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key.privateKey)
  return { accessToken, expiresAt: new Date(expiresAt * SECOND_MS) }
}

/**
 * What a token signed by us says. Its end is not judged here: the caller has the database's time.
 * @throws UNAUTHENTICATED invalid_token when it is malformed, forged, or not for us
 */
export async function readAccessToken(token: string): Promise<TokenClaims> {
  const known = verified.get(token)
  if (known) return known
  const claims = toClaims(await verifiedPayload(token))
  verified.set(token, claims)
  return claims
}

/** One answer for whatever is wrong with a token: which it was helps only who forges them. */
export const invalidToken = (): AppError =>
  new AppError('UNAUTHENTICATED', 'invalid_token', 'This access token does not work: refresh the session or sign in.')

async function verifiedPayload(token: string): Promise<JWTPayload> {
  if (token.length > MAX_TOKEN_LENGTH) throw invalidToken()
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKeyOf(kid), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'sid', 'exp', 'iat'],
      // the machine's clock has no say: at the beginning of time no token has ended
      currentDate: new Date(0),
    })
    return payload
  } catch {
    // jose throws for each way to be wrong; all of them are one to the client
    throw invalidToken()
  }
}

function publicKeyOf(kid: string | undefined): KeyObject {
  const key = tokenKeys.find(({ id }) => id === kid)
  if (!key) throw invalidToken()
  return key.publicKey
}

function toClaims({ sub, sid, exp }: JWTPayload): TokenClaims {
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number') throw invalidToken()
  if (!isUuid(sub) || !isUuid(sid)) throw invalidToken()
  return { userId: sub, sessionId: sid, expiresAt: new Date(exp * SECOND_MS) }
}
