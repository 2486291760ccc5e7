import { isStaffRole } from '../accounts/accounts.js'
import type { GateCall, GateRef, MediaGates } from '../media/types.js'
import { listMessageMedia, listMessagesById } from './message-queries.js'
import type { MessageRow } from './types.js'

type MessageRef = Extract<GateRef, { readonly messageId: string }>

/** Whether a file that is in a message may be fetched at this moment: by one of the two, as the message opens to them, or by staff. */
export const messageGates = (config: { readonly ageGate: 'content' | 'platform' }): MediaGates => ({
  message: async (call) => {
    const found = await findMessage(call, config)
    return found !== null && found.message.isOpen && isSameGrant(call.gate.grant, found.message)
  },
  message_teaser: async (call) => {
    const found = await findMessage(call, config)
    return found !== null && (call.media.isHint || found.isTeaser)
  },
  // only revealMessage makes such an address, for who asked and for minutes
  revealed_message: async ({ db, viewer, media, gate }) =>
    viewer !== null &&
    isStaffRole(viewer.role) &&
    (await listMessageMedia(db, [gate.messageId])).some(({ mediaId }) => mediaId === media.id),
})

/** An address that a grant opened ends with that version of it; one that needed none ends with what opened it. */
const isSameGrant = (
  wanted: { readonly id: string; readonly version: number } | null,
  { grant }: MessageRow,
): boolean => wanted === null || (grant?.id === wanted.id && grant.version === wanted.version)

/** The message as whoever the address was made for has it now; null where it has no body for them, or the file is no longer in it. */
async function findMessage(
  { db, viewer, media, gate }: GateCall<MessageRef>,
  { ageGate }: { readonly ageGate: 'content' | 'platform' },
): Promise<{ readonly message: MessageRow; readonly isTeaser: boolean } | null> {
  const reading = viewer && { ...viewer, viewerId: viewer.userId, isGated: ageGate === 'platform' }
  const [message] = reading ? await listMessagesById(db, reading, [gate.messageId]) : []
  const files = message && message.absence === null ? await listMessageMedia(db, [message.id]) : []
  const file = files.find(({ mediaId }) => mediaId === media.id)
  return message && file ? { message, isTeaser: file.isTeaser } : null
}
