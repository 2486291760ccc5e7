import { blank, Malformed, overwrite } from './patches.js'
import type { FileBytes, Patch } from './patches.js'

/** An element of a WebM file (RFC 8794). */
interface Element {
  readonly id: number
  readonly at: number
  readonly from: number
  readonly to: number
  /** Whether its length was left open by whoever wrote it live. */
  readonly isOpen: boolean
}

const ID = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  info: 0x1549a966,
  tracks: 0x1654ae6b,
  cluster: 0x1f43b675,
  cues: 0x1c53bb6b,
  void: 0xec,
  checksum: 0xbf,
  trackEntry: 0xae,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  trackName: 0x536e,
} as const

/** What a film is played from; tags, attachments, chapters, and whatever else, are emptied. */
const KEPT_IN_SEGMENT: readonly number[] = [ID.seekHead, ID.info, ID.tracks, ID.cluster, ID.cues, ID.void]
const KEPT_IN_INFO: readonly number[] = [ID.timestampScale, ID.duration, ID.void]
/** Mandatory, and so emptied instead of taken away. */
const BLANKED_IN_INFO: readonly number[] = [ID.muxingApp, ID.writingApp]
const SEGMENT_LEVEL = new Set<number>([
  ...KEPT_IN_SEGMENT.filter((id) => id !== ID.void),
  0x1254c367,
  0x1941a469,
  0x1043a770,
])

/** What takes everything out of a WebM file that is neither seen nor heard. */
export async function* patchesOfMatroska(file: FileBytes): AsyncGenerator<Patch> {
  for await (const top of elementsIn(file, 0, file.size)) {
    if (top.id === ID.ebml) continue
    if (top.id !== ID.segment) {
      yield* voided(top)
      continue
    }
    for await (const element of segmentParts(file, top)) {
      if (element.id === ID.void) yield blank(element.from, element.to - element.from)
      else if (!KEPT_IN_SEGMENT.includes(element.id)) yield* voided(element)
      else if (element.id === ID.info) yield* patchesOfInfo(file, element)
      else if (element.id === ID.tracks) yield* patchesOfTracks(file, element)
    }
  }
}

async function* patchesOfInfo(file: FileBytes, info: Element): AsyncGenerator<Patch> {
  for await (const part of elementsIn(file, info.from, info.to))
    if (BLANKED_IN_INFO.includes(part.id)) yield blank(part.from, part.to - part.from)
    else if (!KEPT_IN_INFO.includes(part.id)) yield* voided(part)
}

/** Names of tracks, and checksums that would no longer be right. */
async function* patchesOfTracks(file: FileBytes, tracks: Element): AsyncGenerator<Patch> {
  for await (const entry of elementsIn(file, tracks.from, tracks.to)) {
    if (entry.id === ID.checksum) yield* voided(entry)
    if (entry.id !== ID.trackEntry) continue
    for await (const part of elementsIn(file, entry.from, entry.to))
      if (part.id === ID.trackName || part.id === ID.checksum) yield* voided(part)
  }
}

/** The element becomes one that means nothing, of the same length: it has at least the two bytes that this takes. */
function voided({ at, to }: Element): Patch[] {
  const length = to - at
  if (length < 9) return [overwrite(at, Buffer.from([ID.void, 0x80 | (length - 2)])), blank(at + 2, length - 2)]
  const header = Buffer.alloc(9)
  header[0] = ID.void
  header.writeBigUInt64BE(BigInt(length - 9) | (1n << 56n), 1)
  return [overwrite(at, header), blank(at + 9, length - 9)]
}

/** A segment's parts; a cluster whose length was left open ends where the next part begins. */
async function* segmentParts(file: FileBytes, segment: Element): AsyncGenerator<Element> {
  for (let at = segment.from; at < segment.to;) {
    const element = await elementAt(file, at, segment.to)
    if (!element.isOpen) {
      yield element
      at = element.to
      continue
    }
    if (element.id !== ID.cluster) throw new Malformed('an element without a length')
    at = await endOfCluster(file, element, segment.to)
  }
}

async function endOfCluster(file: FileBytes, cluster: Element, to: number): Promise<number> {
  let at = cluster.from
  while (at < to) {
    const element = await elementAt(file, at, to)
    if (SEGMENT_LEVEL.has(element.id)) break
    if (element.isOpen) throw new Malformed('an element without a length')
    at = element.to
  }
  return at
}

async function* elementsIn(file: FileBytes, from: number, to: number): AsyncGenerator<Element> {
  for (let at = from; at < to;) {
    const element = await elementAt(file, at, to)
    if (element.isOpen && element.id !== ID.segment) throw new Malformed('an element without a length')
    yield element
    at = element.to
  }
}

const MAX_HEADER = 12

async function elementAt(file: FileBytes, at: number, to: number): Promise<Element> {
  const header = await file.upTo(at, Math.min(MAX_HEADER, to - at))
  const idLength = Math.clz32(header[0] ?? 0) - 23
  if (idLength < 1 || idLength > 4 || header.length <= idLength) throw new Malformed('an element without an id')
  const id = header.readUIntBE(0, idLength)
  const sizeLength = Math.clz32(header[idLength] ?? 0) - 23
  if (sizeLength < 1 || sizeLength > 8 || header.length < idLength + sizeLength)
    throw new Malformed('an element without a length')
  let size = BigInt(header[idLength] ?? 0) & ((1n << BigInt(8 - sizeLength)) - 1n)
  for (const byte of header.subarray(idLength + 1, idLength + sizeLength)) size = (size << 8n) | BigInt(byte)
  const isOpen = size === (1n << BigInt(7 * sizeLength)) - 1n
  const from = at + idLength + sizeLength
  const end = isOpen ? to : from + Number(size)
  if (end > to) throw new Malformed('an element beyond its parent')
  return { id, at, from, to: end, isOpen }
}
