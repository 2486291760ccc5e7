import v8 from 'node:v8'
import vm from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMs, machineNow } from '../../src/lib/clock.js'
import { until } from '../support/until.js'
import { connect, openLaboratory, RawSocket, sources } from './laboratory.js'
import type { Laboratory } from './laboratory.js'

const TICKS = 'subscription { ticks { sequence viewer } }'

let lab: Laboratory
beforeAll(async () => (lab = await openLaboratory()))
afterAll(() => lab.close())

/** Lets sources that begin wait until it is called. */
function holdFirstLook(): () => void {
  let release = (): void => undefined
  sources.firstLook = new Promise((resolve) => (release = resolve))
  return () => {
    sources.firstLook = null
    release()
  }
}

/** A subscription whose source is known to have started. */
async function subscribed(token?: string, query = TICKS) {
  const socket = await connect(lab.url, token)
  const { started } = sources
  socket.subscribe('1', query)
  await until(() => sources.started > started)
  return socket
}

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

/** What is held in memory, garbage not counted. */
function heldBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('the protocol', () => {
  it('delivers events, and what the first one cost', async () => {
    const socket = await subscribed(lab.sessions.open('listener'))
    lab.bus.publish('ticks')
    const first = await socket.next('1')
    expect(first).toMatchObject({
      type: 'next',
      payload: { data: { ticks: { viewer: 'FAN' } }, extensions: { cost: { requested: 2 } } },
    })
    lab.bus.publish('ticks')
    expect((await socket.next('1')).payload).not.toHaveProperty('extensions')
    socket.send({ type: 'complete', id: '1' })
    await until(() => sources.open === 0)
    socket.socket.close()
  })

  it('closes a second connection_init', async () => {
    const socket = await connect(lab.url)
    socket.send({ type: 'connection_init' })
    expect((await socket.closed).code).toBe(4429)
  })

  it('closes a subscribe before connection_ack', async () => {
    const socket = new RawSocket(lab.url)
    await socket.opened
    socket.subscribe('1', TICKS)
    expect((await socket.closed).code).toBe(4401)
  })

  it('closes a socket that says nothing within three seconds', async () => {
    const startedMs = performance.now()
    expect((await new RawSocket(lab.url).closed).code).toBe(4408)
    expect(performance.now() - startedMs).toBeLessThan(4_000)
  })

  it('closes another subprotocol, the old one and none', async () => {
    for (const protocols of [['graphql-ws'], ['nonsense'], []]) {
      const socket = new RawSocket(lab.url, { protocols })
      socket.opened.catch(() => undefined)
      const { code } = await socket.closed
      expect([4406, 1006], protocols.join()).toContain(code)
    }
  })

  it('closes two operations under one id', async () => {
    const socket = await subscribed()
    socket.subscribe('1', TICKS)
    expect((await socket.closed).code).toBe(4409)
    await until(() => sources.open === 0)
  })

  it('frees an id once its operation has ended', async () => {
    const socket = await connect(lab.url)
    socket.subscribe('1', '{ nothing')
    expect((await socket.next('1')).type).toBe('error')
    socket.subscribe('1', '{ nothing')
    expect((await socket.next('1')).type).toBe('error')
    socket.socket.close()
  })

  it.each([
    ['no JSON', '{'],
    ['an array', '[]'],
    ['an unknown type', '{"type":"start","id":"1"}'],
    ['a subscribe without a payload', '{"type":"subscribe","id":"1"}'],
    ['an empty id', '{"type":"subscribe","id":"","payload":{"query":"x"}}'],
    ['an id of 129 characters', JSON.stringify({ type: 'subscribe', id: 'x'.repeat(129), payload: { query: TICKS } })],
  ])('closes what is no message: %s', async (_name, text) => {
    const socket = await connect(lab.url)
    socket.send(text)
    expect((await socket.closed).code).toBe(4400)
  })

  it('closes binary frames', async () => {
    const socket = await connect(lab.url)
    socket.send(Buffer.from('{"type":"ping"}'))
    expect((await socket.closed).code).toBe(1003)
  })

  it('closes a frame of a megabyte', async () => {
    const socket = await connect(lab.url)
    socket.send(' '.repeat(1_048_576))
    expect((await socket.closed).code).toBe(1009)
  })

  it('closes a message in more than 64 fragments', async () => {
    const socket = await connect(lab.url)
    for (let index = 0; index < 100; index += 1) socket.socket.send('x', { fin: false })
    expect((await socket.closed).code).toBe(1008)
  })

  it('answers a ping, without what came with it', async () => {
    const socket = await connect(lab.url)
    socket.send({ type: 'ping', payload: { a: 1 } })
    expect(await socket.next('pong')).toEqual({ type: 'pong' })
    socket.socket.close()
  })
})

