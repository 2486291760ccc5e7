import { request as httpRequest } from 'node:http'
import type { ClientRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  MAX_CONCURRENT_UPLOADS,
  MAX_CONCURRENT_UPLOADS_OF_NETWORK,
  MAX_CONCURRENT_UPLOADS_OF_SITE,
} from '../../src/media/limits.js'
import { serveMedia } from '../../src/media/media.js'
import { Arriving } from '../../src/media/receiving.js'
import { completeUpload, requestUpload, send } from '../support/media.js'
import type { Target } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { objectsOf, rowsOf } from './reading.js'

const PACE = { windowMs: 1_500, leastBytes: 5_000 }
const SIZE = 400_000

/** What the sender of an upload is answered. */
interface Ended {
  readonly status: number
  readonly text: string
}

describe('an upload that arrives here', () => {
  let server: TestServer
  let world: World
  beforeAll(async () => {
    server = await startServer({
      routes: [
        (app, { database, media }) => {
          serveMedia(app, { db: database.db, media, isAllowedOrigin: () => false, pace: PACE })
        },
      ],
    })
    world = makeWorld(server)
  })
  afterAll(() => server.close())

  const target = async (person: Person): Promise<{ id: string; upload: Target }> => {
    const { media, upload } = (await requestUpload(person, Buffer.alloc(SIZE))).data!.requestMediaUpload
    return { id: media!.id, upload: upload! }
  }
  /** Begins to send, with a first few bytes; `network` is where it comes from. */
  const begin = ({ url }: Target, network: string): { outgoing: ClientRequest; ended: Promise<Ended> } => {
    const headers = { 'content-type': 'image/png', 'content-length': SIZE, 'x-forwarded-for': network }
    const outgoing = httpRequest(url, { method: 'PUT', headers, agent: false })
    const ended = new Promise<Ended>((resolve) => {
      outgoing.on('error', ({ message }) => resolve({ status: 0, text: message }))
      outgoing.on('response', (incoming) => {
        let text = ''
        incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
        incoming.on('close', () => resolve({ status: incoming.statusCode ?? 0, text }))
      })
    })
    outgoing.write(Buffer.alloc(100))
    return { outgoing, ended }
  }
  /** Goes on with so many bytes every 50 ms, until it is all or the server has enough. */
  const trickle = async (outgoing: ClientRequest, bytes: number): Promise<void> => {
    for (let left = SIZE - 100; left > 0 && !outgoing.destroyed && !outgoing.closed; left -= bytes) {
      outgoing.write(Buffer.alloc(Math.min(bytes, left)))
      await sleep(50)
    }
    outgoing.end()
  }

  it('is ended when it trickles, leaves nothing, and makes room for others', async () => {
    const fan = await world.fan()
    const targets = await Promise.all(Array.from({ length: MAX_CONCURRENT_UPLOADS + 1 }, () => target(fan)))
    const last = targets.pop()!
    const sent = targets.map(({ upload }) => begin(upload, '192.0.2.1'))
    for (const { outgoing } of sent) void trickle(outgoing, 1)
    await sleep(300)
    expect((await send(last.upload, Buffer.alloc(SIZE))).status).toBe(429)
    for (const { status, text } of await Promise.all(sent.map(({ ended }) => ended)))
      expect({ status, text }).toEqual({
        status: 408,
        text: '{"errors":[{"message":"The upload was too slow: send it again.","extensions":{"code":"BAD_REQUEST"}}]}',
      })
    await until(async () => (await send(last.upload, Buffer.alloc(SIZE))).status === 200)
    for (const { id } of targets) {
      expect((await completeUpload(fan, id)).data?.completeMediaUpload.userErrors).toMatchObject([
        { code: 'MEDIA_NOT_UPLOADED' },
      ])
      expect(await objectsOf(server, (await rowsOf(server, id)).asset!['storage_key'])).toEqual([])
    }
    const again = begin(targets[0]!.upload, '192.0.2.1')
    again.outgoing.end(Buffer.alloc(SIZE - 100))
    expect((await again.ended).status).toBe(200)
  })

  it('may take as long as it keeps its pace', async () => {
    const { upload } = await target(await world.fan())
    const { outgoing, ended } = begin(upload, '192.0.2.1')
    await trickle(outgoing, 16_000)
    expect(await ended).toEqual({ status: 200, text: '' })
  })

  it('is one of a few from its network, whoever sends it', async () => {
    const people: Person[] = []
    while (people.length * MAX_CONCURRENT_UPLOADS <= MAX_CONCURRENT_UPLOADS_OF_NETWORK) people.push(await world.fan())
    const targets = await Promise.all(
      Array.from({ length: MAX_CONCURRENT_UPLOADS_OF_NETWORK + 1 }, (_, n) => target(people[n % people.length]!)),
    )
    const last = targets.pop()!
    const sent = targets.map(({ upload }, n) => begin(upload, `2001:db8:0:1::${String(n + 1)}`))
    for (const { outgoing } of sent) void trickle(outgoing, 16_000)
    await sleep(300)
    const refused = begin(last.upload, '2001:db8:0:1::ff')
    expect((await refused.ended).status).toBe(429)
    const elsewhere = begin(last.upload, '2001:db8:0:2::1')
    elsewhere.outgoing.end(Buffer.alloc(SIZE - 100))
    expect((await elsewhere.ended).status).toBe(200)
    expect((await Promise.all(sent.map(({ ended }) => ended))).map(({ status }) => status)).toEqual(
      Array(MAX_CONCURRENT_UPLOADS_OF_NETWORK).fill(200),
    )
  })
})

it('leaves places beside those of one site, out of however many of its networks they come', () => {
  const arriving = new Arriving()
  const begin = (n: number, address: string) => arriving.begin(`person ${String(n)}`, address)
  for (let n = 0; n < MAX_CONCURRENT_UPLOADS_OF_SITE; n += 1)
    expect(begin(n, `2001:db8:0:${n.toString(16)}::1`)).toBeNull()
  expect(begin(99, '2001:db8:0:ffff::1')).toMatchObject({ status: 429 })
  expect(begin(99, '2001:db8:1::1')).toBeNull()
  arriving.end('person 0', '2001:db8:0:0::1')
  expect(begin(99, '2001:db8:0:ffff::1')).toBeNull()
})
