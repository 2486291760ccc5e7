import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressExpiry, addressOf, serveMedia } from '../../src/media/media.js'
import { URL_LIFETIME_MS, URL_STEP_MS } from '../../src/media/limits.js'
import { wantedOf } from '../../src/media/ranges.js'
import { makeSealer } from '../../src/media/sealing.js'
import type { GateRef, MediaGate } from '../../src/media/types.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { send as sendRaw } from '../support/raw-http.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { bytesFrom, fetchFrom, readMedia, rowsOf, storedBytes } from './reading.js'
import { startWith, STORES } from './stores.js'

describe.each(STORES)('an address of a file in %s', (store) => {
  /** Posts and their grants, as a domain above would look them up. */
  const open = new Map<string, string>()
  const asked: unknown[] = []
  const ofPost: MediaGate<Extract<GateRef, { kind: 'content' }>> = ({ viewer, media, gate: { contentId, grant } }) => {
    asked.push({ viewer, media, grant })
    return Promise.resolve(open.get(contentId) === `${grant?.id ?? 'none'}@${String(grant?.version ?? 0)}`)
  }
  let server: TestServer
  let world: World
  let owner: Person
  let fan: Person
  let id: string
  let variantId: string
  let stored: Buffer
  beforeAll(async () => {
    server = await startWith(store, {
      routes: [
        (app, { database, media }) => {
          serveMedia(app, { db: database.db, media, gates: { content: ofPost }, isAllowedOrigin: () => false })
        },
      ],
    })
    world = makeWorld(server)
    owner = await world.fan()
    fan = await world.fan()
    id = await uploadMedia(server, owner, await makePicture({ width: 300, height: 200 }))
    const { variants } = await rowsOf(server, id)
    const original = variants.find(({ kind }) => kind === 'rendition')!
    variantId = original['id']
    stored = await storedBytes(server, original['storage_key'])
  })
  afterAll(() => server.close())

  const address = async (gate: GateRef, viewerId: string | null, lifetimeMs = 60_000): Promise<string> => {
    const expiresAtMs = (await server.now()).getTime() + lifetimeMs
    return addressOf(server.services.media, { variantId, viewerId, gate, expiresAtMs })
  }
  const statusOf = async (url: string): Promise<number> => (await fetchFrom(url)).status
  const tokenOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1)

  it('opens what it says, and ends by itself', async () => {
    const url = await address({ kind: 'own' }, owner.uuid)
    expect(await bytesFrom(url)).toEqual(stored)
    await world.setClock(61_000)
    expect(await statusOf(url)).toBe(404)
    await world.setClock(0)
    expect(await statusOf(url)).toBe(200)
  })

  it('is its viewer’s: a stranger’s, or another’s, opens nothing of one’s own', async () => {
    expect(await statusOf(await address({ kind: 'own' }, fan.uuid))).toBe(404)
    expect(await statusOf(await address({ kind: 'own' }, null))).toBe(404)
    expect(await statusOf(await address({ kind: 'own' }, randomUUID()))).toBe(404)
  })

  it('that was altered, forged, or made for something else opens nothing, and all look the same', async () => {
    const url = await address({ kind: 'own' }, owner.uuid)
    const token = tokenOf(url)
    const base = url.slice(0, -token.length)
    const forged = makeSealer([{ id: 'theirs', secret: randomBytes(32) }], 'media-addresses')
    const otherPurpose = server.services.media.uploads.seal(JSON.stringify([variantId, owner.uuid, 9e15, 'own']))
    const sealed = (text: string): string => server.services.media.addresses.seal(text)
    const tokens = [
      ...Array.from({ length: 12 }, (_, index) => {
        const bytes = Buffer.from(token, 'base64url')
        const at = Math.floor((index * bytes.length) / 12)
        bytes[at] = (bytes[at] ?? 0) ^ 1
        return bytes.toString('base64url')
      }),
      token.slice(1),
      token.slice(0, -4),
      `${token}A`,
      `${token}=`,
      forged.seal(JSON.stringify([variantId, owner.uuid, 9e15, 'own'])),
      otherPurpose,
      sealed(JSON.stringify([randomUUID(), owner.uuid, 9e15, 'own'])),
      sealed(JSON.stringify([variantId, owner.uuid, 9e15, 'everything'])),
      sealed(JSON.stringify([variantId, owner.uuid])),
      'x'.repeat(600),
      'a',
    ]
    const answers = await Promise.all(
      tokens.map(async (other) => {
        const answer = await fetchFrom(base + other)
        return `${String(answer.status)} ${String(answer.headers.get('content-type'))} ${await answer.text()}`
      }),
    )
    const closed = `404 application/json; charset=utf-8 {"errors":[{"message":"Nothing is here.","extensions":{"code":"NOT_FOUND"}}]}`
    expect(new Set(answers)).toEqual(new Set([closed]))
    const ended = await fetchFrom(await address({ kind: 'own' }, owner.uuid, -1))
    expect(await ended.text()).toBe(closed.slice(closed.indexOf('{')))
  })

  it('tells nothing of what it opens', async () => {
    const bytes = Buffer.from(tokenOf(await address({ kind: 'own' }, owner.uuid)), 'base64url').toString('latin1')
    for (const secret of [variantId, owner.uuid, 'own']) expect(bytes).not.toContain(secret)
  })

  it('ends the moment that what it stands on falls', async () => {
    const contentId = randomUUID()
    const grant = { id: randomUUID(), version: 3 }
    const url = await address({ kind: 'content', contentId, grant }, fan.uuid)
    expect(await statusOf(url)).toBe(404)
    open.set(contentId, `${grant.id}@3`)
    asked.length = 0
    expect(await bytesFrom(url)).toEqual(stored)
    expect(asked).toMatchObject([
      { viewer: { userId: fan.uuid, role: 'FAN', isAgeVerified: false }, media: { ownerId: owner.uuid }, grant },
    ])
    // another version of the grant, then none
    open.set(contentId, `${grant.id}@4`)
    expect(await statusOf(url)).toBe(404)
    open.set(contentId, 'none@0')
    expect(await statusOf(url)).toBe(404)
    expect(await bytesFrom(await address({ kind: 'content', contentId, grant: null }, null))).toEqual(stored)
  })

  it('of a kind that nobody decides on opens nothing', async () => {
    expect(await statusOf(await address({ kind: 'teaser', contentId: randomUUID() }, null))).toBe(404)
  })

  it('ends with its viewer’s standing, and with the file', async () => {
    const contentId = randomUUID()
    open.set(contentId, 'none@0')
    const person = await world.fan()
    const url = await address({ kind: 'content', contentId, grant: null }, person.uuid)
    const set = (status: string, until: string | null) =>
      server.database.owner.query(
        'update users set account_status = $2::account_status, suspended_until = $3 where id = $1',
        [person.uuid, status, until],
      )
    expect(await statusOf(url)).toBe(200)
    await set('banned', null)
    expect(await statusOf(url)).toBe(404)
    await set('suspended', '2999-01-01')
    expect(await statusOf(url)).toBe(404)
    await set('suspended', '2001-01-01')
    expect(await statusOf(url)).toBe(200)
    await server.database.owner.query(
      `update media_assets set deleted_at = now() where id = (select asset_id from media_variants where id = $1)`,
      [variantId],
    )
    expect(await statusOf(url)).toBe(404)
    await server.database.owner.query(
      `update media_assets set deleted_at = null where id = (select asset_id from media_variants where id = $1)`,
      [variantId],
    )
    expect(await statusOf(url)).toBe(200)
  })

  it('that the API gives lasts five minutes at most, and is the same for half a minute', async () => {
    const [one, other] = [await readMedia(owner, id), await readMedia(owner, id)]
    const leftMs = new Date(one!.file!.urlExpiresAt).getTime() - (await server.now()).getTime()
    expect(leftMs).toBeLessThanOrEqual(URL_LIFETIME_MS)
    expect(leftMs).toBeGreaterThan(URL_LIFETIME_MS - URL_STEP_MS - 5_000)
    const now = new Date('2026-01-01T00:00:10.000Z')
    expect(addressExpiry(now)).toEqual(addressExpiry(new Date('2026-01-01T00:00:29.999Z')))
    expect(addressExpiry(now)).not.toEqual(addressExpiry(new Date('2026-01-01T00:00:30.000Z')))
    if (one!.file!.urlExpiresAt === other!.file!.urlExpiresAt) expect(one!.file!.url).toBe(other!.file!.url)
  })

  it('answers parts, also the last of them, and says when there is none', async () => {
    const url = await address({ kind: 'own' }, owner.uuid)
    const part = async (range: string) => {
      const answer = await fetchFrom(url, { range })
      const { status, headers } = answer
      return { status, range: headers.get('content-range'), bytes: Buffer.from(await answer.arrayBuffer()) }
    }
    const size = stored.length
    expect(await part('bytes=10-19')).toEqual({
      status: 206,
      range: `bytes 10-19/${String(size)}`,
      bytes: stored.subarray(10, 20),
    })
    expect(await part(`bytes=${String(size - 5)}-`)).toMatchObject({ status: 206, bytes: stored.subarray(size - 5) })
    if (store === 's3') return
    expect(await part('bytes=-7')).toEqual({
      status: 206,
      range: `bytes ${String(size - 7)}-${String(size - 1)}/${String(size)}`,
      bytes: stored.subarray(size - 7),
    })
    expect(await part(`bytes=${String(size)}-`)).toEqual({
      status: 416,
      range: `bytes */${String(size)}`,
      bytes: Buffer.alloc(0),
    })
  })

  it('is answered as what it is, and as nothing else', async () => {
    const { headers } = await fetchFrom(await address({ kind: 'own' }, owner.uuid))
    expect(headers.get('content-type')).toBe('image/png')
    expect(headers.get('content-disposition')).toBe('inline; filename="original.png"')
    expect(headers.get('cache-control')).toBe('private, no-cache')
    if (store === 's3') return
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(headers.get('accept-ranges')).toBe('bytes')
  })

  it('is answered without the bytes to whoever asks about them', async () => {
    const url = await address({ kind: 'own' }, owner.uuid)
    const answer = await fetch(url, { method: 'HEAD' })
    expect({ status: answer.status, length: answer.headers.get('content-length'), body: await answer.text() }).toEqual({
      status: 200,
      length: String(stored.length),
      body: '',
    })
    expect((await fetch(await address({ kind: 'own' }, fan.uuid), { method: 'HEAD' })).status).toBe(404)
  })

  it(
    store === 's3' ? 'leads to the store for half a minute, and is not kept' : 'is asked about again by whoever has it',
    async () => {
      const url = await address({ kind: 'own' }, owner.uuid)
      if (store === 's3') {
        const { status, headers, text } = await sendRaw(url, { method: 'GET', headers: {} })
        const location = new URL(String(headers['location']))
        expect({ status, text, cached: headers['cache-control'] }).toEqual({
          status: 302,
          text: '',
          cached: 'no-store',
        })
        expect(Number(location.searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(30)
        const tampered = new URL(location)
        tampered.searchParams.set('X-Amz-Expires', '3000')
        expect((await fetch(tampered)).status).toBe(403)
        return
      }
      const { headers } = await fetchFrom(url)
      const etag = headers.get('etag')!
      const again = await fetchFrom(url, { 'if-none-match': etag })
      expect({ status: again.status, etag: again.headers.get('etag'), body: await again.text() }).toEqual({
        status: 304,
        etag,
        body: '',
      })
      // what one has is not shown any more either, once it does not open
      expect((await fetchFrom(await address({ kind: 'own' }, fan.uuid), { 'if-none-match': etag })).status).toBe(404)
      expect((await fetchFrom(url, { range: 'bytes=0-0', 'if-range': etag })).status).toBe(206)
      expect((await fetchFrom(url, { range: 'bytes=0-0', 'if-range': '"another"' })).status).toBe(200)
    },
  )

  it('takes nothing but questions', async () => {
    const url = await address({ kind: 'own' }, owner.uuid)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) expect((await fetch(url, { method })).status).toBe(404)
  })
})

