import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { fileTypeFromBuffer, fileTypeFromFile } from 'file-type'
import { HEAD_BYTES, MAX_PIXELS, MAX_SIDE_PIXELS } from './limits.js'
import { openSharp } from './images.js'
import { takenType } from './media-types.js'
import type { MediaFailure } from './types.js'

/**
 * What makes a browser, a shell or an archiver take a file for something else. Nothing that is shorter: over gigabytes of
 * compressed film, anything short occurs by chance. One pattern, since a file may have the beginning of each at every byte.
 */
const ANYWHERE = /<(?:script|\?php[ \n\r]|!doctype html|iframe|foreignobject)/i
/** Marks that are looked for at the beginning only, where whoever sniffs looks too, in lower case. */
const AT_THE_BEGINNING = ['%pdf-', '<html', '<svg', '<body', '<head', '#!/', 'javascript:']
const BEGINNING_BYTES = 1_024
const LONGEST_MARK = '<foreignobject'.length
/** A script that begins with a picture's magic puts a comment around what follows it. */
const COMMENT_WITHIN_BYTES = 16
/** Where an archive's directory ends, at the end of a file: 22 bytes and a comment. */
const ARCHIVE_END_BYTES = 22
const TAIL_BYTES = ARCHIVE_END_BYTES + 0xffff
const ARCHIVE_END = Buffer.from('PK\x05\x06', 'latin1')

/** What is known of bytes that were looked at from the first to the last. */
export interface Inspected {
  readonly sizeBytes: number
  readonly sha256: Buffer
  readonly head: Buffer
  /** Whether something other than the declared file hides in it. */
  readonly isSuspicious: boolean
}

/** Looks at bytes as they come, and keeps only their beginning and end. */
export async function inspectBytes(bytes: AsyncIterable<Buffer>): Promise<Inspected> {
  const hash: Hash = createHash('sha256')
  let sizeBytes = 0
  let isSuspicious = false
  let head: Buffer = Buffer.alloc(0)
  let tail: Buffer = Buffer.alloc(0)
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    hash.update(chunk)
    sizeBytes += chunk.length
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)])
    tail = lastOf(tail, chunk, TAIL_BYTES)
    // a mark may lie across two chunks
    isSuspicious ||= hasMark(Buffer.concat([rest, chunk.subarray(0, LONGEST_MARK)])) || hasMark(chunk)
    rest = lastOf(rest, chunk, LONGEST_MARK - 1)
  }
  isSuspicious ||= beginsOtherwise(head) || endsAsArchive(tail)
  return { sizeBytes, sha256: hash.digest(), head, isSuspicious }
}

function lastOf(before: Buffer, chunk: Buffer, length: number): Buffer {
  if (chunk.length >= length) return Buffer.from(chunk.subarray(chunk.length - length))
  const all = Buffer.concat([before, chunk])
  return all.subarray(Math.max(0, all.length - length))
}

const hasMark = (bytes: Buffer): boolean => ANYWHERE.test(bytes.toString('latin1'))

/** Whether a file's first bytes are those of a page, a script or a document, or can be read as such. */
export function beginsOtherwise(head: Buffer): boolean {
  const beginning = head.toString('latin1', 0, BEGINNING_BYTES).toLowerCase()
  if (AT_THE_BEGINNING.some((mark) => beginning.includes(mark))) return true
  const first = beginning.slice(0, COMMENT_WITHIN_BYTES)
  return first.includes('/*') || first.includes('<!--')
}

/** An archive is read from its end: what comes before it may be anything, a picture too. */
function endsAsArchive(tail: Buffer): boolean {
  for (let at = tail.lastIndexOf(ARCHIVE_END); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(ARCHIVE_END, at - 1)) {
    if (at + ARCHIVE_END_BYTES > tail.length) continue
    if (tail.readUInt16LE(at + 20) === tail.length - at - ARCHIVE_END_BYTES) return true
  }
  return false
}

/** The media type that a file's first bytes show; null when they do not say, as in sound after a large picture. */
export const typeOfHead = async (head: Buffer): Promise<string | null> => bare((await fileTypeFromBuffer(head))?.mime)

/** The media type that a file's bytes show. */
export const typeOfFile = async (path: string): Promise<string | null> => bare((await fileTypeFromFile(path))?.mime)

/** `audio/ogg; codecs=opus` is `audio/ogg`. */
const bare = (mime: string | undefined): string | null => mime?.split(';')[0]?.trim() ?? null

/** Whether bytes that were recognised as one type may be what was declared. */
export const isType = (declaredType: string, recognisedAs: string): boolean =>
  takenType(declaredType)?.recognisedAs.includes(recognisedAs) === true

/** What speaks against showing a picture, by what its header says of its size; null when nothing does, or it does not say. */
export async function refusalOfPixels(input: Buffer | string): Promise<MediaFailure | null> {
  const sharp = await openSharp()
  try {
    const { width, height, pageHeight, pages } = await sharp(input, {
      limitInputPixels: MAX_PIXELS,
      failOn: 'none',
    }).metadata()
    const frames = pages ?? 1
    const frameHeight = pageHeight ?? height
    if (Math.max(width, frameHeight) > MAX_SIDE_PIXELS) return 'TOO_MANY_PIXELS'
    return width * frameHeight * frames > MAX_PIXELS ? 'TOO_MANY_PIXELS' : null
  } catch (error) {
    return isPixelLimit(error) ? 'TOO_MANY_PIXELS' : null
  }
}

/** How libvips says that it lacked memory, disk or the file: the picture may be sound, and is tried again. */
export const isMachineFault = (error: unknown): boolean =>
  error instanceof Error &&
  /out of memory|cannot allocate|no space left|too many open files|input file is missing/i.test(error.message)

/** How libvips says that a picture is larger than it may be. */
export const isPixelLimit = (error: unknown): boolean =>
  error instanceof Error && /exceeds pixel limit/i.test(error.message)
