import { blank, Malformed, overwrite } from './patches.js'
import type { FileBytes, Patch } from './patches.js'

/** A box of an MP4 or QuickTime file (ISO/IEC 14496-12, section 4.2). */
interface Box {
  readonly type: string
  readonly at: number
  /** Where its contents begin. */
  readonly from: number
  readonly to: number
}

/** What a film is played from; everything else is emptied, whoever invented it. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  file: ['ftyp', 'styp', 'moov', 'mdat', 'moof', 'mfra', 'sidx', 'ssix', 'pdin', 'free', 'skip', 'wide'],
  moov: ['mvhd', 'trak', 'mvex', 'iods'],
  trak: ['tkhd', 'tref', 'edts', 'mdia', 'tapt', 'load', 'clip', 'matt', 'txas', 'trgr', 'imap'],
  mdia: ['mdhd', 'hdlr', 'minf', 'elng'],
  moof: ['mfhd', 'traf', 'pssh'],
  traf: ['tfhd', 'tfdt', 'trun', 'sdtp', 'sbgp', 'sgpd', 'subs', 'saiz', 'saio', 'senc'],
}
/** Kept for their length alone. */
const FILLERS = ['free', 'skip', 'wide']
/** Tracks that people see, hear or read; one that notes where the camera was is none of them. */
const KEPT_TRACKS = ['vide', 'soun', 'text', 'sbtl', 'subt', 'clcp']
/** Tracks of one film. */
const MAX_TRACKS = 1_000
/** Entries of one table: samples of hours, at the rate of pictures. */
const MAX_TABLE_ENTRIES = 2_000_000
const FREE = Buffer.from('free', 'latin1')

/** What takes everything out of an MP4 or QuickTime file that is neither seen nor heard: places, names, times, devices. */
export async function* patchesOfIsoMedia(file: FileBytes): AsyncGenerator<Patch> {
  const tracks: Box[] = []
  let hasFragments = false
  for await (const box of boxesIn(file, 0, file.size)) {
    if (FILLERS.includes(box.type)) yield blank(box.from, box.to - box.from)
    else if (!isKept('file', box)) yield* emptied(box)
    else if (box.type === 'moof') {
      hasFragments = true
      yield* patchesOfFragment(file, box)
    } else if (box.type === 'moov') {
      for await (const part of boxesIn(file, box.from, box.to)) {
        if (!isKept('moov', part)) yield* emptied(part)
        else if (part.type === 'mvhd') yield await withoutTimes(file, part)
        else if (part.type === 'trak' && tracks.push(part) > MAX_TRACKS) throw new Malformed('too many tracks')
      }
    }
  }
  const shown: Box[] = []
  for (const track of tracks) if (yield* patchesOfTrack(file, track)) shown.push(track)
  if (shown.length === tracks.length) return
  if (hasFragments) throw new Malformed('a track that is not shown lies in fragments')
  // what refers to a track that is gone goes too
  for (const { from, to } of shown)
    for await (const part of boxesIn(file, from, to)) if (part.type === 'tref') yield* emptied(part)
}

async function* patchesOfFragment(file: FileBytes, moof: Box): AsyncGenerator<Patch> {
  for await (const part of boxesIn(file, moof.from, moof.to)) {
    if (!isKept('moof', part)) yield* emptied(part)
    else if (part.type === 'traf')
      for await (const inner of boxesIn(file, part.from, part.to)) if (!isKept('traf', inner)) yield* emptied(inner)
  }
}

const isKept = (parent: string, { type }: Box): boolean => KEPT[parent]?.includes(type) === true

/** The box becomes one that means nothing, of the same length. */
const emptied = ({ at, from, to }: Box): Patch[] => [overwrite(at + 4, FREE), blank(from, to - from)]

async function* boxesIn(file: FileBytes, from: number, to: number): AsyncGenerator<Box> {
  for (let at = from; at < to;) {
    // QuickTime ends some lists with four zeros
    if (to - at < 8) return
    const header = await file.upTo(at, 16)
    const type = header.toString('latin1', 4, 8)
    const [length, headerLength] = lengthOf(header, to - at)
    if (length < headerLength || at + length > to) throw new Malformed(`a box of ${String(length)} bytes`)
    yield { type, at, from: at + headerLength, to: at + length }
    at += length
  }
}

/** 0 stands for all that is left, 1 for a length of eight bytes behind the type. */
function lengthOf(header: Buffer, left: number): [number, number] {
  const short = header.readUInt32BE(0)
  if (short === 0) return [left, 8]
  if (short !== 1) return [short, 8]
  if (header.length < 16) throw new Malformed('a box without its length')
  return [Number(header.readBigUInt64BE(8)), 16]
}

/** When it was made and changed: the two first times of such a box, of four bytes each or of eight. */
async function withoutTimes(file: FileBytes, box: Box): Promise<Patch> {
  const [version] = await file.at(box.from, 1)
  return blank(box.from + 4, version === 1 ? 16 : 8)
}

