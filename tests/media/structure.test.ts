import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeImages } from '../../src/media/images.js'
import { isMachineFault, refusalOfPixels, typeOfHead } from '../../src/media/inspection.js'
import { patchesOf } from '../../src/media/metadata/apart.js'
import { MAX_PATCHES, patchesIn } from '../../src/media/metadata/metadata.js'
import { FileBytes, Malformed, MAX_READS } from '../../src/media/metadata/patches.js'
import type { Patch } from '../../src/media/metadata/patches.js'
import { makePicture, uploadMedia } from '../support/media.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import {
  FILE_TYPE,
  filmOf,
  flacOf,
  mp3Of,
  numbers,
  oggOf,
  oneSample,
  pageOf,
  trackOf,
  waveOf,
  webmOf,
} from './containers.js'
import { box } from './disguises.js'
import { readMedia } from './reading.js'
import { startWith } from './stores.js'

/** What reading a file's structure came to, and what it cost. */
interface Outcome {
  readonly malformed: string | null
  readonly patches: readonly Patch[]
  readonly looks: number
  readonly bytesRead: number
}

/** @throws whatever is not Malformed */
async function structureOf(bytes: Buffer, contentType: string): Promise<Outcome> {
  let [looks, bytesRead] = [0, 0]
  const file = new FileBytes(bytes.length, (into, offset, length, at) => {
    looks += 1
    bytesRead += length
    return Promise.resolve(bytes.copy(into, offset, at, at + length))
  })
  const found = await patchesIn(file, contentType).catch((error: unknown) => {
    if (error instanceof Malformed) return error.message
    throw error
  })
  const outcome = typeof found === 'string' ? { malformed: found, patches: [] } : { malformed: null, patches: found }
  return { ...outcome, looks, bytesRead }
}

/** Whether what is taken out lies in order, nothing over anything else: writing it costs no more than the file. */
function areInOrder(patches: readonly Patch[]): boolean {
  let end = 0
  return patches.every(({ at, length, bytes }) => {
    const isBehind = at >= end && length > 0 && bytes.length <= length
    end = at + length
    return isBehind
  })
}

const film = (...tracks: Buffer[]): Buffer => Buffer.concat([FILE_TYPE, box('moov', Buffer.concat(tracks))])
const many = (count: number, make: (n: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, n) => make(n)))
const PLENTY = 0xffffffff

