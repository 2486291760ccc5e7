import { Resolver } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { SECOND_MS } from '../lib/clock.js'
import { isCallable, isReachable } from './addresses.js'
import type { Reach } from './addresses.js'
import type { CallOutcome } from './types.js'

/** From looking the name up to the status of the answer. */
export const CALL_TIMEOUT_MS = 10 * SECOND_MS
/** So much of an answer is read, and thrown away; who sends more is cut off. */
const MAX_ANSWER_BYTES = 64 * 1024
const LOOKUP_TIMEOUT_MS = 3 * SECOND_MS
const GONE = 410

/** One POST. */
export interface Call {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The addresses that a name has. @throws Error when it has none */
export type Resolve = (host: string) => Promise<readonly string[]>

/** How calls are made: `resolve` is the system's name servers unless said otherwise. */
export interface Calling extends Reach {
  readonly resolve?: Resolve
  readonly timeoutMs?: number
}

/** Whether the address says that it is gone for good. */
export const isGone = ({ status }: CallOutcome): boolean => status === GONE

/** Why a call must not be made, or did not come off, in words that say nothing of networks inside. */
class CallFailure extends Error {}

/**
 * Calls an address and answers how it went; never throws. No redirect is followed. A connection is opened only to addresses
 * that may be reached, checked after the name was looked up and used as they were checked: a name that leads elsewhere a
 * moment later does not help.
 */
export async function call({ url, headers, body }: Call, calling: Calling): Promise<CallOutcome> {
  try {
    const target = new URL(url)
    if (!isCallable(target, calling)) throw new CallFailure('the address is not allowed')
    const status = await post(target, { headers, body }, calling)
    return { status, error: errorOf(status) }
  } catch (error) {
    return { status: null, error: error instanceof CallFailure ? error.message : reasonOf(error) }
  }
}

function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null
  return status >= 300 && status < 400 ? 'redirects are not followed' : `the answer was ${String(status)}`
}

/** Resolves with the status, once what is read of the answer has been. */
function post(target: URL, { headers, body }: Omit<Call, 'url'>, calling: Calling): Promise<number> {
  return new Promise((resolve, reject) => {
    let status: number | null = null
    const settle = (error: Error | null): void => {
      clearTimeout(timer)
      if (status === null) reject(error ?? new CallFailure('the connection was closed without an answer'))
      else resolve(status)
      request.destroy()
    }
    const request = (target.protocol === 'http:' ? http : https).request(target, {
      method: 'POST',
      // a connection per call: one that is kept was checked when its name led elsewhere
      agent: false,
      lookup: lookupWith(calling),
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'creator-platform-webhooks/1',
      },
    })
    const timer = setTimeout(() => {
      settle(new CallFailure('no answer came in time'))
    }, calling.timeoutMs ?? CALL_TIMEOUT_MS)
    request.on('error', settle)
    request.on('response', (answer) => {
      status = answer.statusCode ?? null
      discard(answer, () => {
        settle(null)
      })
    })
    request.end(body)
  })
}

/** Reads an answer to its end, its limit, or its failure. */
function discard(answer: http.IncomingMessage, done: () => void): void {
  let read = 0
  answer.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read > MAX_ANSWER_BYTES) done()
  })
  answer.on('end', done)
  answer.on('error', done)
  answer.on('close', done)
}

/** Looks a name up for a connection, and refuses it where any of its addresses may not be reached. */
const lookupWith =
  ({ resolve = resolveByServers, ...reach }: Calling): LookupFunction =>
  (host, options, callback) => {
    const addressesOf = isLocalName(host) && reach.isLocalAllowed ? localAddresses : resolve
    addressesOf(host).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first] = found
        if (!first || found.some(({ address }) => !isReachable(address, reach)))
          callback(new CallFailure('the address is not allowed'), '', 0)
        else if (options.all === true) callback(null, found)
        else callback(null, first.address, first.family)
      },
      () => {
        callback(new CallFailure('the host was not found'), '', 0)
      },
    )
  }

/** The name that name servers know nothing of. */
const isLocalName = (host: string): boolean => host === 'localhost'
const localAddresses: Resolve = () => Promise.resolve(['127.0.0.1', '::1'])

/** By queries of its own: the system's call holds one of four threads for as long as somebody's name server likes. */
const resolveByServers: Resolve = async (host) => {
  const resolver = new Resolver({ timeout: LOOKUP_TIMEOUT_MS, tries: 2 })
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length === 0) throw new Error('no address')
  return addresses
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed without an answer',
  EPIPE: 'the connection was closed without an answer',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
}

function reasonOf(error: unknown): string {
  // of several addresses that were tried, the first one's reason stands for all
  const one = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const code = one instanceof Error && 'code' in one ? String(one.code) : ''
  return REASONS[code] ?? 'the connection failed'
}
