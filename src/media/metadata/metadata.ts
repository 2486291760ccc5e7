import { patchesOfIsoMedia } from './iso-media.js'
import { patchesOfMatroska } from './matroska.js'
import { inOrder, Malformed } from './patches.js'
import type { FileBytes, Patch } from './patches.js'
import { patchesOfFlac, patchesOfMp3, patchesOfOgg, patchesOfWav } from './sound.js'

const BY_TYPE: Readonly<Record<string, (file: FileBytes) => AsyncIterable<Patch>>> = {
  'video/mp4': patchesOfIsoMedia,
  'video/quicktime': patchesOfIsoMedia,
  'video/webm': patchesOfMatroska,
  'audio/mp4': patchesOfIsoMedia,
  'audio/webm': patchesOfMatroska,
  'audio/mpeg': patchesOfMp3,
  'audio/ogg': patchesOfOgg,
  'audio/wav': patchesOfWav,
  'audio/flac': patchesOfFlac,
}

/** Places in a file where something is taken out; a film of hours that notes every second where it was has some thousands. */
export const MAX_PATCHES = 200_000

/**
 * What takes the metadata out of a film or sound, byte for byte in its place, without another tool and without reading it
 * whole: where it was made, by whom, when, with what, and pictures within it. The patches are in order.
 * @throws Malformed when its structure is not that of its type
 */
export async function patchesIn(file: FileBytes, contentType: string): Promise<Patch[]> {
  const patchesOfType = BY_TYPE[contentType]
  if (!patchesOfType) throw new Error(`no film and no sound: ${contentType}`)
  const patches: Patch[] = []
  for await (const patch of patchesOfType(file)) {
    if (patches.length >= MAX_PATCHES) throw new Malformed('too much to take out')
    patches.push(patch)
  }
  return inOrder(patches)
}