describe('a pong', () => {
  /** Resolves once what was sent so far was read; what came meanwhile is left. */
  async function read(socket: RawSocket): Promise<void> {
    socket.subscribe('read', '{ nothing')
    expect((await socket.next('read')).type).toBe('error')
  }

  it('comes once what was subscribed to before the ping listens, and waits for nothing that came after', async () => {
    const [release, socket, other] = [holdFirstLook(), await connect(lab.url), await connect(lab.url)]
    socket.subscribe('1', TICKS)
    socket.send({ type: 'ping' })
    socket.send({ type: 'ping' })
    await until(() => sources.open === 1)
    await read(socket)
    other.send({ type: 'ping' })
    await other.next('pong')
    expect(socket.messages).toEqual([])
    release()
    const releaseLater = holdFirstLook()
    socket.subscribe('2', TICKS)
    await until(() => socket.messages.length === 2)
    expect(socket.messages.map(({ type }) => type)).toEqual(['pong', 'pong'])
    lab.bus.publish('ticks')
    expect((await socket.next('1')).type).toBe('next')
    releaseLater()
    socket.socket.close()
    other.socket.close()
    await until(() => sources.open === 0)
  })

  it('comes behind what was refused', async () => {
    const socket = await connect(lab.url)
    for (const [id, query] of Object.entries({
      syntax: '{ nothing',
      denied: 'subscription { deniedTicks { sequence } }',
      crashing: 'subscription { crashingTicks { sequence } }',
    }))
      socket.subscribe(id, query)
    socket.send({ type: 'ping' })
    await until(() => socket.messages.length === 4)
    expect(socket.messages.map(({ type }) => type)).toEqual(['error', 'error', 'error', 'pong'])
    for (let n = 0; n < 21; n += 1) socket.subscribe(String(n), TICKS)
    socket.send({ type: 'ping' })
    await until(() => socket.messages.length === 6)
    expect(socket.messages.slice(4)).toMatchObject([{ type: 'error', id: '20' }, { type: 'pong' }])
    socket.socket.close()
    await until(() => sources.open === 0)
  })

  it('waits for the newer of two under one id, and the older leaves nothing', async () => {
    const [release, socket] = [holdFirstLook(), await connect(lab.url)]
    socket.subscribe('1', TICKS)
    await until(() => sources.open === 1)
    socket.send({ type: 'complete', id: '1' })
    sources.firstLook = null
    const releaseNewer = holdFirstLook()
    socket.subscribe('1', TICKS)
    socket.send({ type: 'ping' })
    await until(() => sources.open === 2)
    release()
    await until(() => sources.open === 1)
    await read(socket)
    expect(socket.messages).toEqual([])
    releaseNewer()
    await socket.next('pong')
    lab.bus.publish('ticks')
    await socket.next('1')
    socket.send({ type: 'ping' })
    await socket.next('pong')
    expect(socket.messages).toEqual([])
    socket.socket.close()
    await until(() => sources.open === 0)
  })

  it('comes also behind what was completed while it was being prepared', async () => {
    const [release, socket] = [holdFirstLook(), await connect(lab.url)]
    socket.subscribe('1', TICKS)
    socket.send({ type: 'complete', id: '1' })
    socket.send({ type: 'ping' })
    await until(() => sources.open === 1)
    release()
    await socket.next('pong')
    await until(() => sources.open === 0)
    socket.socket.close()
  })

  it.each([
    ['goes', (socket: RawSocket) => socket.socket.terminate()],
    ['is sent away for too many of them', (socket: RawSocket) => Array.from({ length: 120 }, () => ping(socket))],
  ])('is for nobody whose socket %s meanwhile, and leaves nothing', async (_how, act) => {
    const { streams } = lab.bus
    const [release, socket] = [holdFirstLook(), await connect(lab.url)]
    socket.subscribe('1', TICKS)
    for (let n = 0; n < 20; n += 1) ping(socket)
    await until(() => sources.open === 1)
    act(socket)
    await socket.closed
    await until(() => lab.server.sockets === 0)
    release()
    await until(() => sources.open === 0 && lab.bus.streams <= streams)
    expect(socket.messages).toEqual([])
  })
})