describe('the structure of a film', () => {
  it.each([
    [
      'more samples in a chunk than there are',
      'more samples',
      [box('stsz', numbers(0, 0, 0)), box('stsc', numbers(0, 1, 1, PLENTY, 1)), box('stco', numbers(0, 1, 0))],
    ],
    [
      'more samples of one size than there are',
      'more samples',
      [box('stsz', numbers(0, 1, 5)), box('stsc', numbers(0, 1, 1, PLENTY, 1)), box('stco', numbers(0, 1, 0))],
    ],
    [
      'samples of one size that go on and on',
      'beyond the end',
      [
        box('stsz', numbers(0, PLENTY, PLENTY)),
        box('stsc', numbers(0, 1, 1, PLENTY, 1)),
        box('stco', numbers(0, 1, 0)),
      ],
    ],
    ['a sample larger than the film', 'beyond the end', oneSample(8, PLENTY)],
    [
      'more chunks than a film has',
      'too many samples',
      [box('stsz', numbers(0, 1, 1)), box('stco', numbers(0, PLENTY, 0))],
    ],
    [
      'more chunks than their table has room for',
      'beyond its box',
      [box('stsz', numbers(0, 1, 1)), box('stco', numbers(0, 3, 0, 0)), box('free', Buffer.alloc(99))],
    ],
    [
      'more sizes than their table has room for',
      'beyond its box',
      [box('stsz', numbers(0, 0, 3, 1, 1)), box('free', Buffer.alloc(99))],
    ],
    ['samples without sizes', 'without sizes', [box('stco', numbers(0, 1, 0))]],
  ])('is refused for %s', async (_what, reason, tables) => {
    const { malformed, looks } = await structureOf(film(trackOf('meta', tables)), 'video/mp4')
    expect(malformed).toContain(reason)
    expect(looks).toBeLessThan(20)
  })

  it('may have as many chunks as there is room for, each read once', async () => {
    const count = MAX_PATCHES - 100
    const tables = [
      box('stsz', numbers(0, 1, count)),
      box('stsc', numbers(0, 1, 1, 1, 1)),
      box('stco', Buffer.concat([numbers(0, count), many(count, (n) => numbers(n))])),
    ]
    const bytes = film(trackOf('meta', tables))
    const { malformed, patches, bytesRead } = await structureOf(bytes, 'video/mp4')
    expect(malformed).toBeNull()
    expect(areInOrder(patches)).toBe(true)
    expect(bytesRead).toBeLessThan(2 * bytes.length)
  })

  it('takes out once what many chunks claim', async () => {
    const [count, length] = [50_000, 100_000]
    const tables = [
      box('stsz', numbers(0, length, count)),
      box('stsc', numbers(0, 1, 1, 1, 1)),
      box('stco', Buffer.concat([numbers(0, count), many(count, (n) => numbers(n))])),
    ]
    const { patches } = await structureOf(
      Buffer.concat([film(trackOf('meta', tables)), box('mdat', Buffer.alloc(length))]),
      'video/mp4',
    )
    expect(areInOrder(patches)).toBe(true)
    expect(patches.reduce((sum, patch) => sum + patch.length, 0)).toBeLessThanOrEqual(2 * length + 4 * count)
  })

  it('is refused for more tracks than anything plays, whatever they share', async () => {
    const { malformed } = await structureOf(film(many(1_001, () => trackOf('meta', oneSample(0, 1)))), 'video/mp4')
    expect(malformed).toBe('too many tracks')
  })

  it.each([
    ['boxes', 'video/mp4', Buffer.concat([FILE_TYPE, many(MAX_PATCHES / 2 + 1, () => box('uuid', Buffer.alloc(0)))])],
    ['elements', 'video/webm', many(MAX_PATCHES / 2 + 1, () => Buffer.from('ec80', 'hex'))],
    ['tags', 'audio/mpeg', many(MAX_PATCHES / 2 + 1, () => Buffer.from('ID3\x04\0\0\0\0\0\0'))],
    [
      'chunks',
      'audio/wav',
      Buffer.concat([
        Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1'),
        many(MAX_PATCHES / 2 + 1, () => Buffer.from('none\0\0\0\0')),
      ]),
    ],
    [
      'blocks',
      'audio/flac',
      Buffer.concat([Buffer.from('fLaC'), many(MAX_PATCHES / 2 + 1, () => Buffer.alloc(4, 4).fill(0, 1))]),
    ],
  ])('is refused for more %s than are taken out of one', async (_what, contentType, bytes) => {
    const { malformed, bytesRead } = await structureOf(bytes, contentType)
    expect(malformed).toBe('too much to take out')
    expect(bytesRead).toBeLessThan(2 * bytes.length)
  })

  it('is refused for more parts than are looked at', async () => {
    const bytes = Buffer.concat([FILE_TYPE, Buffer.alloc(8 * MAX_READS, box('mdat', Buffer.alloc(0)))])
    const { malformed, bytesRead } = await structureOf(bytes, 'video/mp4')
    expect(malformed).toBe('too many parts')
    expect(bytesRead).toBeLessThan(2 * bytes.length)
  })
})

describe('the structure of an Ogg', () => {
  const head = (serial: number): Buffer => pageOf([Buffer.from('OpusHead')], { serial, isFirst: true })

  it('may have comments on very many pages, each read once', async () => {
    const first = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(247)])
    const bytes = Buffer.concat([head(7), pageOf([first]), many(20_000, () => pageOf([Buffer.alloc(255, 'x')]))])
    const { malformed, patches, bytesRead } = await structureOf(bytes, 'audio/ogg')
    expect(malformed).toBeNull()
    expect(patches).toHaveLength(2 * 20_001)
    expect(areInOrder(patches)).toBe(true)
    expect(bytesRead).toBeLessThan(3 * bytes.length)
  })

  it('is refused for more streams than follow each other', async () => {
    expect((await structureOf(many(10_000, head), 'audio/ogg')).malformed).toBeNull()
    expect((await structureOf(many(10_001, head), 'audio/ogg')).malformed).toBe('too many streams')
  })

  it('is refused for comments of nothing', async () => {
    const { malformed } = await structureOf(Buffer.concat([head(7), pageOf([Buffer.from('OpusTags')])]), 'audio/ogg')
    expect(malformed).toBe('half a comment')
  })
})

describe('an MP3 that is shorter than the tag behind one', () => {
  it.each(['', 'TAG', 'APETAGEX'])('has none there: %s', async (end) => {
    const { malformed, patches } = await structureOf(Buffer.from(`ID3\x04\0\0\0\0\0\x05title${end}`), 'audio/mpeg')
    expect(malformed).toBeNull()
    expect(patches.map(({ at, length }) => [at, length])).toEqual([
      [5, 1],
      [10, 5],
    ])
  })
})

