import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { get as httpGet, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completeUpload, requestUpload } from '../support/media.js'
import type { Target } from '../support/media.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { readMedia } from './reading.js'
import { startWith, STORES } from './stores.js'

const SIZE = 160_000_000
/** What a process may grow by while so much goes through it, this test's own part included. */
const MAX_GROWTH_BYTES = 90_000_000

/** A file of sound that nobody can hear, as large as sound may be. */
async function makeSound(path: string): Promise<void> {
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(SIZE - 8, 4)
  header.write('WAVEfmt ', 8)
  header.set([16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0], 16)
  header.write('data', 36)
  header.writeUInt32LE(SIZE - 44, 40)
  const file = await open(path, 'w')
  await file.write(header)
  await file.truncate(SIZE)
  await file.close()
}

describe.each(STORES)('a large file in %s', (store) => {
  let folder: string
  let path: string
  let server: TestServer
  let creator: Person
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'large-'))
    path = join(folder, 'sound.wav')
    await makeSound(path)
    server = await startWith(store)
    creator = await makeWorld(server).creator()
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  const sendFile = (target: Target): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = Object.fromEntries(target.headers.map(({ name, value }) => [name, value]))
      const outgoing = httpRequest(target.url, { method: 'PUT', headers: { ...headers, 'content-length': SIZE } })
      outgoing.on('response', (answer) => resolve(answer.resume().statusCode ?? 0))
      outgoing.on('error', reject)
      pipeline(createReadStream(path), outgoing).catch(reject)
    })

  /** Reads all of an address, slowly at first; answers how much it was. */
  const receive = (url: string): Promise<number> =>
    new Promise((resolve, reject) => {
      httpGet(url, (answer) => {
        if (answer.headers.location) {
          answer.resume()
          receive(answer.headers.location).then(resolve, reject)
          return
        }
        let length = 0
        void setTimeout(500).then(() => answer.on('data', (chunk: Buffer) => (length += chunk.length)))
        answer.on('end', () => resolve(length))
        answer.on('error', reject)
      }).on('error', reject)
    })

  it('goes through without being held in memory', { timeout: 120_000 }, async () => {
    global.gc?.()
    const before = process.memoryUsage().rss
    let highest = 0
    const watching = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss - before)), 20)
    try {
      const options = { kind: 'AUDIO', purpose: 'CONTENT', contentType: 'audio/wav', sizeBytes: SIZE } as const
      const { media, upload } = (await requestUpload(creator, Buffer.alloc(0), options)).data!.requestMediaUpload
      expect(await sendFile(upload!)).toBe(200)
      const { data } = await completeUpload(creator, media!.id)
      expect(data?.completeMediaUpload.media?.state).toBe('UPLOADED')
      await server.drain()
      const { state, file } = (await readMedia(creator, media!.id))!
      expect({ state, sizeBytes: file?.sizeBytes }).toEqual({ state: 'READY', sizeBytes: String(SIZE) })
      expect(await receive(file!.url)).toBe(SIZE)
    } finally {
      clearInterval(watching)
    }
    expect(highest).toBeLessThan(MAX_GROWTH_BYTES)
  })
})