/** Answers whether the track is shown; one that is not goes, and its samples with it. */
async function* patchesOfTrack(file: FileBytes, track: Box): AsyncGenerator<Patch, boolean> {
  let handler = ''
  let samples: Box | null = null
  for await (const part of boxesIn(file, track.from, track.to)) {
    if (!isKept('trak', part)) yield* emptied(part)
    else if (part.type === 'tkhd') yield await withoutTimes(file, part)
    else if (part.type === 'mdia')
      for await (const inner of boxesIn(file, part.from, part.to)) {
        if (!isKept('mdia', inner)) yield* emptied(inner)
        else if (inner.type === 'mdhd') yield await withoutTimes(file, inner)
        else if (inner.type === 'hdlr') {
          handler = (await file.at(inner.from + 8, 4)).toString('latin1')
          // its name is often the camera's
          if (inner.to > inner.from + 24) yield blank(inner.from + 24, inner.to - inner.from - 24)
        } else if (inner.type === 'minf') samples = await find(file, inner, 'stbl')
      }
  }
  if (KEPT_TRACKS.includes(handler)) return true
  if (samples) yield* patchesOfSamples(file, samples)
  yield* emptied(track)
  return false
}

async function find(file: FileBytes, parent: Box, type: string): Promise<Box | null> {
  for await (const box of boxesIn(file, parent.from, parent.to)) if (box.type === type) return box
  return null
}

/** Blanks a track's samples: its chunks, each as long as the samples in it (ISO/IEC 14496-12, section 8.7). */
async function* patchesOfSamples(file: FileBytes, table: Box): AsyncGenerator<Patch> {
  const offsets = await chunkOffsets(file, table)
  const lengthOfSamples = await sampleSizes(file, table)
  const { count, bytes: runs } = await entriesIn(file, table, 'stsc', 12)
  let [sample, run] = [0, 0]
  for (const [chunk, at] of offsets.entries()) {
    while (run + 1 < count && runs.readUInt32BE((run + 1) * 12) <= chunk + 1) run += 1
    const samples = run < count ? runs.readUInt32BE(run * 12 + 4) : 0
    const length = lengthOfSamples(sample, samples)
    if (at + length > file.size) throw new Malformed('a sample beyond the end')
    if (length > 0) yield blank(at, length)
    sample += samples
  }
}

async function chunkOffsets(file: FileBytes, table: Box): Promise<Float64Array> {
  const short = await entriesIn(file, table, 'stco', 4)
  if (short.count > 0) return Float64Array.from({ length: short.count }, (_, n) => short.bytes.readUInt32BE(n * 4))
  const long = await entriesIn(file, table, 'co64', 8)
  return Float64Array.from({ length: long.count }, (_, n) => Number(long.bytes.readBigUInt64BE(n * 8)))
}

/** How long so many samples from the nth on are together: one size for all, or each its own. */
async function sampleSizes(file: FileBytes, table: Box): Promise<(first: number, samples: number) => number> {
  const box = await find(file, table, 'stsz')
  if (!box) throw new Malformed('samples without sizes')
  const header = await file.at(box.from, 12)
  const [common, all] = [header.readUInt32BE(4), header.readUInt32BE(8)]
  const { bytes } = common > 0 ? NO_ENTRIES : await entriesAt(file, box, 12, { count: all, length: 4 })
  return (first, samples) => {
    // asked before anything is added up: the number is the file's, and need not be true
    if (first + samples > all) throw new Malformed('more samples than there are')
    if (common > 0) return common * samples
    let length = 0
    for (let sample = first; sample < first + samples; sample += 1) length += bytes.readUInt32BE(sample * 4)
    return length
  }
}

/** Entries of a table, one behind the other. */
interface Entries {
  readonly count: number
  readonly bytes: Buffer
}

const NO_ENTRIES: Entries = { count: 0, bytes: Buffer.alloc(0) }

/** The entries of a table: a version, a count, and as many of a length. */
async function entriesIn(file: FileBytes, table: Box, type: string, length: number): Promise<Entries> {
  const box = await find(file, table, type)
  if (!box) return NO_ENTRIES
  const count = (await file.at(box.from + 4, 4)).readUInt32BE(0)
  return await entriesAt(file, box, 8, { count, length })
}

async function entriesAt(
  file: FileBytes,
  box: Box,
  offset: number,
  { count, length }: { readonly count: number; readonly length: number },
): Promise<Entries> {
  if (count > MAX_TABLE_ENTRIES) throw new Malformed('too many samples')
  const at = box.from + offset
  // else tables could lie over each other, and each be read anew
  if (at + count * length > box.to) throw new Malformed('a table beyond its box')
  return { count, bytes: await file.at(at, count * length) }
}
