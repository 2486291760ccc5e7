import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Origin } from '../../src/lib/db.js'
import type { MediaServices } from '../../src/media/media.js'
import { processMedia } from '../../src/media/processing.js'
import { sweepMedia } from '../../src/media/sweeping.js'
import type { MediaStorage } from '../../src/media/storage.js'
import { completeUpload, makePicture, requestUpload, sendUpload } from '../support/media.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { objectsOf, readMedia, rowsOf, storedBytes, uuidIn } from './reading.js'
import { startWith, STORES } from './stores.js'

describe.each(STORES)('preparing a file in %s', (store) => {
  let server: TestServer
  let fan: Person
  let origin: Origin
  beforeAll(async () => {
    server = await startWith(store)
    fan = await makeWorld(server).fan()
    origin = { db: server.database.db, actorId: null, sessionId: null, requestId: 'job' }
  })
  afterAll(() => server.close())

  const arrived = async (): Promise<string> => {
    const id = await sendUpload(fan, await makePicture({ width: 700, height: 500 }))
    await completeUpload(fan, id)
    return id
  }
  /** What is open, with a store of which the nth call of a kind fails before, or after, it is done. */
  const failing = (call: 'write' | 'remove' | 'withFile', nth: number, isDone: boolean): MediaServices => {
    const { media } = server.services
    let calls = 0
    const original = (...args: unknown[]): Promise<unknown> =>
      (media.storage as Record<typeof call, (...all: unknown[]) => Promise<unknown>>)[call](...args)
    const storage = {
      ...media.storage,
      [call]: async (...args: unknown[]) => {
        calls += 1
        if (calls !== nth) return await original(...args)
        if (isDone) await original(...args)
        throw new Error('crashed')
      },
    }
    return { ...media, publicUrl: media.publicUrl, storage }
  }
  const isReady = async (id: string): Promise<void> => {
    const { asset, variants } = await rowsOf(server, id)
    expect(asset?.['state']).toBe('ready')
    expect(variants.map(({ label }) => label).sort()).toEqual(['default', 'original', 'w1280', 'w320', 'w640'].sort())
    expect(await objectsOf(server, asset!['storage_key'])).toEqual([
      'blurred.webp',
      'original.png',
      'w1280.webp',
      'w320.webp',
      'w640.webp',
    ])
    for (const { storage_key, size_bytes } of variants)
      expect((await storedBytes(server, storage_key)).length).toBe(Number(size_bytes))
    const { rows } = await server.database.owner.query(`select type from outbox_events where stream = $1`, [
      `media:${uuidIn(id)}`,
    ])
    expect(rows).toEqual([{ type: 'media.ready' }])
  }

  it.each([
    ['before it is read', 'withFile', 1, false],
    ['before the first is written', 'write', 1, false],
    ['when the second is written', 'write', 2, true],
    ['when the last is written', 'write', 5, true],
    ['when all is done but forgotten', 'withFile', 1, true],
  ] as const)('goes on when it crashed %s', async (_when, call, nth, isDone) => {
    const id = await arrived()
    await processMedia(origin, failing(call, nth, isDone), uuidIn(id)).catch(() => undefined)
    await processMedia(origin, server.services.media, uuidIn(id))
    await processMedia(origin, server.services.media, uuidIn(id))
    if (_when === 'when all is done but forgotten')
      // the upload goes by its own job
      await server.services.media.storage.remove(`${String((await rowsOf(server, id)).asset?.['storage_key'])}/upload`)
    await isReady(id)
  })

  it('by two at the same time is done once', async () => {
    const id = await arrived()
    await Promise.all([1, 2, 3].map(() => processMedia(origin, server.services.media, uuidIn(id))))
    await isReady(id)
  })

  it('of one that is deleted meanwhile leaves nothing', async () => {
    const id = await arrived()
    const { media } = server.services
    const storage: MediaStorage = {
      ...media.storage,
      write: async (...args) => {
        await fan.do(`mutation ($id: ID!) { deleteMedia(input: { mediaId: $id }) { userErrors { code } } }`, { id })
        await media.storage.write(...args)
      },
    }
    const folder = (await rowsOf(server, id)).asset!['storage_key'] as string
    await processMedia(origin, { ...media, publicUrl: media.publicUrl, storage }, uuidIn(id))
    expect((await rowsOf(server, id)).asset?.['state']).toBe('scanned')
    expect(await readMedia(fan, id)).toBeNull()
    await server.database.setClock(5 * 3_600_000)
    await sweepMedia(origin, media)
    await server.database.setClock(0)
    expect((await rowsOf(server, id)).asset).toBeUndefined()
    expect(await objectsOf(server, folder)).toEqual([])
  })

  it('takes other bytes than were completed for what they are', async () => {
    const id = await arrived()
    const { asset } = await rowsOf(server, id)
    const other = Buffer.alloc(Number(asset?.['declared_size_bytes']), '<script>alert(1)</script>')
    await server.services.media.storage.write(`${String(asset?.['storage_key'])}/upload`, other, 'image/png')
    await server.drain()
    expect(await readMedia(fan, id)).toMatchObject({ state: 'FAILED', failure: 'TYPE_MISMATCH' })
  })

  it('asks the scanner that is there, waits while it does not know, and goes by what it says', async () => {
    const id = await arrived()
    const { media } = server.services
    const withScanner = (scan: MediaServices['scanner']['scan']): MediaServices => ({
      ...media,
      publicUrl: media.publicUrl,
      scanner: { scan },
    })
    const away = withScanner(() => Promise.reject(new Error('the scanner is away')))
    await expect(processMedia(origin, away, uuidIn(id))).rejects.toThrow('away')
    expect((await rowsOf(server, id)).asset?.['state']).toBe('uploaded')
    const strict = withScanner(async (file) => ({ ...(await media.scanner.scan(file)), failure: 'SCANNER_REFUSED' }))
    await processMedia(origin, strict, uuidIn(id))
    expect(await readMedia(fan, id)).toMatchObject({ state: 'FAILED', failure: 'SCANNER_REFUSED' })
    const { rows } = await server.database.owner.query(`select type, payload from outbox_events where stream = $1`, [
      `media:${uuidIn(id)}`,
    ])
    expect(rows).toEqual([{ type: 'media.failed', payload: { mediaId: uuidIn(id), ownerId: fan.uuid } }])
  })

  it('destroys what it can when the store fails, and the rest the next time', async () => {
    const ids = [await arrived(), await arrived()]
    await server.drain()
    const folders: string[] = []
    for (const id of ids) {
      folders.push((await rowsOf(server, id)).asset!['storage_key'] as string)
      await fan.do(`mutation ($id: ID!) { deleteMedia(input: { mediaId: $id }) { userErrors { code } } }`, { id })
    }
    await server.database.setClock(5 * 3_600_000)
    await expect(sweepMedia(origin, failing('remove', 2, false))).rejects.toThrow('could not be destroyed')
    const rows = await Promise.all(ids.map((id) => rowsOf(server, id)))
    expect(rows.filter(({ asset }) => asset !== undefined)).toHaveLength(1)
    await sweepMedia(origin, server.services.media)
    await server.database.setClock(0)
    for (const [index, id] of ids.entries()) {
      expect((await rowsOf(server, id)).asset).toBeUndefined()
      expect(await objectsOf(server, folders[index]!)).toEqual([])
    }
  })

  it('does not ask for every file whether a store that is away is back', async () => {
    const ids: string[] = []
    while (ids.length < 14) ids.push((await requestUpload(fan, Buffer.alloc(1))).data!.requestMediaUpload.media!.id)
    for (const id of ids)
      await fan.do(`mutation ($id: ID!) { deleteMedia(input: { mediaId: $id }) { userErrors { code } } }`, { id })
    const isThere = async (): Promise<boolean[]> =>
      await Promise.all(ids.map(async (id) => (await rowsOf(server, id)).asset !== undefined))
    const { media } = server.services
    let calls = 0
    const remove = (): Promise<void> => {
      calls += 1
      return Promise.reject(new Error('away'))
    }
    await server.database.setClock(5 * 3_600_000)
    const away = { ...media, publicUrl: media.publicUrl, storage: { ...media.storage, remove } }
    await expect(sweepMedia(origin, away)).rejects.toThrow('10 files could not be destroyed')
    expect(calls).toBe(10)
    expect(await isThere()).not.toContain(false)
    await sweepMedia(origin, media)
    await server.database.setClock(0)
    expect(await isThere()).not.toContain(true)
  })
})
