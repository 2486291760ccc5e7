import { blank, Malformed, overwrite } from './patches.js'
import type { FileBytes, Patch } from './patches.js'

const ID3_HEADER = 10
const ID3_TRAILER = 128
const APE_FOOTER = 32

/** MP3: tags before the sound (ID3v2, whose frames become padding) and behind it (ID3v1, APE). */
export async function* patchesOfMp3(file: FileBytes): AsyncGenerator<Patch> {
  let at = 0
  for (;;) {
    const header = await file.upTo(at, ID3_HEADER)
    if (header.toString('latin1', 0, 3) !== 'ID3' || header.length < ID3_HEADER) break
    const length = syncSafe(header, 6)
    if (at + ID3_HEADER + length > file.size) throw new Malformed('a tag beyond the end')
    // without the flags that would announce parts which are gone
    yield blank(at + 5, 1)
    yield blank(at + ID3_HEADER, length)
    at += ID3_HEADER + length
  }
  let end = file.size
  const last = await file.upTo(Math.max(at, end - ID3_TRAILER), ID3_TRAILER)
  if (last.length === ID3_TRAILER && last.toString('latin1', 0, 3) === 'TAG') {
    end -= ID3_TRAILER
    yield blank(end, ID3_TRAILER)
  }
  const footer = await file.upTo(Math.max(at, end - APE_FOOTER), Math.min(APE_FOOTER, end - at))
  if (footer.length === APE_FOOTER && footer.toString('latin1', 0, 8) === 'APETAGEX') {
    // the length counts the footer, and not a header of as many bytes that may stand before
    const length = Math.min(footer.readUInt32LE(12) + APE_FOOTER, end - at)
    yield blank(end - length, length)
  }
}

/** Four bytes of seven bits each. */
const syncSafe = (bytes: Buffer, at: number): number =>
  [0, 1, 2, 3].reduce((sum, index) => sum * 128 + ((bytes[at + index] ?? 0) & 127), 0)

/** What sound is played from. */
const WAV_CHUNKS = ['fmt ', 'data', 'fact']
const JUNK = Buffer.from('JUNK', 'latin1')

/** WAV: chunks of names, comments and broadcast notes become junk; what follows the last is nothing. */
export async function* patchesOfWav(file: FileBytes): AsyncGenerator<Patch> {
  const end = Math.min(file.size, 8 + (await file.at(4, 4)).readUInt32LE(0))
  let at = 12
  while (at + 8 <= end) {
    const header = await file.at(at, 8)
    const length = Math.min(header.readUInt32LE(4), end - at - 8)
    if (!WAV_CHUNKS.includes(header.toString('latin1', 0, 4))) {
      yield overwrite(at, JUNK)
      yield blank(at + 8, length)
    }
    at += 8 + length + (length % 2)
  }
  if (at < file.size) yield blank(at, file.size - at)
}

const FLAC_STREAM_INFO = 0
const FLAC_PADDING = 1
const FLAC_SEEK_TABLE = 3
const LAST_BLOCK = 0x80

/** FLAC: comments, pictures and notes of applications become padding. */
export async function* patchesOfFlac(file: FileBytes): AsyncGenerator<Patch> {
  if ((await file.at(0, 4)).toString('latin1') !== 'fLaC') throw new Malformed('something before the sound')
  for (let [at, isLast] = [4, false]; !isLast;) {
    const header = await file.at(at, 4)
    const [kind = 0] = header
    const length = header.readUIntBE(1, 3)
    isLast = (kind & LAST_BLOCK) !== 0
    const type = kind & ~LAST_BLOCK
    if (at + 4 + length > file.size) throw new Malformed('a block beyond the end')
    if (type !== FLAC_STREAM_INFO && type !== FLAC_SEEK_TABLE) {
      yield overwrite(at, Buffer.from([(kind & LAST_BLOCK) | FLAC_PADDING]))
      yield blank(at + 4, length)
    }
    at += 4 + length
  }
}

const PAGE_HEADER = 27
const MAX_SEGMENTS = 255
const CRC_AT = 22

/** Songs that follow each other in one file. */
const MAX_STREAMS = 10_000

/** A page of an Ogg file (RFC 3533), and whether a stream begins with it. */
interface Page {
  readonly at: number
  readonly header: Buffer
  readonly dataAt: number
  readonly dataLength: number
  readonly serial: number
  readonly isFirst: boolean
}

