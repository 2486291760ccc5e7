import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, describe, it } from 'vitest'
import { lookInto } from '../../src/media/films.js'
import { MAX_PIXELS } from '../../src/media/limits.js'
import { makePicture, uploadMedia } from '../support/media.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { filmOf } from './containers.js'
import { readMedia, rowsOf } from './reading.js'
import { startWith } from './stores.js'

/** Programs in the place of ffmpeg, which note what they are asked and answer what a test says. */
describe('what the tools find in a film', () => {
  let folder: string
  let server: TestServer
  let creator: Person
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tools-'))
    await writeFile(join(folder, 'poster.png'), await makePicture({ width: 320, height: 240 }))
    for (const [tool, does] of [
      ['ffprobe', `cat ${join(folder, 'answer.json')}`],
      ['ffmpeg', `for last; do :; done; cp ${join(folder, 'poster.png')} "$last"`],
    ] as const) {
      await writeFile(join(folder, tool), `#!/bin/sh\necho ${tool} "$@" >> ${join(folder, 'calls')}\n${does}\n`)
      await chmod(join(folder, tool), 0o755)
    }
    server = await startWith('files', { config: { ffmpegPath: join(folder, 'ffmpeg') } })
    creator = await makeWorld(server).creator()
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => rm(join(folder, 'calls'), { force: true }))

  const calls = async (): Promise<string[]> => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')
  const upload = async (width: number, height: number, duration: string) => {
    const streams = [{ codec_type: 'video', width, height }]
    await writeFile(join(folder, 'answer.json'), JSON.stringify({ streams, format: { duration } }))
    const options = { purpose: 'CONTENT', kind: 'VIDEO', contentType: 'video/mp4' } as const
    return await uploadMedia(server, creator, filmOf('somewhere'), options)
  }

  it('is its length and a poster, decoded within the pixels that a picture may have', async () => {
    const id = await upload(1_920, 1_080, '2.5')
    expect((await readMedia(creator, id))?.file).toMatchObject({ durationMs: 2_500, image: { width: 320 } })
    const limited = new RegExp(`-max_pixels ${String(MAX_PIXELS)} .*-i `)
    expect(await calls()).toEqual([expect.stringMatching(/^ffprobe /), expect.stringMatching(/^ffmpeg /)])
    for (const call of await calls()) expect(call).toMatch(limited)
  })

  it('is no poster where its pictures are larger than any that is shown', async () => {
    const id = await upload(MAX_PIXELS / 5_000 + 1, 5_000, '2.5')
    expect(await readMedia(creator, id)).toMatchObject({ state: 'READY', file: { durationMs: 2_500, image: null } })
    expect(await calls()).toEqual([expect.stringMatching(/^ffprobe /)])
    expect((await rowsOf(server, id)).asset).toMatchObject({ width: MAX_PIXELS / 5_000 + 1, height: 5_000 })
  })

  it.each(['604800.001', '4294967296', '1e300'])(
    'is no length where it says that it plays for %s s',
    async (duration) => {
      const id = await upload(1_920, 1_080, duration)
      expect(await readMedia(creator, id)).toMatchObject({ state: 'READY', file: { durationMs: null } })
    },
  )

  it('is looked for in two at once, and no more', async () => {
    const log = join(folder, 'running')
    await writeFile(join(folder, 'ffprobe'), `#!/bin/sh\necho + >> ${log}\nsleep 0.2\necho - >> ${log}\n`)
    const looks = Array.from({ length: 5 }, () =>
      lookInto(log, 'video/mp4', { ffmpegPath: join(folder, 'ffmpeg'), posterPath: join(folder, 'none.png') }),
    )
    expect(await Promise.all(looks)).toEqual(
      Array(5).fill({ durationMs: null, width: null, height: null, posterPath: null }),
    )
    const marks = (await readFile(log, 'utf8')).trim().split('\n')
    let [running, most] = [0, 0]
    for (const mark of marks) most = Math.max(most, (running += mark === '+' ? 1 : -1))
    expect({ started: marks.filter((mark) => mark === '+').length, most }).toEqual({ started: 5, most: 2 })
  })
})
