import { createHmac, timingSafeEqual } from 'node:crypto'
import { SECOND_MS } from '../lib/clock.js'
import { ProcessorSignatureError } from './errors.js'

/** How far a message's time may be from ours, either way. */
export const TOLERANCE_SECONDS = 300

const MAX_HEADER_LENGTH = 2_000
const HEX_DIGEST = /^[0-9a-f]{64}$/

/** What a signature's header says: when it was signed, in seconds, and the signatures of scheme `v1`. */
export interface SignatureHeader {
  readonly timestamp: number
  readonly signatures: readonly string[]
}

/**
 * Reads `t=…,v1=…`, the form that Stripe gave and others took over.
 * @throws ProcessorSignatureError missing, malformed
 */
export function readSignatureHeader(header: string | undefined): SignatureHeader {
  if (!header) throw new ProcessorSignatureError('missing')
  if (header.length > MAX_HEADER_LENGTH) throw new ProcessorSignatureError('malformed')
  const parts = header.split(',').map((part) => part.trim().split('=', 2))
  const valuesOf = (name: string): string[] => parts.flatMap(([key, value]) => (key === name && value ? [value] : []))
  const [timestamp, ...further] = valuesOf('t')
  const signatures = valuesOf('v1').filter((signature) => HEX_DIGEST.test(signature))
  if (!timestamp || further.length > 0 || !/^\d{1,12}$/.test(timestamp) || signatures.length === 0)
    throw new ProcessorSignatureError('malformed')
  return { timestamp: Number(timestamp), signatures }
}

/** The header of a message that is signed at `now`. */
export function signatureHeader(rawBody: Buffer, secret: string, now: Date): string {
  const timestamp = toSeconds(now)
  return `t=${String(timestamp)},v1=${digest(rawBody, secret, timestamp).toString('hex')}`
}

/**
 * Believes a message that one of the secrets signed within the tolerance of `now`. Compares all of them in constant time.
 * @throws ProcessorSignatureError missing, malformed, wrong, stale: the last only for what was truly signed
 */
export function verifySignature(
  rawBody: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  now: Date,
): void {
  const { timestamp, signatures } = readSignatureHeader(header)
  const given = signatures.map((signature) => Buffer.from(signature, 'hex'))
  const matches = secrets
    .map((secret) => digest(rawBody, secret, timestamp))
    .flatMap((expected) => given.map((one) => timingSafeEqual(one, expected)))
  if (!matches.includes(true)) throw new ProcessorSignatureError('wrong')
  assertFresh(timestamp, now)
}

/** @throws ProcessorSignatureError stale, for what was signed too long before or after `now` */
export function assertFresh(timestamp: number, now: Date): void {
  if (Math.abs(toSeconds(now) - timestamp) > TOLERANCE_SECONDS) throw new ProcessorSignatureError('stale')
}

const toSeconds = (time: Date): number => Math.floor(time.getTime() / SECOND_MS)

const digest = (rawBody: Buffer, secret: string, timestamp: number): Buffer =>
  createHmac('sha256', secret)
    .update(`${String(timestamp)}.`)
    .update(rawBody)
    .digest()
