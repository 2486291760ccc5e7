import type { GateCall, GateRef, MediaGates } from '../media/types.js'
import { isVeiled } from './access.js'
import type { Access } from './access.js'
import { listContentMedia } from './media-queries.js'
import { listContentById } from './queries.js'
import { accessOf } from './reading.js'

type PostRef = Extract<GateRef, { readonly contentId: string }>

/** Whether a file that is in a post, in its body or on its cover, may be fetched at this moment. */
export const contentGates = (config: { readonly ageGate: 'content' | 'platform' }): MediaGates => ({
  content: async (call) => {
    const found = await findPost(call, config)
    return found !== null && found.access.isOpen && isSameGrant(call.gate.grant, found.access)
  },
  teaser: async (call) => {
    const found = await findPost(call, config)
    return found !== null && found.access.isVisible && !isVeiled(found.access) && (call.media.isHint || found.isTeaser)
  },
})

/** An address that a grant opened ends with that version of it; one that needed none ends with what opened it. */
const isSameGrant = (wanted: { readonly id: string; readonly version: number } | null, { grant }: Access): boolean =>
  wanted === null || (grant?.id === wanted.id && grant.version === wanted.version)

/** The post as whoever the address was made for stands to it now; null where the file is no longer in it. */
async function findPost(
  { db, now, viewer, media, gate }: GateCall<PostRef>,
  config: { readonly ageGate: 'content' | 'platform' },
): Promise<{ readonly access: Access; readonly isTeaser: boolean } | null> {
  const reading = {
    viewerId: viewer?.userId ?? null,
    isAgeVerified: viewer?.isAgeVerified ?? false,
    isGated: config.ageGate === 'platform',
    now,
  }
  const [row] = await listContentById(db, [gate.contentId], reading)
  const files = row ? await listContentMedia(db, [row.id]) : []
  const file = files.find(({ mediaId }) => mediaId === media.id)
  return row && file ? { access: accessOf(row, viewer, reading), isTeaser: file.isTeaser } : null
}
