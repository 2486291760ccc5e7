import { UAParser } from 'ua-parser-js'
import { countryOf } from '../lib/geo.js'
import type { DeviceType } from '../generated/prisma/client.js'
import type { Client } from './types.js'

const MAX_USER_AGENT_LENGTH = 512
const MAX_NAME_LENGTH = 40
const BOT = /bot|crawl|spider/i
const DEVICE_TYPES: Readonly<Record<string, DeviceType>> = { mobile: 'MOBILE', tablet: 'TABLET', smarttv: 'TV' }

/** What a session remembers of the device that opened it. */
export interface Device {
  readonly deviceLabel: string | null
  readonly userAgent: string | null
  readonly browser: string | null
  readonly os: string | null
  readonly deviceType: DeviceType
  readonly countryCode: string | null
}

/** What the user agent and the address say of a device; both are only claims, for its owner to recognise it by. */
export async function describeDevice({ ip, userAgent }: Client): Promise<Device> {
  const agent = cleaned(userAgent)
  const { browser, os } = new UAParser(agent).getResult()
  return {
    deviceLabel: labelOf(agent, browser.name, os.name),
    userAgent: agent || null,
    browser: browser.name?.slice(0, MAX_NAME_LENGTH) ?? null,
    os: os.name?.slice(0, MAX_NAME_LENGTH) ?? null,
    deviceType: deviceTypeOf(userAgent),
    countryCode: await countryOf(ip),
  }
}

const cleaned = (userAgent: string): string => userAgent.replace(/\p{C}/gu, '').slice(0, MAX_USER_AGENT_LENGTH)

/** What kind of device a user agent claims to be on. */
export function deviceTypeOf(userAgent: string): DeviceType {
  const agent = cleaned(userAgent)
  const { os, device } = new UAParser(agent).getResult()
  return BOT.test(agent) ? 'BOT' : (DEVICE_TYPES[device.type ?? ''] ?? (os.name ? 'DESKTOP' : 'OTHER'))
}

/** `Firefox on Linux`, or the product that a tool names first: `curl`. */
function labelOf(agent: string, browser: string | undefined, os: string | undefined): string | null {
  if (browser && os) return `${browser.slice(0, MAX_NAME_LENGTH)} on ${os.slice(0, MAX_NAME_LENGTH)}`
  return (browser ?? os ?? /^[\w.-]+/.exec(agent)?.[0])?.slice(0, MAX_NAME_LENGTH) ?? null
}
