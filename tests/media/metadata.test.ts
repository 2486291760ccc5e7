import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/env.js'
import { makePicture, uploadMedia } from '../support/media.js'
import type { UploadOptions } from '../support/media.js'
import { TEST_KEYS } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { FILE_TYPE, filmOf, flacOf, mp3Of, oggOf, waveOf, webmOf } from './containers.js'
import { jpegWithComment, pngWithText } from './disguises.js'
import { bytesFrom, objectsOf, readMedia, rowsOf, storedBytes } from './reading.js'
import { startWith, STORES } from './stores.js'

/** What must be nowhere: a place, a name, a device. */
const CANARY = 'CANARY+48.1371+011.5754'
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="${CANARY}"/></rdf:RDF></x:xmpmeta>`

/** A picture with a place in its EXIF, XMP and, where the format has them, comments. */
async function tellingPicture(format: 'jpeg' | 'png' | 'webp'): Promise<Buffer> {
  const bytes = await sharp(await makePicture({ width: 700, height: 400 }))
    .withExif({
      IFD0: { ImageDescription: CANARY, Make: CANARY },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '48/1 8/1 13/1',
        GPSLongitudeRef: 'E',
        GPSLongitude: '11/1 34/1 31/1',
        GPSAreaInformation: CANARY,
      },
    })
    .withXmp(XMP)
    .toFormat(format)
    .toBuffer()
  if (format === 'jpeg') return jpegWithComment(bytes, CANARY)
  return format === 'png' ? pngWithText(bytes, CANARY) : bytes
}

const isIn = (bytes: Buffer): boolean =>
  bytes.includes(CANARY) ||
  bytes.includes(Buffer.from(CANARY, 'utf16le')) ||
  bytes.includes('Exif') ||
  bytes.includes('xmpmeta')

describe.each(STORES)('what tells where a picture was taken, in %s,', (store) => {
  let server: TestServer
  let creator: Person
  beforeAll(async () => {
    server = await startWith(store)
    creator = await makeWorld(server).creator()
  })
  afterAll(() => server.close())

  it.each(['jpeg', 'png', 'webp'] as const)('is in no byte that is served or kept of a %s', async (format) => {
    const bytes = await tellingPicture(format)
    expect(isIn(bytes)).toBe(true)
    expect((await sharp(bytes).metadata()).exif).toBeDefined()
    const id = await uploadMedia(server, creator, bytes, { purpose: 'CONTENT', contentType: `image/${format}` })
    const { file } = (await readMedia(creator, id))!
    const urls = [file!.url, file!.image!.url, file!.image!.narrow, file!.image!.middle, file!.image!.wide]
    for (const url of urls) {
      const served = await bytesFrom(url)
      expect(isIn(served)).toBe(false)
      const { exif, xmp, iptc, comments } = await sharp(served).metadata()
      expect({ exif, xmp, iptc, comments }).toEqual({})
    }
    const { asset, variants } = await rowsOf(server, id)
    for (const { storage_key } of variants) expect(isIn(await storedBytes(server, storage_key))).toBe(false)
    expect(await objectsOf(server, asset!['storage_key'])).not.toContain('upload')
    expect(JSON.stringify({ asset, variants })).not.toContain('CANARY')
  })
})

describe.each(STORES)('what tells where a film was taken, in %s,', (store) => {
  let server: TestServer
  let creator: Person
  beforeAll(async () => {
    server = await startWith(store, { config: { ffmpegPath: null } })
    creator = await makeWorld(server).creator()
  })
  afterAll(() => server.close())

  const cleaned = async (bytes: Buffer, options: UploadOptions): Promise<Buffer> => {
    expect(isIn(bytes)).toBe(true)
    const id = await uploadMedia(server, creator, bytes, { purpose: 'CONTENT', ...options })
    const shown = (await readMedia(creator, id))!
    expect(shown).toMatchObject({ state: 'READY', failure: null })
    // without a tool nothing is known of it, and it is taken all the same
    expect(shown.file).toMatchObject({ durationMs: null, image: null, contentType: options.contentType })
    const { asset } = await rowsOf(server, id)
    expect(await objectsOf(server, asset!['storage_key'])).toHaveLength(1)
    const served = await bytesFrom(shown.file!.url)
    expect(served.length).toBe(bytes.length)
    expect(isIn(served)).toBe(false)
    return served
  }

  it('is in no box, track, time or sample of an MP4', async () => {
    const served = await cleaned(filmOf(CANARY), { kind: 'VIDEO', contentType: 'video/mp4' })
    expect(served.includes('a picture.')).toBe(true)
    expect(served.includes('more.')).toBe(true)
    expect(served.includes('\x11\x22\x33\x44', 0, 'latin1')).toBe(false)
    expect(served.indexOf('trak')).toBe(served.lastIndexOf('trak'))
  })

  it('is in no chunk of a WAV', async () => {
    const served = await cleaned(waveOf(CANARY), { kind: 'AUDIO', contentType: 'audio/wav' })
    expect(served.includes(Buffer.alloc(400, 5))).toBe(true)
  })

  it.each([
    ['element of a WebM', webmOf(CANARY), 'video/webm', ['a picture.', 'more.']],
    ['packet of an Ogg', oggOf(CANARY), 'audio/ogg', ['a sound.', 'more.']],
    ['tag of an MP3', mp3Of(CANARY), 'audio/mpeg', ['\xff\xfb\x90']],
    ['block of a FLAC', flacOf(CANARY), 'audio/flac', ['a sound.']],
  ] as const)('is in no %s', async (_what, bytes, contentType, kept) => {
    const served = await cleaned(bytes, { kind: contentType.startsWith('video') ? 'VIDEO' : 'AUDIO', contentType })
    for (const part of kept) expect(served.includes(part, 0, 'latin1')).toBe(true)
  })

  it.each([
    ['a box that ends after its film', Buffer.concat([FILE_TYPE, Buffer.from('0000ffff6d646174', 'hex')])],
    ['a box of no length', Buffer.concat([FILE_TYPE, Buffer.from('000000026d646174', 'hex'), Buffer.alloc(100)])],
  ])('%s makes it unreadable', async (_what, bytes) => {
    const id = await uploadMedia(server, creator, bytes, {
      purpose: 'CONTENT',
      kind: 'VIDEO',
      contentType: 'video/mp4',
    })
    expect(await readMedia(creator, id)).toMatchObject({ state: 'FAILED', failure: 'UNREADABLE' })
  })
})

const { ffmpegPath } = readConfig({ NODE_ENV: 'test', ...TEST_KEYS, PATH: process.env['PATH'] })
if (!ffmpegPath) console.warn('skipped: films and sound as cameras make them; install ffmpeg, or set FFMPEG_PATH')

describe.skipIf(!ffmpegPath)('films and sound as cameras make them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'films-'))
  let server: TestServer
  let creator: Person
  beforeAll(async () => {
    server = await startWith('files', { config: { ffmpegPath } })
    creator = await makeWorld(server).creator()
    writeFileSync(join(folder, 'words.srt'), `1\n00:00:00,000 --> 00:00:01,000\n${CANARY}\n`)
    writeFileSync(join(folder, 'cover.jpg'), await tellingPicture('jpeg'))
  })
  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const run = (args: string[]): string =>
    execFileSync(ffmpegPath!, ['-v', 'error', '-nostdin', '-y', ...args], { cwd: folder, encoding: 'utf8' })
  const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=duration=2:size=320x240:rate=10']
  const SOUND = ['-f', 'lavfi', '-i', 'sine=duration=2']
  const TELLING = ['title', 'comment', 'artist', 'location', 'make', 'encoded_by'].flatMap((name) => [
    '-metadata',
    `${name}=${CANARY}`,
  ])
  /** What is seen and heard, as a checksum of every frame; without the pictures that go with sound. */
  const framesOf = (file: string, isSound = false): string =>
    createHash('md5')
      .update(
        run([
          ...['-i', file, ...(isSound ? [] : ['-map', '0:v:0']), '-map', '0:a:0?'],
          ...['-c:v', 'rawvideo', '-c:a', 'pcm_s16le', '-f', 'framemd5', '-'],
        ]),
      )
      .digest('hex')

  const FILES: readonly (readonly [string, readonly string[], UploadOptions])[] = [
    [
      'film.mp4',
      [...PICTURE, ...SOUND, '-timecode', '01:02:03:04', '-movflags', 'use_metadata_tags', '-shortest'],
      { kind: 'VIDEO', contentType: 'video/mp4' },
    ],
    [
      'fast.mp4',
      [...PICTURE, ...SOUND, '-movflags', '+faststart', '-shortest'],
      { kind: 'VIDEO', contentType: 'video/mp4' },
    ],
    [
      'pieces.mp4',
      [...PICTURE, ...SOUND, '-movflags', 'frag_keyframe+empty_moov', '-shortest'],
      { kind: 'VIDEO', contentType: 'video/mp4' },
    ],
    ['film.mov', [...PICTURE, ...SOUND, '-shortest'], { kind: 'VIDEO', contentType: 'video/quicktime' }],
    [
      'film.webm',
      [...PICTURE, ...SOUND, '-c:v', 'libvpx', '-c:a', 'libopus', '-metadata:s:v:0', `title=${CANARY}`, '-shortest'],
      { kind: 'VIDEO', contentType: 'video/webm' },
    ],
    ['live.webm', [...PICTURE, '-c:v', 'libvpx', '-live', '1'], { kind: 'VIDEO', contentType: 'video/webm' }],
    [
      'sound.mp3',
      [...SOUND, '-i', 'cover.jpg', '-map', '0', '-map', '1', '-c:v', 'copy', '-write_id3v1', '1'],
      { kind: 'AUDIO', contentType: 'audio/mpeg' },
    ],
    [
      'sound.m4a',
      [...SOUND, '-i', 'cover.jpg', '-map', '0', '-map', '1', '-c:v', 'copy', '-disposition:v', 'attached_pic'],
      { kind: 'AUDIO', contentType: 'audio/mp4' },
    ],
    [
      'vorbis.ogg',
      [...SOUND, '-c:a', 'libvorbis', '-metadata', `long=${'x'.repeat(70_000)}`],
      { kind: 'AUDIO', contentType: 'audio/ogg' },
    ],
    ['opus.ogg', [...SOUND, '-c:a', 'libopus'], { kind: 'AUDIO', contentType: 'audio/ogg' }],
    [
      'sound.flac',
      [...SOUND, '-i', 'cover.jpg', '-map', '0', '-map', '1', '-c:v', 'copy', '-disposition:v', 'attached_pic'],
      { kind: 'AUDIO', contentType: 'audio/flac' },
    ],
    ['sound.wav', SOUND, { kind: 'AUDIO', contentType: 'audio/wav' }],
    ['sound.weba', [...SOUND, '-c:a', 'libopus', '-f', 'webm'], { kind: 'AUDIO', contentType: 'audio/webm' }],
  ]

  it.each(FILES)('%s tells nothing, and is seen and heard as before', async (name, args, options) => {
    run([...args, ...TELLING, name])
    const bytes = readFileSync(join(folder, name))
    expect(isIn(bytes)).toBe(true)
    const id = await uploadMedia(server, creator, bytes, { purpose: 'CONTENT', ...options })
    const shown = (await readMedia(creator, id))!
    expect(shown).toMatchObject({ state: 'READY', failure: null })
    const served = await bytesFrom(shown.file!.url)
    expect(isIn(served)).toBe(false)
    writeFileSync(join(folder, `cleaned-${name}`), served)
    const isSound = options.kind === 'AUDIO'
    expect(framesOf(`cleaned-${name}`, isSound)).toBe(framesOf(name, isSound))
    if (name !== 'live.webm') expect(Math.abs((shown.file?.durationMs ?? 0) - 2_000)).toBeLessThan(300)
    if (options.kind !== 'VIDEO') expect(shown.file?.image).toBeNull()
    else {
      expect(shown.file?.image).toMatchObject({ width: 320, height: 240, thumbhash: expect.any(String) })
      expect((await sharp(await bytesFrom(shown.file!.image!.url)).metadata()).format).toBe('webp')
    }
  })

  it('a track that notes where the camera was is emptied', async () => {
    run([...PICTURE, '-i', 'words.srt', '-map', '0', '-map', '1', '-c:s', 'mov_text', 'track.mp4'])
    const bytes = readFileSync(join(folder, 'track.mp4'))
    // as an action camera has it: the words' handler becomes that of measurements
    const at = bytes.indexOf('sbtl') > 0 ? bytes.indexOf('sbtl') : bytes.indexOf('text')
    bytes.write('meta', at)
    expect(isIn(bytes)).toBe(true)
    const id = await uploadMedia(server, creator, bytes, {
      purpose: 'CONTENT',
      kind: 'VIDEO',
      contentType: 'video/mp4',
    })
    const served = await bytesFrom((await readMedia(creator, id))!.file!.url)
    expect(isIn(served)).toBe(false)
    writeFileSync(join(folder, 'cleaned-track.mp4'), served)
    expect(framesOf('cleaned-track.mp4')).toBe(framesOf('track.mp4'))
  })

  it('a film that lies on its side is as large as it is shown', async () => {
    run([...PICTURE, 'lying.mp4'])
    run(['-i', 'lying.mp4', '-c', 'copy', '-metadata:s:v:0', 'rotate=90', 'standing.mp4'])
    const id = await uploadMedia(server, creator, readFileSync(join(folder, 'standing.mp4')), {
      purpose: 'CONTENT',
      kind: 'VIDEO',
      contentType: 'video/mp4',
    })
    const { asset } = await rowsOf(server, id)
    expect({ width: asset?.['width'], height: asset?.['height'] }).toEqual({ width: 240, height: 320 })
    expect((await readMedia(creator, id))?.file?.image).toMatchObject({ width: 240, height: 320 })
  })

  it('a tool that fails takes the length, and not the film', async () => {
    for (const tool of ['ffmpeg', 'ffprobe']) writeFileSync(join(folder, tool), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const broken = await startWith('files', { config: { ffmpegPath: join(folder, 'ffmpeg') } })
    try {
      const person = await makeWorld(broken).creator()
      run([...SOUND, 'plain.mp3'])
      const id = await uploadMedia(broken, person, readFileSync(join(folder, 'plain.mp3')), {
        purpose: 'CONTENT',
        kind: 'AUDIO',
        contentType: 'audio/mpeg',
      })
      expect(await readMedia(person, id)).toMatchObject({ state: 'READY', file: { durationMs: null } })
    } finally {
      await broken.close()
    }
  })
})
