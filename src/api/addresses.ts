import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { plainAddress } from '../lib/network.js'
import type { Client } from './context.js'

const MAX_USER_AGENT_LENGTH = 500

/** The configured proxies, ready to be asked. */
export type Proxies = (address: string) => boolean

/** Which addresses are trusted proxies, of a list of addresses and CIDR ranges. */
export function trustedProxies(networks: readonly string[]): Proxies {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    const plain = plainAddress(address)
    const version = isIP(plain)
    return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4')
  }
}

/**
 * Whose request it is: the nearest address that is not one of our proxies. `X-Forwarded-For` counts only as far as
 * proxies vouch for it.
 */
export function clientAddress(isProxy: Proxies, peer: string | undefined, forwardedFor: string | undefined): string {
  const hops = [peer ?? '', ...(forwardedFor ?? '').split(',').reverse()].map((hop) => plainAddress(hop.trim()))
  let nearest = ''
  for (const hop of hops) {
    if (isIP(hop) === 0) break
    nearest = hop
    if (!isProxy(hop)) break
  }
  return nearest
}

/** Where a request, or the upgrade of a socket, came from. */
export const clientOf = (isProxy: Proxies, { socket, headers }: IncomingMessage): Client => ({
  ip: clientAddress(isProxy, socket.remoteAddress, headers['x-forwarded-for']?.toString()),
  userAgent: (headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT_LENGTH),
})