const ping = (socket: RawSocket): void => {
  socket.send({ type: 'ping' })
}

describe('a bad document', () => {
  it('ends its own operation, never the socket', async () => {
    const socket = await subscribed()
    for (const [id, query] of [
      ['syntax', 'subscription {'],
      ['field', 'subscription { nothing }'],
      ['two', 'subscription { ticks { sequence } privateTicks { sequence } }'],
      ['introspection', 'subscription { __schema { queryType { name } } }'],
      ['variable', 'subscription ($n: Int!) { ticks(after: $n) { sequence } }'],
      ['empty', ''],
    ] as const) {
      socket.subscribe(id, query)
      expect((await socket.next(id)).type, id).toBe('error')
    }
    lab.bus.publish('ticks')
    expect((await socket.next('1')).type).toBe('next')
    socket.socket.close()
  })

  it('is refused with the code that HTTP gives', async () => {
    const socket = await connect(lab.url)
    for (const query of [
      'subscription {',
      'subscription { nothing }',
      'query ($n: Int!) { people(first: $n) { nodes { id } } }',
      '{ ...F }',
      '',
    ]) {
      socket.subscribe(`of ${query}`, query)
      const [error] = (await socket.next(`of ${query}`)).payload as { extensions: { code: string } }[]
      const { errors } = await lab.ask(query)
      expect(error?.extensions.code, query).toBe(errors[0]?.extensions['code'])
    }
    socket.socket.close()
  })
})

describe('limits', () => {
  it('twenty operations on a socket', async () => {
    const socket = await connect(lab.url)
    for (let index = 0; index < 21; index += 1) socket.subscribe(String(index), TICKS)
    const { type, payload } = await socket.next('20')
    expect({ type, payload }).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'RATE_LIMITED', limit: 'operations' } }],
    })
    await until(() => sources.open === 20)
    socket.socket.close()
    await until(() => sources.open === 0)
  })

  it('a hundred messages in ten seconds', async () => {
    const socket = await connect(lab.url)
    for (let index = 0; index < 100; index += 1) socket.send({ type: 'ping' })
    expect((await socket.closed).code).toBe(4429)
  })

  it('ten sockets of a person', async () => {
    const token = lab.sessions.open('many')
    const sockets = await Promise.all(Array.from({ length: 10 }, () => connect(lab.url, token)))
    const eleventh = new RawSocket(lab.url)
    await eleventh.opened
    eleventh.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
    expect((await eleventh.closed).code).toBe(4429)
    sockets.forEach(({ socket }) => {
      socket.close()
    })
    await until(() => lab.server.sockets === 0)
    ;(await connect(lab.url, token)).socket.close()
  })

  it('fifty sockets of an address', async () => {
    await until(() => lab.server.sockets === 0)
    const sockets = Array.from({ length: 50 }, () => new RawSocket(lab.url))
    await Promise.all(sockets.map(({ opened }) => opened))
    await expect(new RawSocket(lab.url).opened).rejects.toThrow('429')
    sockets.forEach(({ socket }) => {
      socket.terminate()
    })
    await until(() => lab.server.sockets === 0)
  })

  it('only pages of listed origins; programs have none', async () => {
    const open = (headers: Record<string, string>) => new RawSocket(lab.url, { headers })
    await expect(open({ origin: 'https://evil.example' }).opened).rejects.toThrow('403')
    await expect(new RawSocket(lab.url.replace('/graphql', '/other')).opened).rejects.toThrow('404')
    for (const socket of [
      open({ origin: 'https://app.example.com' }),
      open({ origin: 'http://localhost:3000' }),
      open({}),
    ]) {
      await socket.opened
      socket.socket.close()
    }
  })
})