describe('a range', () => {
  const ETAG = '"abc"'
  it.each<[string, Parameters<typeof wantedOf>[0], object]>([
    ['none', {}, { kind: 'whole' }],
    ['from the start', { range: 'bytes=0-9' }, { kind: 'part', range: { first: 0, last: 9 } }],
    ['beyond the end', { range: 'bytes=90-900' }, { kind: 'part', range: { first: 90, last: 99 } }],
    ['to the end', { range: 'bytes=99-' }, { kind: 'part', range: { first: 99, last: 99 } }],
    ['of the end', { range: 'bytes=-1' }, { kind: 'part', range: { first: 99, last: 99 } }],
    ['of more than there is, from the end', { range: 'bytes=-1000' }, { kind: 'part', range: { first: 0, last: 99 } }],
    ['of nothing, from the end', { range: 'bytes=-0' }, { kind: 'none' }],
    ['behind the end', { range: 'bytes=100-' }, { kind: 'none' }],
    ['backwards', { range: 'bytes=9-0' }, { kind: 'whole' }],
    ['of two parts', { range: 'bytes=0-1,4-5' }, { kind: 'whole' }],
    ['of another unit', { range: 'lines=0-1' }, { kind: 'whole' }],
    ['of no numbers', { range: 'bytes=-' }, { kind: 'whole' }],
    ['of too large a number', { range: 'bytes=0-99999999999999999999' }, { kind: 'whole' }],
    [
      'of what is still there',
      { range: 'bytes=0-9', 'if-range': ETAG },
      { kind: 'part', range: { first: 0, last: 9 } },
    ],
    ['of what changed', { range: 'bytes=0-9', 'if-range': '"old"' }, { kind: 'whole' }],
    ['of what is only alike', { range: 'bytes=0-9', 'if-range': 'W/"abc"' }, { kind: 'whole' }],
    [
      'of what was there at a time',
      { range: 'bytes=0-9', 'if-range': 'Wed, 21 Oct 2015 07:28:00 GMT' },
      { kind: 'whole' },
    ],
    ['of what one has', { range: 'bytes=0-9', 'if-none-match': ETAG }, { kind: 'unchanged' }],
    ['of one of what one has', { 'if-none-match': '"x", W/"abc"' }, { kind: 'unchanged' }],
    ['of whatever one has', { 'if-none-match': '*' }, { kind: 'unchanged' }],
    ['of what one has not', { 'if-none-match': '"x"' }, { kind: 'whole' }],
  ])('%s', (_what, headers, wanted) => {
    expect(wantedOf(headers, ETAG, 100)).toEqual(wanted)
  })
})

describe('sealing', () => {
  const [old, young] = ['old', 'young'].map((id) => ({ id, secret: randomBytes(32) })) as [
    { id: string; secret: Buffer },
    { id: string; secret: Buffer },
  ]
  it('opens what was sealed under any key, and nothing of another purpose', () => {
    const before = makeSealer([old], 'one')
    const after = makeSealer([young, old], 'one')
    expect(after.open(before.seal('text'))).toBe('text')
    expect(before.open(after.seal('text'))).toBeNull()
    expect(makeSealer([old], 'other').open(before.seal('text'))).toBeNull()
  })

  it('makes equal tokens of equal texts, and others of others', () => {
    const sealer = makeSealer([old], 'one')
    expect(sealer.seal('text')).toBe(sealer.seal('text'))
    const [one, other] = [sealer.seal('text 1'), sealer.seal('text 2')]
    expect(one.slice(0, 16)).not.toBe(other.slice(0, 16))
  })
})
