import type { Config } from '../env.js'

/** Says whether pages of an origin may talk to the API. */
export type Origins = (origin: string) => boolean

const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/

/** The configured origins; outside production, every port of this machine too. */
export function allowedOrigins({ corsOrigins, isProduction }: Config): Origins {
  const listed = new Set(corsOrigins)
  return (origin) => listed.has(origin) || (!isProduction && LOCAL.test(origin))
}
