import { isIP } from 'node:net'

/** IPv4 in its IPv6 dress (`::ffff:127.0.0.1`) is the same address. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

const GROUPS = 8
const NETWORK_GROUPS = 4
const SITE_GROUPS = 3

/** What an address is counted under: itself, or for IPv6 its /64, out of which one household may choose any. */
export const networkOf = (address: string): string => prefixOf(address, NETWORK_GROUPS)

/** The next wider thing to count: an address itself, or for IPv6 its /48, all networks of which one customer may have. */
export const siteOf = (address: string): string => prefixOf(address, SITE_GROUPS)

function prefixOf(address: string, length: number): string {
  const plain = plainAddress(address)
  if (isIP(plain) !== 6) return plain
  const [withoutZone = ''] = plain.toLowerCase().split('%')
  const [before = [], after] = withoutZone.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array<string>(Math.max(0, GROUPS - before.length - (after?.length ?? 0))).fill('0')
  const groups = after ? [...before, ...zeros, ...after] : before
  return groups
    .slice(0, length)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
