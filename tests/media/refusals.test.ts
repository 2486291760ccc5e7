import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_OPEN_UPLOADS, UPLOAD_REQUESTS } from '../../src/media/limits.js'
import { completeUpload, makePicture, requestUpload, send, sendUpload, uploadMedia } from '../support/media.js'
import type { Target, UploadOptions } from '../support/media.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { archive, box, jpegWithComment, pixelBomb, pngWithText } from './disguises.js'
import { objectsOf, readMedia, rowsOf, uuidIn } from './reading.js'
import { startWith, STORES } from './stores.js'

/** What became of a request, in one word. */
const refusalOf = async (person: Person, bytes: Buffer, options: UploadOptions = {}): Promise<string> => {
  const { data, errors } = await requestUpload(person, bytes, options)
  return (errors[0]?.extensions['reason'] as string | undefined) ?? data?.requestMediaUpload.userErrors[0]?.code ?? 'ok'
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe.each(STORES)('an upload to %s', (store) => {
  let server: TestServer
  let world: World
  let fan: Person
  let bytes: Buffer
  beforeAll(async () => {
    server = await startWith(store)
    world = makeWorld(server)
    fan = await world.fan()
    bytes = await makePicture()
  })
  afterAll(() => server.close())

  const target = async (options: UploadOptions = {}, of = bytes): Promise<{ id: string; upload: Target }> => {
    const { media, upload } = (await requestUpload(fan, of, options)).data!.requestMediaUpload
    return { id: media!.id, upload: upload! }
  }

  it('is taken with the announced size and type only', async () => {
    const { id, upload } = await target()
    expect((await send(upload, Buffer.concat([bytes, Buffer.alloc(1)]))).status).toBe(403)
    expect((await send(upload, bytes.subarray(1))).status).toBe(403)
    expect((await send(upload, bytes, { 'content-type': 'text/html' })).status).toBe(403)
    expect((await send({ ...upload, method: 'POST' }, bytes)).ok).toBe(false)
    expect((await send({ ...upload, url: `${upload.url.slice(0, -2)}AA` }, bytes)).status).toBe(403)
    const early = (await completeUpload(fan, id)).data!.completeMediaUpload
    expect(early).toMatchObject({
      media: null,
      userErrors: [{ code: 'MEDIA_NOT_UPLOADED', path: ['input', 'mediaId'] }],
    })
    expect((await send(upload, bytes)).status).toBe(200)
    expect((await completeUpload(fan, id)).data?.completeMediaUpload.media?.state).toBe('UPLOADED')
  })

  it('that breaks off leaves nothing', async () => {
    const { id, upload } = await target()
    await new Promise<void>((resolve) => {
      const outgoing = httpRequest(upload.url, {
        method: 'PUT',
        headers: { 'content-type': 'image/png', 'content-length': bytes.length },
      })
      outgoing.on('error', () => resolve())
      outgoing.on('response', () => resolve())
      outgoing.write(bytes.subarray(0, 100))
      setTimeout(() => outgoing.destroy(), 100)
    })
    const { asset } = await rowsOf(server, id)
    const left = await objectsOf(server, asset!['storage_key'])
    const { media, userErrors } = (await completeUpload(fan, id)).data!.completeMediaUpload
    // the store of the tests keeps what it had, as no other does: it is not taken for the file
    if (left.length > 0) expect(media).toMatchObject({ state: 'FAILED', failure: 'SIZE_MISMATCH' })
    else expect(userErrors).toMatchObject([{ code: 'MEDIA_NOT_UPLOADED' }])
    if (store === 'files') expect(left).toEqual([])
    expect(await objectsOf(server, asset!['storage_key'])).toEqual([])
  })

  it('of another checksum than announced is refused', async () => {
    const right = await target({ sha256: sha256(bytes).toUpperCase() })
    expect((await send(right.upload, bytes)).status).toBe(200)
    expect((await completeUpload(fan, right.id)).data?.completeMediaUpload.media?.state).toBe('UPLOADED')
    const wrong = await target({ sha256: sha256(Buffer.from('something else')) })
    const sent = await send(wrong.upload, bytes)
    const completed = (await completeUpload(fan, wrong.id)).data!.completeMediaUpload
    // ours refuses it on arrival, a store that knows no checksums leaves it to us
    if (sent.ok) expect(completed).toMatchObject({ media: { state: 'FAILED', failure: 'CHECKSUM_MISMATCH' } })
    else expect(completed.userErrors).toMatchObject([{ code: 'MEDIA_NOT_UPLOADED' }])
  })

  it('that is none of the declared type FAILS, says why, and leaves no bytes', async () => {
    const page = Buffer.from('<!DOCTYPE html><html><script>alert(1)</script></html>')
    const { id, upload } = await target({}, page)
    await send(upload, page)
    const { media, userErrors } = (await completeUpload(fan, id)).data!.completeMediaUpload
    expect(media).toMatchObject({ state: 'FAILED', failure: 'TYPE_MISMATCH' })
    expect(userErrors).toMatchObject([{ code: 'MEDIA_REFUSED', path: ['input', 'mediaId'] }])
    expect((await completeUpload(fan, id)).data?.completeMediaUpload.userErrors).toMatchObject([
      { code: 'MEDIA_REFUSED' },
    ])
    const { asset } = await rowsOf(server, id)
    expect(await objectsOf(server, asset!['storage_key'])).toEqual([])
    await server.drain()
    expect(await readMedia(fan, id)).toMatchObject({ state: 'FAILED', file: null })
  })

  it('that cannot be decoded FAILS when it is prepared', async () => {
    const broken = Buffer.from(bytes)
    broken.fill(7, Math.floor(broken.length / 2))
    const id = await sendUpload(fan, broken)
    expect((await completeUpload(fan, id)).data?.completeMediaUpload.media?.state).toBe('UPLOADED')
    await server.drain()
    expect(await readMedia(fan, id)).toMatchObject({ state: 'FAILED', failure: 'UNREADABLE', file: null })
    const { asset } = await rowsOf(server, id)
    expect(await objectsOf(server, asset!['storage_key'])).toEqual([])
  })

  it('is nobody else’s to complete, change or delete', async () => {
    const { id } = await target()
    const other = await world.fan()
    for (const mutation of ['completeMediaUpload', 'updateMedia', 'deleteMedia']) {
      const { data } = await other.request<Record<string, { userErrors: unknown[] }>>(
        `mutation ($id: ID!) { ${mutation}(input: { mediaId: $id }) { userErrors { code message path } } }`,
        { id },
      )
      const nothing = [{ code: 'NODE_NOT_FOUND', message: 'No such MediaAsset.', path: ['input', 'mediaId'] }]
      expect(data?.[mutation]?.userErrors, mutation).toEqual(nothing)
    }
    expect(await readMedia(other, id)).toBeNull()
  })
})

describe('what hides in a picture', () => {
  let server: TestServer
  let creator: Person
  beforeAll(async () => {
    server = await startWith('files')
    creator = await makeWorld(server).creator()
  })
  afterAll(() => server.close())

  /** What becomes of a file, at the latest when it is prepared. */
  const outcomeOf = async (bytes: Buffer, options: UploadOptions): Promise<string | null | undefined> => {
    const id = await sendUpload(creator, bytes, { purpose: 'CONTENT', ...options })
    await completeUpload(creator, id)
    await server.drain()
    const shown = await readMedia(creator, id)
    if (shown?.state === 'FAILED') expect(shown.file).toBeNull()
    return shown?.failure ?? shown?.state
  }
  const jpeg = () => makePicture({ format: 'jpeg' })
  const script = '<script>alert(document.domain)</script>'

  it.each<[string, () => Buffer | Promise<Buffer>, UploadOptions]>([
    [
      'a script that begins as a GIF',
      () => Buffer.from(`GIF89a/*${'\0'.repeat(40)}*/=1;alert(1)//`),
      { contentType: 'image/gif' },
    ],
    [
      'a script that begins as a JPEG',
      async () =>
        Buffer.concat([
          Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
          Buffer.from('/*'),
          (await jpeg()).subarray(6),
          Buffer.from('*/=alert(1)//'),
        ]),
      { contentType: 'image/jpeg' },
    ],
    [
      'an archive behind a JPEG',
      async () => Buffer.concat([await jpeg(), archive('Evil.class', 'cafebabe')]),
      { contentType: 'image/jpeg' },
    ],
    ['PHP in a text of a PNG', async () => pngWithText(await makePicture(), '<?php system($_GET["c"]); ?>'), {}],
    [
      'a PDF in a comment of a JPEG',
      async () => jpegWithComment(await jpeg(), '%PDF-1.7 1 0 obj <</OpenAction>>'),
      { contentType: 'image/jpeg' },
    ],
    [
      'a page in a comment of a JPEG',
      async () => jpegWithComment(await jpeg(), `<html>${script}`),
      { contentType: 'image/jpeg' },
    ],
    [
      'a page behind a WebP',
      async () => Buffer.concat([await makePicture({ format: 'webp' }), Buffer.from(`<!DOCTYPE HTML>${script}`)]),
      { contentType: 'image/webp' },
    ],
    [
      'a page in a film',
      () =>
        Buffer.concat([
          box('ftyp', Buffer.from('isom\u0000\u0000\u0002\u0000isomiso2mp41')),
          box('free', Buffer.alloc(9_000)),
          box('free', Buffer.from(script)),
        ]),
      { kind: 'VIDEO', contentType: 'video/mp4' },
    ],
  ])('%s is found', async (_what, make, options) => {
    expect(await outcomeOf(await make(), options)).toBe('SUSPICIOUS')
  })

  it.each([
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['a page', `<html><body>${script}</body></html>`],
    ['a script', '#!/bin/sh\nrm -rf /'],
    ['nothing in particular', 'x'.repeat(5_000)],
  ])('%s is no picture', async (_what, text) => {
    expect(await outcomeOf(Buffer.from(text), {})).toBe('TYPE_MISMATCH')
  })

  it('another format than announced is refused, also where it could be shown', async () => {
    expect(await outcomeOf(await jpeg(), {})).toBe('TYPE_MISMATCH')
    expect(await outcomeOf(await makePicture(), { kind: 'VIDEO', contentType: 'video/mp4' })).toBe('TYPE_MISMATCH')
  })

  it('a mark that lies across two reads is found', async () => {
    const png = await makePicture()
    for (const shift of [1, 4, 6]) {
      const filler = '.'.repeat(65_536 - 33 - 12 - 8 - shift)
      expect(await outcomeOf(pngWithText(png, `${filler}${script}`), {})).toBe('SUSPICIOUS')
    }
  })

  it.each([
    ['50,000 × 50,000 pixels', 50_000, 50_000],
    ['a line of 200,000 pixels', 200_000, 1],
    ['8,000 × 8,000 pixels', 8_000, 8_000],
  ])('%s are too many to decode', async (_what, width, height) => {
    const id = await sendUpload(creator, pixelBomb(width, height), { purpose: 'CONTENT' })
    const { media } = (await completeUpload(creator, id)).data!.completeMediaUpload
    expect(media).toMatchObject({ state: 'FAILED', failure: 'TOO_MANY_PIXELS' })
  })

  it('a picture that a phone took is none of this: a second one behind it is left out', async () => {
    const [first, second] = [await jpeg(), await jpeg()]
    expect(await outcomeOf(Buffer.concat([first, second]), { contentType: 'image/jpeg' })).toBe('READY')
  })
})

describe('what is asked for', () => {
  let server: TestServer
  let world: World
  let fan: Person
  let creator: Person
  let bytes: Buffer
  beforeAll(async () => {
    server = await startWith('files')
    world = makeWorld(server)
    fan = await world.fan()
    creator = await world.creator()
    bytes = await makePicture()
  })
  afterAll(() => server.close())

  it('is of a type that is taken for its purpose', async () => {
    const unsupported: UploadOptions[] = [
      { contentType: 'image/svg+xml' },
      { contentType: 'text/html' },
      { contentType: 'image/heic' },
      { contentType: 'video/mp4' },
      { kind: 'VIDEO', contentType: 'video/mp4' },
      { kind: 'AUDIO', contentType: 'audio/mpeg', purpose: 'BANNER' },
      { kind: 'DOCUMENT', contentType: 'application/pdf', purpose: 'EVIDENCE' },
      { kind: 'DOCUMENT', contentType: 'application/zip', purpose: 'EXPORT' },
      { contentType: 'constructor' },
    ]
    for (const options of unsupported) expect(await refusalOf(fan, bytes, options)).toBe('MEDIA_TYPE_UNSUPPORTED')
    expect(await refusalOf(fan, bytes, { contentType: ' IMAGE/PNG ' })).toBe('ok')
  })

  it('is no larger than its kind and purpose allow', async () => {
    const largest: [UploadOptions, number][] = [
      [{ purpose: 'AVATAR' }, 5_000_000],
      [{ purpose: 'BANNER' }, 10_000_000],
      [{ purpose: 'CONTENT' }, 20_000_000],
      [{ purpose: 'CONTENT', kind: 'AUDIO', contentType: 'audio/mpeg' }, 200_000_000],
      [{ purpose: 'CONTENT', kind: 'VIDEO', contentType: 'video/mp4' }, 5_000_000_000],
    ]
    for (const [options, sizeBytes] of largest) {
      expect(await refusalOf(creator, bytes, { ...options, sizeBytes })).toBe('ok')
      expect(await refusalOf(creator, bytes, { ...options, sizeBytes: sizeBytes + 1 })).toBe('MEDIA_TOO_LARGE')
    }
    for (const sizeBytes of [0, -1]) expect(await refusalOf(creator, bytes, { sizeBytes })).toBe('INVALID_INPUT')
  })

  it('has texts that can be kept', async () => {
    const wrong: UploadOptions[] = [
      { sha256: 'abc' },
      { fileName: 'x'.repeat(256) },
      { fileName: 'a\u0007b.png' },
      { altText: 'x'.repeat(1_001) },
      { altText: 'a\u0007b' },
    ]
    for (const options of wrong) expect(await refusalOf(fan, bytes, options)).toBe('INVALID_INPUT')
  })

  it('is for posts of creators only', async () => {
    expect(await refusalOf(fan, bytes, { purpose: 'CONTENT' })).toBe('role_required')
    expect(await refusalOf(creator, bytes, { purpose: 'CONTENT' })).toBe('ok')
  })

  it('is not more than may be open at once; what nobody sent in time counts no longer', async () => {
    const person = await world.fan()
    const asked = await Promise.all(Array.from({ length: MAX_OPEN_UPLOADS + 2 }, () => refusalOf(person, bytes)))
    expect(asked.filter((outcome) => outcome === 'ok')).toHaveLength(MAX_OPEN_UPLOADS)
    expect(asked.filter((outcome) => outcome === 'MEDIA_TOO_MANY_UPLOADS')).toHaveLength(2)
    await world.setClock(3_600_000)
    await person.signIn()
    expect(await refusalOf(person, bytes)).toBe('ok')
    await world.setClock(0)
  })

  it('is not more than one person may have', async () => {
    const person = await world.fan()
    const id = await uploadMedia(server, person, bytes)
    await server.database.owner.query('update media_assets set size_bytes = 1999999000 where id = $1', [uuidIn(id)])
    expect(await refusalOf(person, bytes, { sizeBytes: 1_001 })).toBe('MEDIA_STORAGE_FULL')
    expect(await refusalOf(person, bytes, { sizeBytes: 1_000 })).toBe('ok')
    await person.do(`mutation ($id: ID!) { deleteMedia(input: { mediaId: $id }) { userErrors { code } } }`, { id })
    expect(await refusalOf(person, bytes, { sizeBytes: 1_001 })).toBe('ok')
  })

  it('is not more than in an hour', async () => {
    const person = await world.fan()
    await server.services.limiter.charge(UPLOAD_REQUESTS, person.uuid, UPLOAD_REQUESTS.points)
    expect(await refusalOf(person, bytes)).toBe('rate_limited')
  })

  it('cannot be sent by whoever was suspended meanwhile, nor after its hour', async () => {
    const person = await world.fan()
    const ask = async () => (await requestUpload(person, bytes)).data!.requestMediaUpload.upload!
    const [one, other] = [await ask(), await ask()]
    await world.setClock(3_600_001)
    expect((await send(one, bytes)).status).toBe(403)
    await world.setClock(0)
    await server.database.owner.query(`update users set account_status = 'banned' where id = $1`, [person.uuid])
    expect((await send(other, bytes)).status).toBe(403)
  })

  it('is sent at most three at once by one person', async () => {
    const person = await world.fan()
    const large = Buffer.alloc(400_000)
    const targets = await Promise.all(
      Array.from({ length: 4 }, async () => (await requestUpload(person, large)).data!.requestMediaUpload.upload!),
    )
    const outgoing = targets.slice(0, 3).map(({ url }) => {
      const request = httpRequest(url, {
        method: 'PUT',
        headers: { 'content-type': 'image/png', 'content-length': large.length },
      })
      request.write(large.subarray(0, 1_000))
      return request
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const refused = await send(targets[3]!, large)
    expect({ status: refused.status, retryAfter: refused.headers.get('retry-after') }).toEqual({
      status: 429,
      retryAfter: '5',
    })
    const statuses = await Promise.all(
      outgoing.map(
        (request) =>
          new Promise((resolve) => {
            request.on('response', ({ statusCode }) => resolve(statusCode))
            request.end(large.subarray(1_000))
          }),
      ),
    )
    expect(statuses).toEqual([200, 200, 200])
    expect((await send(targets[3]!, large)).status).toBe(200)
  })

  it('may be asked about by a browser of a known page', async () => {
    const { url } = (await requestUpload(fan, bytes)).data!.requestMediaUpload.upload!
    const preflight = (origin: string) =>
      fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT' } })
    const known = await preflight('http://localhost:3000')
    expect(known.headers.get('access-control-allow-methods')).toBe('PUT')
    expect(known.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-methods')).toBeNull()
  })
})

it('lets an upload take longer than other requests may', async () => {
  const server = await startWith('files')
  try {
    const fan = await makeWorld(server).fan()
    const { app } = server.server
    // Node takes the shorter of the two for the headers
    Object.assign(app.server, { headersTimeout: 900, requestTimeout: 1_000 })
    const bytes = await makePicture()
    const { media, upload } = (await requestUpload(fan, bytes)).data!.requestMediaUpload
    const slowly = (
      url: string,
      method: string,
      headers: Record<string, string | number>,
      body: Buffer,
    ): Promise<string> =>
      new Promise((resolve) => {
        const outgoing = httpRequest(url, { method, headers: { ...headers, 'content-length': body.length } })
        outgoing.on('response', ({ statusCode }) => resolve(String(statusCode)))
        outgoing.on('error', (error) => resolve(error.message))
        let at = 0
        const timer = setInterval(() => {
          if (at >= 5) {
            clearInterval(timer)
            outgoing.end(body.subarray(5))
          } else outgoing.write(body.subarray(at, (at += 1)))
        }, 1_000)
      })
    const [sent, asked] = await Promise.all([
      slowly(upload!.url, 'PUT', { 'content-type': 'image/png' }, bytes),
      slowly(
        server.url,
        'POST',
        { 'content-type': 'application/json' },
        Buffer.from('{"query":"{ viewer { email } }"}'),
      ),
    ])
    expect({ sent, asked }).toEqual({ sent: '200', asked: '408' })
    expect((await completeUpload(fan, media!.id)).data?.completeMediaUpload.media?.state).toBe('UPLOADED')
  } finally {
    await server.close()
  }
})