const TEXT = 'CANARY+48.1371+011.5754'
const FILES = [
  ['video/mp4', filmOf(TEXT)],
  ['video/webm', webmOf(TEXT)],
  ['audio/mpeg', mp3Of(TEXT)],
  ['audio/ogg', oggOf(TEXT)],
  ['audio/wav', waveOf(TEXT)],
  ['audio/flac', flacOf(TEXT)],
] as const

/** The file with these bytes from `at` on, as far as it goes. */
const changed = (bytes: Buffer, at: number, by: readonly number[]): Buffer => {
  const copy = Buffer.from(bytes)
  copy.set(by.slice(0, bytes.length - at), at)
  return copy
}

const VALUES = [[0], [1], [0x7f], [0x80], [0xff], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0], [0, 0, 0xff, 0xff]]

describe.each(FILES)('a file of type %s', (contentType, bytes) => {
  const ends = async (other: Buffer): Promise<void> => {
    const { patches, looks, bytesRead } = await structureOf(other, contentType)
    expect(areInOrder(patches)).toBe(true)
    expect(looks).toBeLessThan(100)
    expect(bytesRead).toBeLessThan(100 * bytes.length)
  }

  it('is read, or refused, with any of its bytes changed', async () => {
    expect((await structureOf(bytes, contentType)).malformed).toBeNull()
    for (let at = 0; at < bytes.length; at += 1) for (const by of VALUES) await ends(changed(bytes, at, by))
  })

  it('is read, or refused, with several changed and its end cut off', async () => {
    const change = fc.record({ at: fc.nat(bytes.length - 1), by: fc.constantFrom(...VALUES) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 6 }), fc.nat(bytes.length), async (changes, length) => {
        await ends(changes.reduce((all, { at, by }) => changed(all, at, by), bytes).subarray(0, length))
      }),
      { seed: 8, numRuns: 2_000 },
    )
  })
})

describe.each(['jpeg', 'png', 'webp', 'gif'] as const)('a picture of type %s', (format) => {
  it('is looked at, and decoded or refused, with any of its bytes changed', async () => {
    const bytes = await makePicture({ width: 24, height: 16, format })
    const change = fc.record({ at: fc.nat(bytes.length - 1), by: fc.constantFrom(...VALUES) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const other = changes.reduce((all, { at, by }) => changed(all, at, by), bytes)
        await typeOfHead(other)
        if ((await refusalOfPixels(other)) === null)
          await makeImages(other).catch((error: unknown) => expect(error).toBeInstanceOf(Error))
      }),
      { seed: 8, numRuns: 40 },
    )
  })
})

describe('a file of a fan’s', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startWith('files', { config: { ffmpegPath: null } })
  })
  afterAll(() => server.close())

  it('that pretends to have more samples than anybody counts is unreadable at once', async () => {
    const tables = [
      box('stsz', numbers(0, 0, 0)),
      box('stsc', numbers(0, 1, 1, PLENTY, 1)),
      box('stco', numbers(0, 1, 0)),
    ]
    const fan = await makeWorld(server).fan()
    const id = await uploadMedia(server, fan, film(trackOf('meta', tables)), {
      purpose: 'MESSAGE',
      kind: 'VIDEO',
      contentType: 'video/mp4',
    })
    expect(await readMedia(fan, id)).toMatchObject({ state: 'FAILED', failure: 'UNREADABLE' })
  })

  it('that takes longer than a file may is unreadable, and its reader ends', async () => {
    const path = join(server.services.config.dataDir, 'film.mp4')
    await writeFile(path, filmOf(TEXT))
    expect(await patchesOf(path, 'video/mp4')).toEqual(
      (await structureOf(filmOf(TEXT), 'video/mp4')).patches.map((patch) => ({
        ...patch,
        bytes: new Uint8Array(patch.bytes),
      })),
    )
    await expect(patchesOf(path, 'video/mp4', 1)).rejects.toThrow(Malformed)
    await expect(patchesOf(`${path}.gone`, 'video/mp4')).rejects.toThrow('ENOENT')
  })
})

it('what a picture cannot be read for is told apart: itself, or the machine, which tries again', async () => {
  const why = async (picture: string | Buffer): Promise<boolean> =>
    await makeImages(picture).then(() => expect.fail('it can be read'), isMachineFault)
  expect(await why(Buffer.from('no picture'))).toBe(false)
  expect(await why(join(tmpdir(), 'a-file-that-is-not-there'))).toBe(true)
  expect(isMachineFault(new Error('VipsJpeg: out of memory (42)'))).toBe(true)
})
