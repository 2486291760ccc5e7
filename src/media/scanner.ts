import { createReadStream } from 'node:fs'
import { inspectBytes, isType, refusalOfPixels, typeOfFile } from './inspection.js'
import type { MediaFailure, MediaKind } from './types.js'

/** A file that arrived, on this machine. */
export interface ArrivedFile {
  readonly path: string
  readonly kind: MediaKind
  readonly declaredType: string
  readonly declaredSizeBytes: number
  readonly declaredSha256: Uint8Array | null
}

/** What was found out of a file, and what speaks against it. */
export interface Verdict {
  readonly failure: MediaFailure | null
  readonly sizeBytes: number
  readonly sha256: Uint8Array
}

/** Decides whether a file may be shown. One that knows viruses, or forbidden pictures, takes the place of ours behind it. */
export interface MediaScanner {
  /** @throws Error when it cannot say now: the file waits, and is scanned again */
  scan(file: ArrivedFile): Promise<Verdict>
}

/** Looks at every byte: size, checksum, what the bytes are, what hides in them, and how large a picture would become. */
export const structureScanner: MediaScanner = {
  scan: async (file) => {
    const { sizeBytes, sha256, isSuspicious } = await inspectBytes(createReadStream(file.path))
    const failure = await refusalOf(file, { sizeBytes, sha256, isSuspicious })
    return { failure, sizeBytes, sha256 }
  },
}

async function refusalOf(
  { path, kind, declaredType, declaredSizeBytes, declaredSha256 }: ArrivedFile,
  found: { readonly sizeBytes: number; readonly sha256: Buffer; readonly isSuspicious: boolean },
): Promise<MediaFailure | null> {
  if (found.sizeBytes !== declaredSizeBytes) return 'SIZE_MISMATCH'
  if (declaredSha256 && !found.sha256.equals(declaredSha256)) return 'CHECKSUM_MISMATCH'
  const type = await typeOfFile(path)
  if (type === null || !isType(declaredType, type)) return 'TYPE_MISMATCH'
  if (found.isSuspicious) return 'SUSPICIOUS'
  return kind === 'IMAGE' ? await refusalOfPixels(path) : null
}
