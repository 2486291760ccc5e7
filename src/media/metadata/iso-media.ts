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
const MAX_SAMPLES = 10_000_000
const FREE = Buffer.from('free', 'latin1')

/** What takes everything out of an MP4 or QuickTime file that is neither seen nor heard: places, names, times, devices. */
export async function patchesOfIsoMedia(file: FileBytes): Promise<Patch[]> {
  const patches: Patch[] = []
  let hasDroppedTrack = false
  const traks: Box[] = []
  for await (const box of boxesIn(file, 0, file.size)) {
    if (FILLERS.includes(box.type)) patches.push(blank(box.from, box.to - box.from))
    else if (!isKept('file', box)) patches.push(...emptied(box))
    else if (box.type === 'moof') patches.push(...(await patchesOfFragment(file, box)))
    else if (box.type === 'moov') {
      for await (const part of boxesIn(file, box.from, box.to)) {
        if (!isKept('moov', part)) patches.push(...emptied(part))
        else if (part.type === 'mvhd') patches.push(await withoutTimes(file, part))
        else if (part.type === 'trak') traks.push(part)
      }
    }
  }
  for (const trak of traks) {
    const track = await readTrack(file, trak)
    if (KEPT_TRACKS.includes(track.handler)) patches.push(...track.patches)
    else {
      hasDroppedTrack = true
      patches.push(...(await samplesOf(file, track)).map(({ at, length }) => blank(at, length)), ...emptied(trak))
    }
  }
  // what refers to a track that is gone goes too
  if (hasDroppedTrack) {
    const kept = traks.filter((trak) => !patches.some(({ at }) => at === trak.at + 4))
    for (const trak of kept)
      for await (const part of boxesIn(file, trak.from, trak.to))
        if (part.type === 'tref') patches.push(...emptied(part))
    if (await hasFragments(file)) throw new Malformed('a track that is not shown lies in fragments')
  }
  return patches
}

async function patchesOfFragment(file: FileBytes, moof: Box): Promise<Patch[]> {
  const patches: Patch[] = []
  for await (const part of boxesIn(file, moof.from, moof.to)) {
    if (!isKept('moof', part)) patches.push(...emptied(part))
    else if (part.type === 'traf')
      for await (const inner of boxesIn(file, part.from, part.to))
        if (!isKept('traf', inner)) patches.push(...emptied(inner))
  }
  return patches
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

interface Track {
  readonly handler: string
  readonly table: Box | null
  readonly patches: readonly Patch[]
}

async function readTrack(file: FileBytes, trak: Box): Promise<Track> {
  const patches: Patch[] = []
  let handler = ''
  let table: Box | null = null
  for await (const part of boxesIn(file, trak.from, trak.to)) {
    if (!isKept('trak', part)) patches.push(...emptied(part))
    else if (part.type === 'tkhd') patches.push(await withoutTimes(file, part))
    else if (part.type === 'mdia')
      for await (const inner of boxesIn(file, part.from, part.to)) {
        if (!isKept('mdia', inner)) patches.push(...emptied(inner))
        else if (inner.type === 'mdhd') patches.push(await withoutTimes(file, inner))
        else if (inner.type === 'hdlr') {
          handler = (await file.at(inner.from + 8, 4)).toString('latin1')
          // its name is often the camera's
          if (inner.to > inner.from + 24) patches.push(blank(inner.from + 24, inner.to - inner.from - 24))
        } else if (inner.type === 'minf') table = await find(file, inner, 'stbl')
      }
  }
  return { handler, table, patches }
}

async function find(file: FileBytes, parent: Box, type: string): Promise<Box | null> {
  for await (const box of boxesIn(file, parent.from, parent.to)) if (box.type === type) return box
  return null
}

interface Span {
  readonly at: number
  readonly length: number
}

/** Where a track's samples lie: its chunks, each as long as the samples in it (ISO/IEC 14496-12, section 8.7). */
async function samplesOf(file: FileBytes, { table }: Track): Promise<Span[]> {
  if (!table) return []
  const offsets = await chunkOffsets(file, table)
  const sizes = await sampleSizes(file, table)
  const runs = await entriesOf(file, table, 'stsc', 12)
  const spans: Span[] = []
  let [sample, run] = [0, 0]
  for (const [chunk, at] of offsets.entries()) {
    while ((runs[run + 1]?.readUInt32BE(0) ?? Infinity) <= chunk + 1) run += 1
    const samples = runs[run]?.readUInt32BE(4) ?? 0
    let length = 0
    for (let n = 0; n < samples; n += 1, sample += 1) length += sizes(sample)
    if (at + length > file.size) throw new Malformed('a sample beyond the end')
    if (length > 0) spans.push({ at, length })
  }
  return spans
}

async function chunkOffsets(file: FileBytes, table: Box): Promise<number[]> {
  const short = await entriesOf(file, table, 'stco', 4)
  if (short.length > 0) return short.map((entry) => entry.readUInt32BE(0))
  return (await entriesOf(file, table, 'co64', 8)).map((entry) => Number(entry.readBigUInt64BE(0)))
}

/** The size of the nth sample: one for all, or each its own. */
async function sampleSizes(file: FileBytes, table: Box): Promise<(sample: number) => number> {
  const box = await find(file, table, 'stsz')
  if (!box) throw new Malformed('samples without sizes')
  const header = await file.at(box.from, 12)
  const [common, count] = [header.readUInt32BE(4), header.readUInt32BE(8)]
  if (common > 0) return (sample) => (sample < count ? common : 0)
  if (count > MAX_SAMPLES) throw new Malformed('too many samples')
  const sizes = await file.at(box.from + 12, count * 4)
  return (sample) => (sample < count ? sizes.readUInt32BE(sample * 4) : 0)
}

/** The entries of a table: a version, a count, and as many of a length. */
async function entriesOf(file: FileBytes, table: Box, type: string, length: number): Promise<Buffer[]> {
  const box = await find(file, table, type)
  if (!box) return []
  const count = (await file.at(box.from + 4, 4)).readUInt32BE(0)
  if (count > MAX_SAMPLES) throw new Malformed('too many samples')
  const bytes = await file.at(box.from + 8, count * length)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * length, (index + 1) * length))
}

async function hasFragments(file: FileBytes): Promise<boolean> {
  for await (const { type } of boxesIn(file, 0, file.size)) if (type === 'moof') return true
  return false
}
