import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { liveSubscriptions } from '../../src/lib/metrics.js'
import { sendJson } from '../support/raw-http.js'
import { openRawSocket, SUBPROTOCOL } from '../support/raw-socket.js'
import type { Message, RawSocket } from '../support/raw-socket.js'
import { CANARY, FAILURES, labSchema } from '../support/lab.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

let server: TestServer
let lab: TestServer
let world: World
let fan: Person
beforeAll(async () => {
  server = await startServer()
  lab = await startServer({ database: server.database, schema: labSchema() })
  world = makeWorld(server)
  fan = await world.fan()
})
afterAll(async () => {
  await lab.close()
  await server.close()
})

const opened: RawSocket[] = []
let addresses = 0
/** Each socket from an address of its own, unless said otherwise. */
async function open(at: TestServer, options: Parameters<typeof openRawSocket>[1] = {}): Promise<RawSocket> {
  addresses += 1
  const from = `192.0.${String(addresses >> 8)}.${String(addresses & 255)}`
  const socket = await openRawSocket(at.url, { ...options, headers: { 'x-forwarded-for': from, ...options.headers } })
  opened.push(socket)
  return socket
}
async function init(at: TestServer, token?: string): Promise<RawSocket> {
  const socket = await open(at)
  socket.send({ type: 'connection_init', ...(token ? { payload: { authorization: `Bearer ${token}` } } : {}) })
  await socket.next('connection_ack')
  return socket
}
const subscribe = (socket: RawSocket, id: string, query: string, variables?: object): void => {
  socket.send({ id, type: 'subscribe', payload: { query, ...(variables ? { variables } : {}) } })
}
afterAll(() => {
  for (const socket of opened) socket.destroy()
})
const CHANGES = 'subscription { viewerChanged { kind } }'

describe('the handshake', () => {
  it('speaks graphql-transport-ws and nothing else', async () => {
    const socket = await open(server, { protocol: `something, ${SUBPROTOCOL}` })
    expect([socket.status, socket.protocol]).toEqual([101, SUBPROTOCOL])
    for (const protocol of ['graphql-ws', 'mqtt', null]) {
      const other = await open(server, { protocol })
      if (other.status === 101) expect(await other.closed()).toMatchObject({ code: 4406 })
      else expect(other.status).toBe(400)
    }
  })

  it('is for the API’s path only', async () => {
    const socket = await openRawSocket(server.url.replace('/graphql', '/elsewhere'))
    expect(socket.status).toBe(404)
  })

  it('refuses pages of other origins', async () => {
    const evil = [
      'https://evil.example',
      'http://localhost.evil.example:3000',
      'null',
      'https://127.0.0.1.evil.example',
    ]
    for (const origin of evil) expect((await open(server, { headers: { origin } })).status, origin).toBe(403)
    expect((await open(server, { headers: { origin: 'http://localhost:3000' } })).status).toBe(101)
  })

  it('agrees on no compression', async () => {
    const socket = await open(server, { headers: { 'sec-websocket-extensions': 'permessage-deflate' } })
    expect([socket.status, socket.extensions]).toEqual([101, null])
  })

  it('lets one address have fifty sockets, and tells the next to come back', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' }
    const sockets = await Promise.all(Array.from({ length: 55 }, () => open(server, { headers })))
    expect(sockets.filter(({ status }) => status === 101)).toHaveLength(50)
    expect(sockets.filter(({ status }) => status === 429)).toHaveLength(5)
    for (const socket of sockets) socket.destroy()
    await until(async () => (await open(server, { headers })).status === 101)
  })
})

