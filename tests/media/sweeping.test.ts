import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../src/lib/clock.js'
import { transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import {
  FAILED_KEEP_MS,
  HELD_LOOK_MS,
  PROCESSING_GIVEN_UP_MS,
  PURGE_DELAY_MS,
  UNUSED_KEEP_MS,
  UPLOAD_WINDOW_MS,
} from '../../src/media/limits.js'
import { holdMedia, releaseMedia } from '../../src/media/media.js'
import { sweepMedia } from '../../src/media/sweeping.js'
import { completeUpload, makePicture, requestUpload, send, sendUpload, uploadMedia } from '../support/media.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { objectsOf, readMedia, rowsOf, uuidIn } from './reading.js'
import { startWith, STORES } from './stores.js'

describe.each(STORES)('sweeping %s', (store) => {
  let server: TestServer
  let world: World
  let fan: Person
  let bytes: Buffer
  let origin: Origin
  beforeAll(async () => {
    server = await startWith(store)
    world = makeWorld(server)
    fan = await world.fan()
    bytes = await makePicture()
    origin = { db: server.database.db, actorId: null, sessionId: null, requestId: 'sweep' }
  })
  beforeEach(() => world.setClock(0))
  afterAll(() => server.close())

  /** Moves the clock to `ms` from now, and sweeps. */
  const sweepAfter = async (ms: number): Promise<void> => {
    await world.setClock(ms)
    await sweepMedia(origin, server.services.media)
  }
  const left = async (id: string, folder?: string): Promise<{ row: boolean; objects: string[] }> => {
    const { asset } = await rowsOf(server, id)
    const place = folder ?? (asset?.['storage_key'] as string | undefined)
    return { row: asset !== undefined, objects: place === undefined ? [] : await objectsOf(server, place) }
  }
  const folderOf = async (id: string): Promise<string> => (await rowsOf(server, id)).asset!['storage_key'] as string
  const setAvatar = (id: string | null) =>
    fan.do(`mutation ($id: ID) { setAvatar(input: { mediaId: $id }) { userErrors { code } } }`, { id })
  const remove = (id: string) =>
    fan.do(`mutation ($id: ID!) { deleteMedia(input: { mediaId: $id }) { userErrors { code } } }`, { id })

  it('takes what was never completed, when nothing can arrive any more', async () => {
    const id = await sendUpload(fan, bytes)
    const { media: asked } = (await requestUpload(fan, bytes)).data!.requestMediaUpload
    const folder = await folderOf(id)
    await sweepAfter(UPLOAD_WINDOW_MS + PURGE_DELAY_MS - 60_000)
    expect(await left(id)).toEqual({ row: true, objects: ['upload'] })
    await sweepAfter(UPLOAD_WINDOW_MS + PURGE_DELAY_MS + 1_000)
    expect((await rowsOf(server, id)).asset?.['deleted_at']).not.toBeNull()
    await sweepAfter(UPLOAD_WINDOW_MS + 2 * PURGE_DELAY_MS + 2_000)
    expect(await left(id, folder)).toEqual({ row: false, objects: [] })
    expect((await rowsOf(server, asked!.id)).asset).toBeUndefined()
  })

  it('completes what arrived just before its hour ended', async () => {
    const id = await sendUpload(fan, bytes)
    await world.setClock(UPLOAD_WINDOW_MS + HOUR_MS)
    await fan.signIn()
    expect((await completeUpload(fan, id)).data?.completeMediaUpload.media?.state).toBe('UPLOADED')
    await world.setClock(0)
    await fan.signIn()
    await server.drain()
  })

  it('takes what was deleted, bytes and row', async () => {
    const id = await uploadMedia(server, fan, bytes)
    const folder = await folderOf(id)
    await remove(id)
    await sweepAfter(PURGE_DELAY_MS - 60_000)
    expect((await left(id)).objects).not.toEqual([])
    await sweepAfter(UPLOAD_WINDOW_MS + PURGE_DELAY_MS + 1_000)
    expect(await left(id, folder)).toEqual({ row: false, objects: [] })
  })

  it('takes what nobody used for thirty days, and leaves what somebody does', async () => {
    const [used, unused] = [await uploadMedia(server, fan, bytes), await uploadMedia(server, fan, bytes)]
    const folder = await folderOf(unused)
    await setAvatar(used)
    await sweepAfter(UNUSED_KEEP_MS - HOUR_MS)
    expect((await left(unused)).row).toBe(true)
    await sweepAfter(UNUSED_KEEP_MS + HOUR_MS)
    expect(await left(unused, folder)).toEqual({ row: false, objects: [] })
    expect((await left(used)).objects.length).toBeGreaterThan(1)
    // and is looked at again
    await sweepAfter(4 * UNUSED_KEEP_MS)
    expect((await left(used)).row).toBe(true)
  })

  it('takes a replaced picture thirty days after it was one; older versions of the profile still name what is gone', async () => {
    const [one, two] = [
      await uploadMedia(server, fan, bytes, { fileName: 'me.png' }),
      await uploadMedia(server, fan, bytes),
    ]
    await setAvatar(one)
    const folder = await folderOf(one)
    await world.setClock(UNUSED_KEEP_MS - DAY_MS)
    await fan.signIn()
    await setAvatar(two)
    await sweepAfter(2 * UNUSED_KEEP_MS - 2 * DAY_MS)
    expect((await left(one)).objects).not.toEqual([])
    await sweepAfter(2 * UNUSED_KEEP_MS)
    expect(await left(one, folder)).toEqual({ row: true, objects: [] })
    const { asset, variants } = await rowsOf(server, one)
    expect({ asset, variants }).toMatchObject({
      asset: { deleted_at: expect.any(Date), purge_after: null, file_name: null, thumbhash: null },
      variants: [],
    })
    await world.setClock(0)
    await fan.signIn()
    expect(await readMedia(fan, one)).toBeNull()
  })

  it('counts from when a file was last attached or released', async () => {
    const id = await uploadMedia(server, fan, bytes)
    const attachment = { ownerId: fan.uuid, ids: [uuidIn(id)], purpose: 'AVATAR', path: [] } as const
    await world.setClock(20 * DAY_MS)
    await transaction(origin, (tx, now) => holdMedia(tx, attachment, now))
    await sweepAfter(45 * DAY_MS)
    expect((await left(id)).row).toBe(true)
    await transaction(origin, (tx, now) => releaseMedia(tx, [uuidIn(id)], now))
    await sweepAfter(70 * DAY_MS)
    expect((await left(id)).row).toBe(true)
    await sweepAfter(76 * DAY_MS)
    expect((await left(id)).row).toBe(false)
  })

  it('takes what was refused a week later', async () => {
    const id = await sendUpload(fan, Buffer.from('no picture at all'))
    await completeUpload(fan, id)
    await sweepAfter(FAILED_KEEP_MS - HOUR_MS)
    expect((await left(id)).row).toBe(true)
    await sweepAfter(FAILED_KEEP_MS + HOUR_MS)
    expect((await left(id)).row).toBe(false)
  })

  it('gives up on what could not be prepared for two days', async () => {
    const id = await sendUpload(fan, bytes)
    await completeUpload(fan, id)
    const folder = await folderOf(id)
    await server.services.media.storage.remove(`${folder}/upload`)
    await sweepAfter(PROCESSING_GIVEN_UP_MS - HOUR_MS)
    expect((await rowsOf(server, id)).asset?.['state']).toBe('uploaded')
    await sweepAfter(PROCESSING_GIVEN_UP_MS + HOUR_MS)
    expect((await rowsOf(server, id)).asset).toMatchObject({ state: 'failed', failure_reason: 'processing_failed' })
    await server.database.owner.query(
      `select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs where task_identifier = 'media.process'))`,
    )
  })

  it('keeps what the law has kept, whoever deletes it, and takes it when that ends', async () => {
    const id = await uploadMedia(server, fan, bytes)
    const folder = await folderOf(id)
    const staff = await world.moderator()
    await server.database.owner.query(
      `insert into legal_holds (media_id, ground, reason, created_by_id)
       values ($1, (enum_range(null::hold_ground))[1], 'A case.', $2)`,
      [uuidIn(id), staff.uuid],
    )
    await remove(id)
    expect(await readMedia(fan, id)).toBeNull()
    await sweepAfter(40 * DAY_MS)
    expect((await left(id)).objects).not.toEqual([])
    await server.database.owner.query(
      'update legal_holds set lifted_at = now(), lifted_by_id = $2 where media_id = $1',
      [uuidIn(id), staff.uuid],
    )
    await sweepAfter(40 * DAY_MS + HELD_LOOK_MS + HOUR_MS)
    expect(await left(id, folder)).toMatchObject({ objects: [] })
  })

  it('takes the files of whoever was erased, and what they said of those that stay', async () => {
    const person = await world.fan()
    const [avatar, other] = [
      await uploadMedia(server, person, bytes, { fileName: 'me.png', altText: 'Me.' }),
      await uploadMedia(server, person, bytes),
    ]
    await person.do(`mutation ($id: ID) { setAvatar(input: { mediaId: $id }) { userErrors { code } } }`, { id: avatar })
    const folders = [await folderOf(avatar), await folderOf(other)]
    await person.do(
      `mutation ($password: String!) { deleteAccount(input: { password: $password }) { userErrors { code } } }`,
      { password: person.password },
    )
    await world.setClock(31 * DAY_MS)
    await server.database.owner.query(`select graphile_worker.add_job('accounts.erase', '{}')`)
    await server.drain()
    const { rows } = await server.database.owner.query(
      'select erased_at is not null as erased from users where id = $1',
      [person.uuid],
    )
    expect(rows).toEqual([{ erased: true }])
    await sweepMedia(origin, server.services.media)
    expect(await left(avatar, folders[0])).toEqual({ row: false, objects: [] })
    expect(await left(other, folders[1])).toEqual({ row: false, objects: [] })
  })

  it('takes the upload again that somebody sent when it was prepared already', async () => {
    const { media, upload } = (await requestUpload(fan, bytes)).data!.requestMediaUpload
    await send(upload!, bytes)
    await completeUpload(fan, media!.id)
    await server.drain()
    const again = await send(upload!, bytes)
    // ours takes nothing any more; a store takes it for as long as its address is good, and nobody is shown it
    expect(again.status).toBe(store === 's3' ? 200 : 403)
    const folder = await folderOf(media!.id)
    expect((await objectsOf(server, folder)).includes('upload')).toBe(store === 's3')
    await world.setClock(0)
    await server.database.owner.query(
      `update graphile_worker._private_jobs set run_at = now() where task_id = (select id from graphile_worker._private_tasks where identifier = 'media.remove_upload')`,
    )
    await server.drain()
    expect(await objectsOf(server, folder)).not.toContain('upload')
    expect(await readMedia(fan, media!.id)).toMatchObject({ state: 'READY' })
  })

  it('takes what crashes left behind on this machine, and leaves what is being written', async () => {
    const { workFolder } = server.services.media
    mkdirSync(workFolder, { recursive: true })
    const [old, young] = ['old', 'young'].map((name) => join(workFolder, name)) as [string, string]
    writeFileSync(old, 'x')
    writeFileSync(young, 'x')
    utimesSync(old, new Date(0), new Date(0))
    await sweepMedia(origin, server.services.media)
    expect(readdirSync(workFolder)).toContain('young')
    expect(readdirSync(workFolder)).not.toContain('old')
  })
})

describe('what a file can be used by', () => {
  it('is known to the sweep: every table that refers to files', async () => {
    const server = await startWith('files')
    try {
      const { rows } = await server.database.owner.query<{ place: string }>(
        `select c.conrelid::regclass::text || '.' || a.attname as place
         from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
         where c.contype = 'f' and c.confrelid = 'media_assets'::regclass order by 1`,
      )
      expect(rows.map(({ place }) => place)).toEqual([
        'content_media.media_id',
        'export_requests.media_id',
        'legal_holds.media_id',
        'live_streams.recording_media_id',
        'mass_message_media.media_id',
        'media_variants.asset_id',
        'message_media.media_id',
        'report_evidence.media_id',
        'user_profiles.avatar_media_id',
        'user_profiles.banner_media_id',
      ])
    } finally {
      await server.close()
    }
  })
})
