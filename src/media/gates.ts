import { isPictureOf } from './queries.js'
import type { MediaGates } from './types.js'

/** What needs nobody above to be decided. */
export const gates: MediaGates = {
  own: ({ viewer, media }) => Promise.resolve(viewer?.userId === media.ownerId),
  profile: ({ db, viewer, media, gate }) => isPictureOf(db, gate.userId, media.id, viewer?.userId ?? null),
}