/** How far the header of a logical stream was read: the second packet of each is its comments. */
interface OggStream {
  packet: number
  /** How much of the comments was read. */
  commentsLength: number
  /** What takes their place; zeros behind it are ignored. */
  comments: Buffer
}

/** Ogg: the comments of every stream in it, be it Vorbis or Opus, are emptied, and the pages' checksums made right again. */
export async function* patchesOfOgg(file: FileBytes): AsyncGenerator<Patch> {
  const streams = new Map<number, OggStream>()
  for await (const page of pagesOf(file)) {
    if (page.isFirst) streams.set(page.serial, { packet: 0, commentsLength: 0, comments: Buffer.alloc(0) })
    if (streams.size > MAX_STREAMS) throw new Malformed('too many streams')
    const stream = streams.get(page.serial)
    if (!stream) throw new Malformed('a page of no stream')
    const part = takePage(stream, page)
    if (!part) continue
    if (stream.commentsLength === 0) stream.comments = emptyComments(await file.upTo(part.at, 8))
    const bytes = stream.comments.subarray(stream.commentsLength, stream.commentsLength + part.length)
    stream.commentsLength += part.length
    if (stream.packet > 1 && stream.commentsLength < stream.comments.length) throw new Malformed('half a comment')
    const patch = { ...part, bytes }
    yield patch
    yield await checksumOf(file, page, patch)
  }
}

/** What of the page belongs to the stream's second packet; null where nothing does. */
function takePage(stream: OggStream, page: Page): { readonly at: number; readonly length: number } | null {
  let at = page.dataAt
  let length = 0
  for (const lace of page.header.subarray(PAGE_HEADER)) {
    if (stream.packet > 1) return null
    length += lace
    if (lace === MAX_SEGMENTS) continue
    stream.packet += 1
    if (stream.packet > 1) return { at, length }
    at += length
    length = 0
  }
  return stream.packet === 1 && length > 0 ? { at, length } : null
}

/** The checksum of a page with other bytes in it. */
async function checksumOf(file: FileBytes, { at, header, dataAt, dataLength }: Page, patch: Patch): Promise<Patch> {
  const data = await file.at(dataAt, dataLength)
  const from = patch.at - dataAt
  data.fill(0, from, from + patch.length).set(patch.bytes, from)
  const withoutChecksum = Buffer.from(header)
  withoutChecksum.writeUInt32LE(0, CRC_AT)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32LE(crcOf(data, crcOf(withoutChecksum, 0)))
  return overwrite(at + CRC_AT, checksum)
}

/** Comments of nobody about nothing. */
function emptyComments(beginning: Buffer): Buffer {
  const magic =
    beginning.toString('latin1', 0, 8) === 'OpusTags' ? 8 : beginning.toString('latin1', 1, 7) === 'vorbis' ? 7 : 0
  if (magic === 0) throw new Malformed('a stream of another codec than Vorbis or Opus')
  const comments = Buffer.alloc(magic === 7 ? magic + 9 : magic + 8)
  beginning.copy(comments, 0, 0, magic)
  // the framing bit, which Vorbis ends its comments with
  if (magic === 7) comments[magic + 8] = 1
  return comments
}

async function* pagesOf(file: FileBytes): AsyncGenerator<Page> {
  for (let at = 0; at < file.size;) {
    const header = await file.upTo(at, PAGE_HEADER + MAX_SEGMENTS)
    if (header.toString('latin1', 0, 4) !== 'OggS' || header.length < PAGE_HEADER)
      throw new Malformed('something between pages')
    const segments = header[26] ?? 0
    const whole = header.subarray(0, PAGE_HEADER + segments)
    if (whole.length < PAGE_HEADER + segments) throw new Malformed('half a page')
    const dataLength = whole.subarray(PAGE_HEADER).reduce((sum, lace) => sum + lace, 0)
    const dataAt = at + whole.length
    if (dataAt + dataLength > file.size) throw new Malformed('half a page')
    yield {
      at,
      header: whole,
      dataAt,
      dataLength,
      serial: whole.readUInt32LE(14),
      isFirst: ((whole[5] ?? 0) & 2) !== 0,
    }
    at = dataAt + dataLength
  }
}

/** The polynomial of RFC 3533, not reflected. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc >>> 0
})

function crcOf(bytes: Buffer, start: number): number {
  let crc = start
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 255] ?? 0)) >>> 0
  return crc
}