describe('the beginning', () => {
  it('must be connection_init, within three seconds', async () => {
    const socket = await open(server)
    expect(await socket.closed(5_000)).toMatchObject({ code: 4408 })
  })

  it('may not be skipped', async () => {
    const socket = await open(server)
    subscribe(socket, '1', CHANGES)
    expect(await socket.closed()).toMatchObject({ code: 4401 })
  })

  it('happens once', async () => {
    const socket = await init(server)
    socket.send({ type: 'connection_init' })
    expect(await socket.closed()).toMatchObject({ code: 4429 })
  })

  it('is refused to credentials that are none', async () => {
    const [head = '', body = ''] = fan.token.split('.')
    const forged = [
      'Bearer x',
      `Bearer ${head}.${body}.`,
      `Basic ${fan.token}`,
      fan.token,
      '',
      7,
      { a: 1 },
      [`Bearer ${fan.token}`],
    ]
    for (const authorization of forged) {
      const socket = await open(server)
      socket.send({ type: 'connection_init', payload: { authorization } })
      expect((await socket.closed()).code, JSON.stringify(authorization)).toBe(4403)
      expect(socket.messages).toEqual([])
    }
  })

  it('lets a stranger in, who may subscribe to nothing that is somebody’s', async () => {
    const socket = await init(server)
    subscribe(socket, '1', CHANGES)
    const { payload } = await socket.next({ id: '1', type: 'error' })
    expect(payload).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', reason: 'not_signed_in' } }])
    expect(socket.isClosed).toBe(false)
  })

  it('lets one person have ten sockets', async () => {
    const person = await world.fan()
    const sockets = await Promise.all(Array.from({ length: 10 }, () => init(server, person.token)))
    const eleventh = await open(server)
    eleventh.send({ type: 'connection_init', payload: { authorization: `Bearer ${person.token}` } })
    expect(await eleventh.closed()).toMatchObject({ code: 4429 })
    for (const socket of sockets) socket.destroy()
    await until(async () => {
      const socket = await open(server)
      socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${person.token}` } })
      return await socket.next('connection_ack', 300).then(
        () => true,
        () => false,
      )
    })
  })
})

describe('a message that is none', () => {
  const wrong: Record<string, string> = {
    'bad JSON': '{"type":',
    'an array': '[]',
    'a number': '1',
    'a string': '"connection_init"',
    null: 'null',
    'no type': '{"id":"1"}',
    'a type of another protocol': '{"type":"start","id":"1"}',
    'a type of the server': '{"type":"connection_ack"}',
    'no id': '{"type":"subscribe","payload":{"query":"{__typename}"}}',
    'an empty id': '{"type":"subscribe","id":"","payload":{"query":"{__typename}"}}',
    'an id that is no string': '{"type":"subscribe","id":1,"payload":{"query":"{__typename}"}}',
    'no payload': '{"type":"subscribe","id":"1"}',
    'a query that is no string': '{"type":"subscribe","id":"1","payload":{"query":{}}}',
    'variables that are no object': '{"type":"subscribe","id":"1","payload":{"query":"{__typename}","variables":"x"}}',
    'a ping with a string': '{"type":"ping","payload":"x"}',
    'an id of 200 characters': JSON.stringify({ type: 'subscribe', id: 'x'.repeat(200), payload: { query: CHANGES } }),
  }
  for (const [what, text] of Object.entries(wrong))
    it(`closes with 4400: ${what}`, async () => {
      const socket = await init(server, fan.token)
      socket.send(text)
      expect((await socket.closed()).code).toBe(4400)
    })

  it('does no harm by nesting without end', async () => {
    const nested = `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`
    const socket = await init(lab)
    socket.send(`{"type":"ping","payload":${nested}}`)
    await socket.next('pong')
    socket.send(
      `{"type":"subscribe","id":"1","payload":{"query":"subscription { thing { name } }","variables":${nested}}}`,
    )
    expect((await socket.next({ id: '1', type: 'error' })).payload).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ])
    socket.send(
      `{"type":"subscribe","id":"2","payload":{"query":"subscription { thing { name } }","extensions":${nested}}}`,
    )
    socket.send({ type: 'ping' })
    await socket.next('pong')
  })

  it('closes with 4409 for an id in use', async () => {
    const socket = await init(server, fan.token)
    subscribe(socket, 'same', CHANGES)
    subscribe(socket, 'same', CHANGES)
    expect(await socket.closed()).toMatchObject({ code: 4409 })
  })

  it('is no way to an object’s prototype', async () => {
    const socket = await init(lab)
    for (const id of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      subscribe(socket, id, 'subscription { ticks(count: 1) { number } }')
    for (const id of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect((await socket.next({ id, type: 'next' })).payload.data).toEqual({ ticks: { number: 1 } })
    socket.send('{"type":"ping","payload":{"__proto__":{"polluted":1}}}')
    await socket.next('pong')
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

describe('a frame that is wrong', () => {
  const text = JSON.stringify({ type: 'ping' })
  const closesWith = async (code: number, act: (socket: RawSocket) => void): Promise<void> => {
    const socket = await init(server)
    act(socket)
    expect((await socket.closed()).code).toBe(code)
  }
  it('is refused unmasked', () =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode: 1, payload: text, isMasked: false })))
  it('is refused with reserved bits', () =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode: 1, payload: text, reserved: 4 })))
  it('is refused with an opcode that does not exist', () =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode: 3, payload: text })))
  it('is refused as binary', () => closesWith(1003, (socket) => socket.sendFrame({ opcode: 2, payload: text })))
  it('is refused when it is no UTF-8', () =>
    closesWith(1007, (socket) => socket.sendFrame({ opcode: 1, payload: Buffer.from([0xc3, 0x28]) })))
  it('is refused beyond 64 KiB', () =>
    closesWith(1009, (socket) => socket.sendFrame({ opcode: 1, payload: 'x'.repeat(65_537) })))
  it('is refused by the length it claims, before it has come', () =>
    closesWith(1009, (socket) => socket.sendFrame({ opcode: 1, payload: 'x', claimedLength: 1n << 40n })))
  it('is refused with a length beyond what exists', () =>
    closesWith(1009, (socket) => socket.sendFrame({ opcode: 1, payload: 'x', claimedLength: (1n << 63n) - 1n })))
  it('is refused as a long control frame', () =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode: 9, payload: 'x'.repeat(126) })))
  it('is refused as a fragmented control frame', () =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode: 9, payload: 'x', isFinal: false })))
  it('is refused as a continuation of nothing', () =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode: 0, payload: text })))
  it('is refused in more than 64 fragments', () =>
    closesWith(1008, (socket) => {
      socket.sendFrame({ opcode: 1, payload: '{', isFinal: false })
      for (let n = 0; n < 100; n += 1) socket.sendFrame({ opcode: 0, payload: ' ', isFinal: false })
    }))
  it('is refused in fragments that come to too much', () =>
    closesWith(1009, (socket) => {
      socket.sendFrame({ opcode: 1, payload: 'x'.repeat(40_000), isFinal: false })
      socket.sendFrame({ opcode: 0, payload: 'x'.repeat(40_000), isFinal: false })
    }))
  it.each([4, 5, 6, 7, 11, 12, 13, 14, 15])('is refused with opcode %i, which is reserved', (opcode) =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode })),
  )
  it.each([1, 2, 3, 5, 6, 7])('is refused with reserved bits %i in a ping', (reserved) =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode: 9, reserved })),
  )
  it('is refused as a message begun within another', () =>
    closesWith(1002, (socket) => {
      socket.sendFrame({ opcode: 1, payload: '{', isFinal: false })
      socket.sendFrame({ opcode: 1, payload: text })
    }))
  it('is refused when a character is cut off at its end', () =>
    closesWith(1007, (socket) => socket.sendFrame({ opcode: 1, payload: Buffer.from([0x22, 0xe2, 0x82]) })))
  it.each([
    ['of one byte', Buffer.from([3])],
    ['with a code below 1000', Buffer.from([3, 0xe7])],
    ['with a code that is never sent', Buffer.from([3, 0xed])],
    ['with a code that is kept for later', Buffer.from([3, 0xf8])],
  ])('is refused as a close %s', (_what, payload) =>
    closesWith(1002, (socket) => socket.sendFrame({ opcode: 8, payload })),
  )
  it('is refused as a close whose reason is no UTF-8', () =>
    closesWith(1007, (socket) => socket.sendFrame({ opcode: 8, payload: Buffer.from([3, 0xe8, 0xc3, 0x28]) })))
  it('ends the socket as the other side says, where it is a close', () =>
    closesWith(1000, (socket) => socket.sendFrame({ opcode: 8, payload: Buffer.from([3, 0xe8]) })))
  it('is taken where a character is cut between two fragments', async () => {
    const socket = await init(server)
    const message = Buffer.from('{"type":"ping","payload":{"é":1}}')
    const cut = message.indexOf(0xc3) + 1
    socket.sendFrame({ opcode: 1, payload: message.subarray(0, cut), isFinal: false })
    socket.sendFrame({ opcode: 0, isFinal: false })
    socket.sendFrame({ opcode: 0, payload: message.subarray(cut) })
    await socket.next('pong')
  })
  it('is taken in a few fragments', async () => {
    const socket = await init(server)
    socket.sendFrame({ opcode: 1, payload: '{"type":', isFinal: false })
    socket.sendFrame({ opcode: 9, payload: 'between' })
    socket.sendFrame({ opcode: 0, payload: '"ping"}' })
    await socket.next('pong')
  })
})

describe('a flood', () => {
  it('of pings ends the socket', async () => {
    const socket = await init(server)
    for (let n = 0; n < 150; n += 1) socket.send({ type: 'ping' })
    expect(await socket.closed()).toMatchObject({ code: 4429 })
    expect(socket.messages.filter(({ type }) => type === 'pong').length).toBeLessThanOrEqual(100)
  })

  it('of ping frames ends the socket, before its answers fill the memory', async () => {
    const socket = await init(server)
    for (let n = 0; n < 150; n += 1) socket.sendFrame({ opcode: 9, payload: 'x'.repeat(125) })
    // ws cuts it without a word once sixty answers wait
    expect([1006, 4429]).toContain((await socket.closed()).code)
  })

  it('of subscriptions is cut at twenty, and the socket at a hundred messages', async () => {
    const socket = await init(server, fan.token)
    for (let n = 0; n < 25; n += 1) subscribe(socket, `s${String(n)}`, CHANGES)
    const refused = await Promise.all(
      [20, 21, 22, 23, 24].map((n) => socket.next({ id: `s${String(n)}`, type: 'error' })),
    )
    for (const { payload } of refused) expect(payload).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    socket.send({ id: 's0', type: 'complete' })
    subscribe(socket, 'again', CHANGES)
    await setTimeout(200)
    expect(socket.messages.some(({ id }) => id === 'again')).toBe(false)
    for (let n = 0; n < 1_000; n += 1) subscribe(socket, `t${String(n)}`, CHANGES)
    expect(await socket.closed()).toMatchObject({ code: 4429 })
  })

  it('of events to somebody who does not read is bounded', async () => {
    const socket = await init(lab)
    const before = process.memoryUsage().rss
    subscribe(socket, '1', 'subscription { ticks(count: 20000, bytes: 5000) { number text } }')
    await socket.next({ id: '1', type: 'next' })
    socket.pause()
    await setTimeout(2_000)
    // 100 MB were to be sent; what was not is not made
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
    socket.destroy()
  })
})

describe('what is unsubscribed', () => {
  it('leaves nothing behind, however it ends', async () => {
    const person = await world.fan()
    for (let round = 0; round < 3; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 8 }, () => init(server, person.token)))
      for (const socket of sockets)
        for (let n = 0; n < 8; n += 1) {
          const id = `s${String(n)}`
          subscribe(socket, id, CHANGES)
          // taken back at once, after a while, or never
          if (n % 3 === 0) socket.send({ id, type: 'complete' })
          // and taken up again under the same id while the first is still being prepared
          if (n % 6 === 0) subscribe(socket, id, CHANGES)
        }
      await setTimeout(100)
      for (const [index, socket] of sockets.entries()) {
        if (index % 2 === 0) socket.destroy()
        else socket.sendFrame({ opcode: 8 })
      }
    }
    for (const socket of opened) socket.destroy()
    await until(() => server.server.sockets === 0)
    await until(() => server.services.bus.streams === 0, 3_000)
  })

  it('is over, also when its id was taken up again before it had begun', async () => {
    const live = async (): Promise<number> => (await liveSubscriptions.get()).values[0]?.value ?? 0
    for (const other of opened) other.destroy()
    await until(async () => (await live()) === 0)
    const sockets = await Promise.all(Array.from({ length: 5 }, () => init(lab)))
    for (const socket of sockets)
      for (let n = 0; n < 10; n += 1) {
        subscribe(socket, 'same', 'subscription { thing { name } }')
        socket.send({ id: 'same', type: 'complete' })
      }
    await until(async () => (await live()) === 0)
    for (const socket of sockets) {
      subscribe(socket, 'same', 'subscription { thing { name } }')
      socket.send({ id: 'same', type: 'complete' })
      subscribe(socket, 'same', 'subscription { thing { name } }')
    }
    await setTimeout(200)
    for (const socket of sockets) socket.destroy()
    await until(async () => (await live()) === 0)
  })

  it('hears nothing more', async () => {
    const person = await world.fan()
    const socket = await init(server, person.token)
    subscribe(socket, '1', CHANGES)
    subscribe(socket, '2', CHANGES)
    socket.send({ type: 'ping' })
    await socket.next('pong')
    socket.send({ id: '1', type: 'complete' })
    socket.send({ type: 'ping' })
    await socket.next('pong')
    await person.do('mutation { updateProfile(input: { bio: "x" }) { userErrors { code } } }')
    await socket.next({ id: '2', type: 'next' })
    expect(socket.messages.filter(({ id }) => id === '1')).toEqual([])
  })
})

describe('a socket', () => {
  it('carries subscriptions only', async () => {
    const socket = await init(server, fan.token)
    const documents = [
      '{ __typename }',
      '{ viewer { email } }',
      'mutation { logout(input: {}) { isLoggedOut } }',
      '{ __schema { types { name } } }',
    ]
    for (const [index, query] of documents.entries()) {
      subscribe(socket, String(index), query)
      const { payload } = await socket.next({ id: String(index), type: 'error' })
      expect(payload, query).toMatchObject([{ extensions: { code: 'USE_HTTP' } }])
    }
    expect((await fan.request('{ viewer { email } }')).data).toEqual({ viewer: { email: fan.email } })
  })

  it('refuses whatever HTTP refuses, with the same code', async () => {
    const deep = (levels: number): string => `${'thing { '.repeat(levels)}name${' }'.repeat(levels)}`
    const bodies: Record<string, { query: string; variables?: object; operationName?: string }> = {
      'a syntax error': { query: '{ thing { name ' },
      'an unknown field': { query: 'KIND { thing { nme } }' },
      'an unknown argument': { query: 'KIND { thing(a: 1) { name } }' },
      'an unknown directive': { query: 'KIND { thing { name @nope } }' },
      'a cycle of twenty levels': { query: `KIND { ${deep(20)} }` },
      'a cycle of twenty levels in fragments': {
        query: `KIND { thing { ...f0 } } ${Array.from({ length: 20 }, (_, n) => `fragment f${String(n)} on Thing { ${n < 19 ? `thing { ...f${String(n + 1)} }` : 'name'} }`).join(' ')}`,
      },
      'a fragment that spreads itself': { query: 'KIND { thing { ...f } } fragment f on Thing { thing { ...f } }' },
      'a hundred aliases': {
        query: `KIND { thing { ${Array.from({ length: 100 }, (_, n) => `a${String(n)}: name`).join(' ')} } }`,
      },
      'two thousand tokens': { query: `KIND { thing { ${'name '.repeat(2_000)} } }` },
      'a list bomb in literals': {
        query: 'KIND { thing { things(first: 100) { nodes { things(first: 100) { nodes { name } } } } } }',
      },
      'a list bomb in variables': {
        query: 'KIND($n: Int) { thing { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } } }',
        variables: { n: 100 },
      },
      'a list bomb in defaults of variables': {
        query: 'KIND($n: Int = 100) { thing { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } } }',
      },
      'a list bomb in defaults of arguments': {
        query: 'KIND { thing { things { nodes { things { nodes { things { nodes { name } } } } } } } }',
      },
      'a page that is too large': { query: 'KIND { thing { things(first: 101) { nodes { name } } } }' },
      'a page that is negative, in a variable': {
        query: 'KIND($n: Int) { thing { things(first: $n) { nodes { name } } } }',
        variables: { n: -1 },
      },
      'a variable of the wrong type': {
        query: 'KIND($n: Int!) { thing { things(first: $n) { nodes { name } } } }',
        variables: { n: 'x' },
      },
      'a variable that is missing': { query: 'KIND($n: Int!) { thing { things(first: $n) { nodes { name } } } }' },
      'an operation that is not there': { query: 'KIND A { thing { name } }', operationName: 'B' },
    }
    const socket = await init(lab)
    for (const [what, body] of Object.entries(bodies)) {
      const over = (kind: string) => ({ ...body, query: body.query.replace('KIND', kind) })
      const http = await sendJson(lab.url, over('query'))
      socket.send({ id: what, type: 'subscribe', payload: over('subscription') })
      const { payload } = await socket.next({ id: what, type: 'error' })
      const codes = (errors: any[]): unknown[] =>
        errors.map(({ extensions }) => [extensions.code, extensions.reason, extensions.limit])
      expect(codes(payload), what).toEqual(codes(http.json.errors))
      expect(http.json.data, what).toBeUndefined()
      expect(http.status, what).toBe(400)
    }
    expect(socket.isClosed).toBe(false)
  })

  it('says nothing of why something broke', async () => {
    const socket = await init(lab)
    const failures = [...FAILURES, 'commit'].filter((how) => how !== 'null')
    const documents = failures.flatMap((how) => [
      `subscription { boom(how: "${how}") }`,
      `subscription { boom(how: "late ${how}") }`,
      `subscription { eventBoom(how: "${how}") }`,
      `subscription { ticks(count: 1) { boom(how: "${how}") } }`,
    ])
    for (const [index, query] of documents.entries()) {
      const id = String(index)
      subscribe(socket, id, query)
      await until(() =>
        socket.messages.some((message) => message.id === id && ['error', 'complete'].includes(message.type)),
      )
      const said = JSON.stringify(socket.messages.filter((message) => message.id === id))
      expect(said, query).not.toMatch(new RegExp(`${CANARY}|prisma|stack|\\.ts|select|uuid`, 'i'))
      const errors = socket.messages
        .filter((message) => message.id === id)
        .flatMap(({ type, payload }: Message) => (type === 'error' ? payload : (payload?.errors ?? []))) as {
        message: string
        extensions: object
      }[]
      expect(errors, query).toHaveLength(1)
      expect(errors[0], query).toMatchObject({
        message: 'Something went wrong on our side.',
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      })
      expect(Object.keys(errors[0]?.extensions ?? {}).sort(), query).toEqual(['code', 'requestId'])
    }
    const last = (id: string): string | undefined => socket.messages.filter((message) => message.id === id).at(-1)?.type
    // nothing follows an error
    for (const [index] of documents.entries()) {
      const types = socket.messages.filter(({ id }) => id === String(index)).map(({ type }) => type)
      if (types.includes('error')) expect(last(String(index))).toBe('error')
    }
    expect(socket.isClosed).toBe(false)
  })
})
