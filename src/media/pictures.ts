import { holdActor, setProfilePicture } from '../accounts/accounts.js'
import type { ProfilePicture } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import type { Viewer } from '../lib/viewer.js'
import { checkReady, holdMedia, releaseMedia } from './attaching.js'

const PATH = ['input', 'mediaId']
const PURPOSES = { avatar: 'AVATAR', banner: 'BANNER' } as const

/**
 * Puts a file of the viewer's on their profile, or takes the picture that is there away. The one that was there is swept
 * after its time. Audited as a change of the profile.
 * @throws NOT_FOUND node_not_found; INVALID media_refused; CONFLICT media_not_ready; FORBIDDEN account_limited
 */
export async function setPicture(
  tx: Tx,
  viewer: Viewer,
  { picture, mediaId }: { readonly picture: ProfilePicture; readonly mediaId: string | null },
  now: Date,
): Promise<void> {
  // people before files, as everywhere
  await holdActor(tx, viewer.userId, now)
  if (mediaId !== null) {
    const attachment = { ownerId: viewer.userId, ids: [mediaId], purpose: PURPOSES[picture], path: PATH }
    checkReady(await holdMedia(tx, attachment, now), PATH)
  }
  const before = await setProfilePicture(tx, viewer, { picture, mediaId }, now)
  if (before !== null && before !== mediaId) await releaseMedia(tx, [before], now)
}
