import { DemoRandom } from '../random.js'
import { HANDS } from './hands.js'
import { LIGHT } from './light.js'
import { MOTION } from './motion.js'
import { PAGES } from './pages.js'
import { SCREENS } from './screens.js'
import { SOUND } from './sound.js'
import type { Look, Studio } from './studio.js'
import { TABLE } from './table.js'

/** Every studio of the demo world; each is one creator's. */
const STUDIOS: readonly Studio[] = [...LIGHT, ...HANDS, ...SOUND, ...PAGES, ...TABLE, ...MOTION, ...SCREENS]

/** The looks there are, for whoever has none of their own. */
export const STUDIO_LOOKS = STUDIOS.map(({ look }) => look) as [Look, ...Look[]]

/** The studio of the creator who can sign in. */
const OWN_STUDIO = { username: 'cleo', name: 'tile-week' }

interface Tenant {
  readonly username: string
  readonly locale: string
  readonly isOfAge: boolean
}

/**
 * Who works in which studio: in one of their own language where there is one left, and nobody of unproven age where pictures
 * are for adults.
 */
export function assignStudios(tenants: readonly Tenant[]): Map<string, Studio> {
  const left = new DemoRandom('studios').sample(STUDIOS, STUDIOS.length)
  const taken = new Map<string, Studio>()
  const take = ({ username }: Tenant, fits: (studio: Studio) => boolean): void => {
    const index = left.findIndex(fits)
    const [studio] = index < 0 ? [] : left.splice(index, 1)
    if (studio) taken.set(username, studio)
  }
  const isAllowed = ({ isOfAge }: Tenant, { posts }: Studio): boolean =>
    isOfAge || !posts.some(({ isForAdults }) => isForAdults)
  for (const tenant of tenants)
    if (tenant.username === OWN_STUDIO.username) take(tenant, ({ name }) => name === OWN_STUDIO.name)
  for (const languagesOf of [({ locale }: Tenant) => locale, () => 'en', () => null])
    for (const tenant of tenants)
      if (!taken.has(tenant.username))
        take(tenant, (studio) => {
          const language = languagesOf(tenant)
          return (language === null || studio.language === language) && isAllowed(tenant, studio)
        })
  return taken
}
