import { patchesOfIsoMedia } from './iso-media.js'
import { patchesOfMatroska } from './matroska.js'
import { withBytes } from './patches.js'
import type { FileBytes, Patch } from './patches.js'
import { patchesOfFlac, patchesOfMp3, patchesOfOgg, patchesOfWav } from './sound.js'

const BY_TYPE: Readonly<Record<string, (file: FileBytes) => Promise<Patch[]>>> = {
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

/**
 * What takes the metadata out of a film or sound, byte for byte in its place, without another tool and without reading it
 * whole: where it was made, by whom, when, with what, and pictures within it.
 * @throws Malformed when its structure is not that of its type
 */
export function patchesOf(path: string, contentType: string): Promise<Patch[]> {
  const patchesIn = BY_TYPE[contentType]
  if (!patchesIn) throw new Error(`no film and no sound: ${contentType}`)
  return withBytes(path, patchesIn)
}