describe('who is connected', () => {
  const init = async (authorization: unknown) => {
    const socket = new RawSocket(lab.url)
    await socket.opened
    socket.send({ type: 'connection_init', payload: { authorization } })
    return socket
  }

  it.each(['Bearer nobody', 'nonsense', 7, {}, ''])(
    'a token that is none of ours closes with 4403: %s',
    async (authorization) => {
      const { code, reason } = await (await init(authorization)).closed
      expect(code).toBe(4403)
      expect(reason).toContain('invalid_token')
    },
  )

  it('nothing is lost when the database does not answer: the client is told to come back', async () => {
    lab.sessions.isDown = true
    const { code } = await (await init('Bearer x')).closed
    lab.sessions.isDown = false
    expect(code).toBe(1013)
  })

  it('the socket closes with 4403 when its token ends: the client may come back with another', async () => {
    const token = lab.sessions.open('brief', {}, addMs(machineNow(), 300))
    const socket = await connect(lab.url, token)
    const { code, reason } = await socket.closed
    expect({ code, reason }).toEqual({ code: 4403, reason: 'token_expired: refresh the session and connect again.' })
  })

  it('the socket closes within a second when the session ends, and its subscriptions with it', async () => {
    const token = lab.sessions.open('leaving', { userId: 'leaver' })
    const socket = await subscribed(token)
    lab.sessions.close(token)
    const startedMs = performance.now()
    lab.bus.publish('user:leaver', 'session_ended')
    expect((await socket.closed).code).toBe(4401)
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    await until(() => sources.open === 0 && lab.bus.streams === 1)
  })

  it('an event that finds the token over closes the socket with 4403, and its operation is told nothing', async () => {
    const token = lab.sessions.open('late', {}, addMs(machineNow(), 900))
    const socket = await subscribed(token)
    lab.sessions.close(token)
    lab.bus.publish('ticks')
    const { code, reason } = await socket.closed
    expect({ code, reason }).toEqual({ code: 4403, reason: 'token_expired: refresh the session and connect again.' })
    expect(socket.messages.filter(({ type }) => type === 'error')).toEqual([])
    await until(() => sources.open === 0)
  })

  it('a session that ends while its socket is being opened has none', async () => {
    const token = lab.sessions.open('fleeting', { userId: 'fleeting' })
    lab.sessions.afterReading = () => {
      lab.sessions.close(token)
      // nobody listens yet
      lab.bus.publish('user:fleeting', 'session_ended')
    }
    const startedMs = performance.now()
    const socket = await init(`Bearer ${token}`)
    expect((await socket.closed).code).toBe(4401)
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    await until(() => lab.bus.streams === 1)
  })

  it('other sockets of the person stay, while their session does', async () => {
    const [gone, kept] = [
      lab.sessions.open('gone', { userId: 'twice' }),
      lab.sessions.open('kept', { userId: 'twice' }),
    ]
    const [first, second] = [await connect(lab.url, gone), await subscribed(kept)]
    lab.sessions.close(gone)
    lab.bus.publish('user:twice')
    expect((await first.closed).code).toBe(4401)
    lab.bus.publish('ticks')
    expect((await second.next('1')).type).toBe('next')
    second.socket.close()
    await until(() => sources.open === 0)
  })

  it('a suspension closes the socket with 4403; the limited session may connect again', async () => {
    const token = lab.sessions.open('bad', { userId: 'bad' })
    const socket = await connect(lab.url, token)
    lab.sessions.open('bad', { userId: 'bad', isLimited: true, status: 'SUSPENDED' })
    lab.bus.publish('user:bad')
    const { code, reason } = await socket.closed
    expect(code).toBe(4403)
    expect(reason).toContain('account_limited')
    const again = await subscribed(token, 'subscription { privateTicks { sequence } }')
    again.socket.close()
    await until(() => sources.open === 0)
  })

  it('sessions are read again when the bus was away', async () => {
    const token = lab.sessions.open('unlucky')
    const socket = await connect(lab.url, token)
    lab.sessions.close(token)
    lab.bus.reconnect()
    expect((await socket.closed).code).toBe(4401)
  })

  it('each event is answered for who the person is by then', async () => {
    const token = lab.sessions.open('demoted', { userId: 'demoted', role: 'MODERATOR', hasSecondFactor: true })
    const socket = await subscribed(token, 'subscription { ticks { viewer secret } }')
    lab.bus.publish('ticks')
    expect((await socket.next('1')).payload).toMatchObject({
      data: { ticks: { viewer: 'MODERATOR', secret: 'for staff' } },
    })
    lab.sessions.open('demoted', { userId: 'demoted', role: 'FAN' })
    lab.bus.publish('user:demoted')
    lab.bus.publish('ticks')
    expect((await socket.next('1')).payload).toMatchObject({
      data: { ticks: { viewer: 'FAN', secret: null } },
      errors: [{ path: ['ticks', 'secret'], extensions: { code: 'FORBIDDEN' } }],
    })
    socket.socket.close()
    await until(() => sources.open === 0)
  })

  it('an event that finds the session gone ends the operation and the socket, before any notice of it', async () => {
    const token = lab.sessions.open('silent')
    const socket = await subscribed(token)
    lab.sessions.close(token)
    lab.bus.publish('ticks')
    expect(await socket.next('1')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect((await socket.closed).code).toBe(4401)
  })

  it('strangers have no session to lose', async () => {
    const socket = await subscribed()
    lab.bus.publish('ticks')
    expect((await socket.next('1')).payload).toMatchObject({ data: { ticks: { viewer: null } } })
    socket.subscribe('2', 'subscription { privateTicks { sequence } }')
    expect((await socket.next('2')).payload).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(socket.socket.readyState).toBe(socket.socket.OPEN)
    socket.socket.close()
  })
})

describe('nothing stays behind', () => {
  it('after 1,000 subscriptions that are completed, and 500 sockets that are cut', async () => {
    const { streams } = lab.bus
    for (let round = 0; round < 50; round += 1) {
      const socket = await connect(lab.url)
      for (let index = 0; index < 20; index += 1) socket.subscribe(String(index), TICKS)
      for (let index = 0; index < 20; index += 1) socket.send({ type: 'complete', id: String(index) })
      socket.socket.close()
    }
    for (let round = 0; round < 25; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(lab.url)))
      for (const socket of sockets) {
        socket.subscribe('1', TICKS)
        socket.socket.terminate()
      }
    }
    await until(() => sources.open === 0 && lab.server.sockets === 0 && lab.bus.streams <= streams)
  }, 60_000)

  it('of a client that does not read: it is closed, and little waits in memory', async () => {
    const token = lab.sessions.open('deaf')
    const socket = await connect(lab.url, token)
    socket.subscribe('1', TICKS)
    await until(() => sources.open === 1)
    socket.socket.pause()
    const before = heldBytes()
    for (let index = 0; index < 20_000; index += 1) {
      lab.bus.publish('ticks')
      if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect((heldBytes() - before) / 1_048_576).toBeLessThan(50)
    socket.socket.terminate()
    await until(() => sources.open === 0)
  }, 30_000)
})
