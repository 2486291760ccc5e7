import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completeUpload, makePicture, requestUpload, send, sendUpload, uploadMedia } from '../support/media.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { bytesFrom, fetchFrom, objectsOf, readMedia, rowsOf, storedBytes } from './reading.js'
import { startWith, STORES } from './stores.js'

describe.each(STORES)('a picture in %s', (store) => {
  let server: TestServer
  let world: World
  let fan: Person
  beforeAll(async () => {
    server = await startWith(store)
    world = makeWorld(server)
    fan = await world.fan()
  })
  afterAll(() => server.close())

  it('is sent past the API, looked at, and shown in several sizes', async () => {
    const bytes = await makePicture({ width: 900, height: 500, format: 'jpeg' })
    const { data } = await requestUpload(fan, bytes, {
      contentType: 'image/jpeg',
      fileName: 'C:\\holiday\\beach.jpg',
      altText: ' A beach. ',
    })
    const { media, upload, replayed, userErrors } = data!.requestMediaUpload
    expect({ media, replayed, userErrors }).toMatchObject({
      media: { state: 'REQUESTED' },
      replayed: false,
      userErrors: [],
    })
    expect(upload?.method).toBe('PUT')
    expect((await send(upload!, bytes)).status).toBe(200)
    const completed = (await completeUpload(fan, media!.id)).data!.completeMediaUpload
    expect(completed).toEqual({ media: { id: media!.id, state: 'UPLOADED', failure: null }, userErrors: [] })
    expect((await readMedia(fan, media!.id))?.file).toBeNull()
    await server.drain()

    const shown = (await readMedia(fan, media!.id))!
    expect(shown).toMatchObject({
      state: 'READY',
      failure: null,
      contentType: 'image/jpeg',
      sizeBytes: String(bytes.length),
      fileName: 'beach.jpg',
      altText: 'A beach.',
      file: { kind: 'IMAGE', contentType: 'image/jpeg', durationMs: null, altText: 'A beach.' },
    })
    const image = shown.file!.image!
    expect(image).toMatchObject({ width: 900, height: 500, altText: 'A beach.', thumbhash: expect.any(String) })
    const sizes = await Promise.all(
      [shown.file!.url, image.url, image.narrow, image.middle, image.wide].map(async (url) => {
        const { format, width, height } = await sharp(await bytesFrom(url)).metadata()
        return `${format} ${String(width)}x${String(height)}`
      }),
    )
    expect(sizes[0]).toBe('jpeg 900x500')
    expect(sizes.slice(2, 4)).toEqual(['webp 320x178', 'webp 640x356'])
    // none is wider than it was
    expect([sizes[1], sizes[4]].map((size) => size?.split(' ')[1])).toEqual(['900x500', '900x500'])
  })

  it('keeps of what was sent only what was made of it, in the database as in the store', async () => {
    const bytes = await makePicture({ width: 200, height: 100 })
    const id = await uploadMedia(server, fan, bytes)
    const { asset, variants } = await rowsOf(server, id)
    expect(asset).toMatchObject({
      state: 'ready',
      detected_type: 'image/png',
      size_bytes: String(bytes.length),
      sha256: createHash('sha256').update(bytes).digest(),
      width: 200,
      height: 100,
      uploaded_at: expect.any(Date),
      scanned_at: expect.any(Date),
      ready_at: expect.any(Date),
    })
    expect(variants.map(({ kind, label, width, height }) => [kind, label, width, height])).toEqual([
      ['thumbnail', 'w320', 200, 100],
      ['blurred', 'default', 32, 16],
      ['rendition', 'original', 200, 100],
    ])
    expect(await objectsOf(server, asset!['storage_key'])).toEqual(['blurred.webp', 'original.png', 'w320.webp'])
    for (const { storage_key, size_bytes } of variants)
      expect((await storedBytes(server, storage_key)).length).toBe(Number(size_bytes))
  })

  it('is completed once by two at the same time, and again', async () => {
    const id = await sendUpload(fan, await makePicture())
    const both = await Promise.all([completeUpload(fan, id), completeUpload(fan, id), completeUpload(fan, id)])
    for (const { data } of both)
      expect(data?.completeMediaUpload).toMatchObject({ media: { state: 'UPLOADED' }, userErrors: [] })
    const { rows } = await server.database.owner.query(
      `select count(*)::int as jobs from graphile_worker.jobs where task_identifier = 'media.process'`,
    )
    expect(rows).toEqual([{ jobs: 1 }])
    await server.drain()
    expect((await completeUpload(fan, id)).data?.completeMediaUpload.media?.state).toBe('READY')
  })

  it('is asked for once under a key', async () => {
    const bytes = await makePicture()
    const options = { idempotencyKey: 'the-same', altText: 'Once' }
    const both = await Promise.all([requestUpload(fan, bytes, options), requestUpload(fan, bytes, options)])
    const answers = both.map(({ data }) => data!.requestMediaUpload)
    expect(answers.map(({ replayed }) => replayed).sort()).toEqual([false, true])
    expect(new Set(answers.map(({ media }) => media?.id)).size).toBe(1)
    // either target takes it
    expect((await send(answers[1]!.upload!, bytes)).status).toBe(200)
    await completeUpload(fan, answers[0]!.media!.id)
    const later = (await requestUpload(fan, bytes, options)).data!.requestMediaUpload
    expect(later).toMatchObject({ media: { id: answers[0]!.media!.id }, upload: null, replayed: true })
    const other = await requestUpload(fan, bytes, { ...options, altText: 'Another' })
    expect(other.data?.requestMediaUpload.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_MISMATCH' }])
  })

  it('can be sent again until it is completed', async () => {
    const [first, second] = [await makePicture(), await makePicture()]
    const padded = (bytes: Buffer, length: number): Buffer =>
      Buffer.concat([bytes, Buffer.alloc(length - bytes.length)])
    const length = Math.max(first.length, second.length)
    const { data } = await requestUpload(fan, padded(first, length))
    const { media, upload } = data!.requestMediaUpload
    await send(upload!, padded(first, length))
    expect((await send(upload!, padded(second, length))).status).toBe(200)
    await completeUpload(fan, media!.id)
    await server.drain()
    const { asset } = await rowsOf(server, media!.id)
    expect(asset?.['sha256']).toEqual(createHash('sha256').update(padded(second, length)).digest())
  })

  it('is deleted at once for everybody, and from the store after its time', async () => {
    const id = await uploadMedia(server, fan, await makePicture())
    const url = (await readMedia(fan, id))!.file!.url
    const { asset } = await rowsOf(server, id)
    const remove = () =>
      fan.do(`mutation ($id: ID!) { deleteMedia(input: { mediaId: $id }) { deletedMediaId userErrors { code } } }`, {
        id,
      })
    expect((await remove()).deleteMedia.deletedMediaId).toBe(id)
    expect(await readMedia(fan, id)).toBeNull()
    expect((await fetchFrom(url)).status).toBe(404)
    // again: it is as deleted as it was
    expect((await remove()).deleteMedia.deletedMediaId).toBe(id)
    const { rows } = await server.database.owner.query(
      `select category::text, action, actor_id from audit_logs where subject_id = $1`,
      [asset!['id']],
    )
    expect(rows).toEqual([{ category: 'content_modification', action: 'media.deleted', actor_id: fan.uuid }])
    expect(await objectsOf(server, asset!['storage_key'])).not.toEqual([])
  })

  it('is listed to its owner alone, the newest first', async () => {
    const person = await world.fan()
    const ids: string[] = []
    for (let n = 0; n < 3; n += 1)
      ids.unshift((await requestUpload(person, await makePicture())).data!.requestMediaUpload.media!.id)
    const list = async (args: string) =>
      (
        await person.do(
          `{ viewer { media(${args}) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
        )
      ).viewer.media
    const first = await list('first: 2')
    const rest = await list(`first: 2, after: "${String(first.pageInfo.endCursor)}"`)
    const last = await list('last: 2')
    expect([...first.nodes, ...rest.nodes].map(({ id }: { id: string }) => id)).toEqual(ids)
    expect([first.pageInfo.hasNextPage, rest.pageInfo.hasNextPage, last.pageInfo.hasPreviousPage]).toEqual([
      true,
      false,
      true,
    ])
    expect(last.nodes.map(({ id }: { id: string }) => id)).toEqual(ids.slice(1))
    expect(await readMedia(fan, ids[0]!)).toBeNull()
  })
})

describe('pictures of every format', () => {
  let server: TestServer
  let fan: Person
  beforeAll(async () => {
    server = await startWith('files')
    fan = await makeWorld(server).fan()
  })
  afterAll(() => server.close())

  it.each([
    ['png', 'png'],
    ['jpeg', 'jpeg'],
    ['webp', 'webp'],
    ['gif', 'gif'],
    ['avif', 'webp'],
  ] as const)('%s is kept as %s', async (format, kept) => {
    const id = await uploadMedia(server, fan, await makePicture({ format }), { contentType: `image/${format}` })
    const { file } = (await readMedia(fan, id))!
    expect(file?.contentType).toBe(`image/${kept}`)
    expect((await sharp(await bytesFrom(file!.url)).metadata()).format).toBe(kept)
  })

  it('moves as it moved', async () => {
    const frames = await Promise.all(
      ['red', 'green', 'blue'].map((background) =>
        sharp({ create: { width: 40, height: 30, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    )
    const bytes = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer()
    const id = await uploadMedia(server, fan, bytes, { contentType: 'image/gif' })
    const { file } = (await readMedia(fan, id))!
    const { pages, pageHeight } = await sharp(await bytesFrom(file!.url), { animated: true }).metadata()
    expect({ pages, pageHeight }).toEqual({ pages: 3, pageHeight: 30 })
    expect(file?.image).toMatchObject({ width: 40, height: 30 })
    expect((await sharp(await bytesFrom(file!.image!.narrow)).metadata()).pages).toBeUndefined()
  })

  it('stands as it was held', async () => {
    const lying = await sharp(await makePicture({ width: 60, height: 40, format: 'jpeg' }))
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const id = await uploadMedia(server, fan, lying, { contentType: 'image/jpeg' })
    const { file } = (await readMedia(fan, id))!
    expect(file?.image).toMatchObject({ width: 40, height: 60 })
    const { width, height, orientation } = await sharp(await bytesFrom(file!.url)).metadata()
    expect({ width, height, orientation }).toEqual({ width: 40, height: 60, orientation: undefined })
  })
})
