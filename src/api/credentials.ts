/** Stands for credentials that are none of ours: no token is empty. */
const MALFORMED = ''

/**
 * The bearer token of an `Authorization` header or of `connectionParams.authorization`; null when none was sent, the
 * empty string when what was sent is no bearer token.
 */
export function bearerToken(authorization: unknown): string | null {
  if (authorization === undefined || authorization === null) return null
  if (typeof authorization !== 'string') return MALFORMED
  return /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization)?.[1] ?? MALFORMED
}
