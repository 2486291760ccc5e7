import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { errorsOf, join, readStream, rotate, schedule } from './calls.js'

const NGINX = process.env['NGINX_PATH'] ?? '/usr/sbin/nginx'
const MODULE = process.env['NGINX_RTMP_MODULE'] ?? '/usr/lib/nginx/modules/ngx_rtmp_module.so'
const FFMPEG = process.env['FFMPEG_PATH'] ?? '/usr/bin/ffmpeg'
const isThere = [NGINX, MODULE, FFMPEG].every((path) => existsSync(path))
if (!isThere)
  console.warn(
    'skipped: a real encoder through a real RTMP server; install libnginx-mod-rtmp and ffmpeg, or set NGINX_PATH, NGINX_RTMP_MODULE and FFMPEG_PATH',
  )

const SECRET = 'a-secret-of-the-media-server-123'
const WAIT_MS = 30_000

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe.skipIf(!isThere)('a real encoder, through nginx and its RTMP module', () => {
  let server: TestServer
  let world: World
  let folder: string
  let nginx: ChildProcess
  let rtmp: string
  const programs = new Set<ChildProcess>()

  beforeAll(async () => {
    server = await startServer({ config: { mediaServerSecret: SECRET } })
    world = makeWorld(server)
    folder = mkdtempSync(joinPath(tmpdir(), 'rtmp-'))
    const port = await freePort()
    rtmp = `rtmp://127.0.0.1:${String(port)}/live`
    const asks = ['on_publish', 'on_publish_done', 'on_play', 'on_play_done', 'on_update']
    writeFileSync(
      joinPath(folder, 'nginx.conf'),
      `load_module ${MODULE};
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log info;
events {}
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${String(port)};
    application live {
      live on;
      drop_idle_publisher 10s;
      notify_method post;
      notify_update_timeout 1s;
      notify_update_strict on;
${asks.map((ask) => `      ${ask} ${server.origin}/streaming/nginx?secret=${SECRET};`).join('\n')}
    }
  }
}
`,
    )
    nginx = spawn(NGINX, ['-p', folder, '-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`], { stdio: 'ignore' })
    await until(() => existsSync(joinPath(folder, 'pid')), WAIT_MS)
  })
  afterEach(() => {
    for (const program of programs) program.kill('SIGKILL')
    programs.clear()
  })
  afterAll(async () => {
    nginx.kill('SIGTERM')
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const ffmpeg = (args: readonly string[]): ChildProcess => {
    const program = spawn(FFMPEG, ['-nostdin', '-loglevel', 'error', ...args], { stdio: 'ignore' })
    programs.add(program)
    return program
  }
  const codeOf = (program: ChildProcess): Promise<number> =>
    new Promise((resolve) =>
      program.exitCode === null ? program.once('exit', (code) => resolve(code ?? -1)) : resolve(program.exitCode),
    )
  /** Broadcasts a test picture, ten a second, until it is ended. */
  const publish = (key: string): ChildProcess =>
    ffmpeg([
      '-re',
      '-f',
      'lavfi',
      '-i',
      'testsrc=size=160x120:rate=10',
      '-c:v',
      'flv',
      '-g',
      '10',
      '-f',
      'flv',
      `${rtmp}/${key}`,
    ])
  const play = (name: string): Promise<number> =>
    codeOf(ffmpeg(['-rw_timeout', '8000000', '-i', `${rtmp}/${name}`, '-t', '1', '-f', 'null', '-']))

  const broadcaster = async (): Promise<{ creator: Person; keyId: string; key: string; id: string }> => {
    const creator = await provenCreator(world)
    const { id: keyId, key } = await rotate(creator)
    return { creator, keyId, key, id: (await schedule(creator))['id'] as string }
  }
  const untilState = (creator: Person, id: string, state: string): Promise<void> =>
    until(async () => (await readStream(creator, id))!['state'] === state, WAIT_MS)

  it('is refused with a wrong key', async () => {
    const { creator, key, id } = await broadcaster()
    expect(await codeOf(publish(`${key.slice(0, -4)}nope`))).not.toBe(0)
    expect(await readStream(creator, id)).toMatchObject({ state: 'SCHEDULED' })
  }, 90_000)

  it('is on air with the right one, beside no second one, and is played with a token alone', async () => {
    const { creator, key, id } = await broadcaster()
    publish(key)
    await untilState(creator, id, 'LIVE')
    expect(await codeOf(publish(key))).not.toBe(0)
    const { playback } = await join(await world.fan(), id)
    expect(await play(`${playback.playbackId as string}?token=${playback.token as string}`)).toBe(0)
    expect(await play(playback.playbackId as string)).not.toBe(0)
    expect(await play(key)).not.toBe(0)
    expect(await readStream(creator, id)).toMatchObject({ state: 'LIVE' })
  }, 90_000)

  it('comes back to the same stream with the next key, and is cut off when that is revoked', async () => {
    const { creator, key, id } = await broadcaster()
    const first = publish(key)
    await untilState(creator, id, 'LIVE')
    const next = await rotate(creator, 60)
    first.kill('SIGKILL')
    await untilState(creator, id, 'INTERRUPTED')
    const second = publish(next.key)
    await untilState(creator, id, 'LIVE')
    expect(await errorsOf(creator, 'revokeStreamKey', { streamKeyId: next.id })).toEqual([])
    expect(await readStream(creator, id)).toMatchObject({ state: 'ENDED', endReason: 'KEY_REVOKED' })
    expect(await codeOf(second)).not.toBe(0)
    await schedule(creator)
    expect(await codeOf(publish(next.key))).not.toBe(0)
    expect(await codeOf(publish(key.replace(/.$/, 'x')))).not.toBe(0)
  }, 120_000)
})
