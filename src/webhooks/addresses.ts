import { BlockList, isIP } from 'node:net'
import { AppError } from '../lib/errors.js'
import { plainAddress } from '../lib/network.js'
import { parsedUrl } from '../lib/urls.js'

const MAX_URL_LENGTH = 2_000
const HTTPS_PORTS = new Set(['', '443', '8443'])
const FIRST_FREE_PORT = 1_024

/** Whether what is local may be called: only outside production, for tools on the developer's machine. */
export interface Reach {
  readonly isLocalAllowed: boolean
}

/**
 * An address for webhooks, as it is called. Where its name leads is asked at every call.
 * @throws INVALID webhook_url_invalid
 */
export function checkedUrl(unchecked: string, reach: Reach): string {
  const url = unchecked.length <= MAX_URL_LENGTH ? parsedUrl(unchecked) : null
  if (url && isCallable(url, reach) && url.href.length <= MAX_URL_LENGTH) return url.href
  throw new AppError(
    'INVALID',
    'webhook_url_invalid',
    'An address for webhooks is https, on port 443, 8443 or above 1023, without credentials, and leads to the public internet.',
    { path: ['input', 'url'] },
  )
}

/** Whether the platform calls this address, as far as can be told without looking its name up. */
export function isCallable(url: URL, reach: Reach): boolean {
  if (url.protocol !== 'https:' && !(reach.isLocalAllowed && url.protocol === 'http:')) return false
  if (url.username !== '' || url.password !== '') return false
  const isPortAllowed = HTTPS_PORTS.has(url.port) || Number(url.port) >= FIRST_FREE_PORT
  const host = hostOf(url)
  return isPortAllowed && host !== '' && (isIP(host) === 0 || isReachable(host, reach))
}

/** The host without the brackets that a URL puts around IPv6. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

const list = (type: 'ipv4' | 'ipv6', ...subnets: readonly (readonly [string, number])[]): BlockList => {
  const blocks = new BlockList()
  for (const [network, prefix] of subnets) blocks.addSubnet(network, prefix, type)
  return blocks
}

/** IANA's special-purpose registry of IPv4 (RFC 6890), multicast, and what is reserved. */
const SPECIAL_IPV4 = list(
  'ipv4',
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
)
/** All that is global is in here; mapped, translated, unique local, link-local and multicast addresses are not. */
const GLOBAL_IPV6 = list('ipv6', ['2000::', 3])
/** Of that, what is set apart: Teredo and its like, documentation, 6to4, which carry other addresses within. */
const SPECIAL_IPV6 = list('ipv6', ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20])
const LOOPBACK_IPV4 = list('ipv4', ['127.0.0.0', 8])

/** Whether an IP address may be called: a public one, or outside production a loopback one. */
export function isReachable(address: string, { isLocalAllowed }: Reach): boolean {
  const plain = plainAddress(address)
  if (isIP(plain) === 4) return !SPECIAL_IPV4.check(plain) || (isLocalAllowed && LOOPBACK_IPV4.check(plain))
  if (isIP(plain) !== 6 || plain.includes('%')) return false
  if (isLocalAllowed && plain === '::1') return true
  return GLOBAL_IPV6.check(plain, 'ipv6') && !SPECIAL_IPV6.check(plain, 'ipv6')
}
