import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { addMs, machineNow } from '../../src/lib/clock.js'
import { until } from '../support/until.js'
import { connect, newsroom, openLaboratory } from './laboratory.js'
import type { Laboratory, RawSocket } from './laboratory.js'

const HEADLINES = 'subscription ($after: BigInt) { headlines(after: $after) { text sequence author { name } } }'
const FOR_EACH = 'subscription { headlines { text author { followedByViewer } } }'
const LATEST = 'subscription { latestHeadline { text } }'

let lab: Laboratory
const open: RawSocket[] = []
beforeAll(async () => (lab = await openLaboratory()))
afterEach(async () => {
  for (const socket of open.splice(0)) socket.socket.close()
  await until(() => newsroom.sources === 0 && lab.server.sockets === 0)
})
afterAll(() => lab.close())

let people = 0
async function listening(query: string, variables: Record<string, unknown> = {}) {
  const token = `reader-${String((people += 1))}`
  const socket = await connect(lab.url, lab.sessions.open(token))
  open.push(socket)
  const { asked } = newsroom
  socket.subscribe('1', query, variables)
  await until(() => newsroom.asked > asked && newsroom.sources > 0)
  return { socket, userId: `user of ${token}`, token }
}

const textOf = ({ payload }: { payload?: unknown }): string | undefined => {
  const { data } = payload as { data?: { headlines?: { text: string }; latestHeadline?: { text: string } } }
  return (data?.headlines ?? data?.latestHeadline)?.text
}

const readAll = async (socket: RawSocket, count: number): Promise<(string | undefined)[]> => {
  const texts: (string | undefined)[] = []
  for (let n = 0; n < count; n += 1) texts.push(textOf(await socket.next('1')))
  return texts
}

describe('what is the same for all', () => {
  it('is read once and executed once, however many ask alike', async () => {
    const readers = await Promise.all(Array.from({ length: 12 }, () => listening(HEADLINES)))
    expect(newsroom.sources).toBe(1)
    const { executions } = newsroom
    newsroom.publish('one for all')
    for (const { socket } of readers)
      expect(await socket.next('1')).toMatchObject({
        type: 'next',
        payload: { data: { headlines: { text: 'one for all', author: { name: 'Ada' } } } },
      })
    expect(newsroom.executions).toBe(executions + 1)
  })

  it('is executed for each where anything selected differs from person to person', async () => {
    const readers = [await listening(FOR_EACH), await listening(FOR_EACH)]
    const { executions } = newsroom
    newsroom.publish('to each their own')
    for (const { socket } of readers)
      expect((await socket.next('1')).payload).toMatchObject({
        data: { headlines: { text: 'to each their own', author: { followedByViewer: true } } },
      })
    expect(newsroom.executions).toBe(executions + 2)
  })

  it('keeps its source while anybody listens, and no longer', async () => {
    const [one, other] = [await listening(HEADLINES), await listening(HEADLINES)]
    one.socket.send({ type: 'complete', id: '1' })
    one.socket.send({ type: 'ping' })
    await one.socket.next('pong')
    newsroom.publish('still told')
    expect(await readAll(other.socket, 1)).toEqual(['still told'])
    expect(one.socket.messages).toEqual([])
    other.socket.send({ type: 'complete', id: '1' })
    await until(() => newsroom.sources === 0)
  })

  it('tells who comes later what is now, where only that counts', async () => {
    newsroom.publish('the state of things')
    const first = await listening(LATEST)
    expect(await readAll(first.socket, 1)).toEqual(['the state of things'])
    const second = await listening(LATEST)
    expect(await readAll(second.socket, 1)).toEqual(['the state of things'])
    newsroom.publish('changed')
    expect(await readAll(second.socket, 1)).toEqual(['changed'])
    expect(await readAll(first.socket, 1)).toEqual(['changed'])
  })
})

describe('a pong', () => {
  async function subscribing(query: string, variables: Record<string, unknown> = {}): Promise<RawSocket> {
    const token = `reader-${String((people += 1))}`
    const socket = await connect(lab.url, lab.sessions.open(token))
    open.push(socket)
    socket.subscribe('1', query, variables)
    socket.send({ type: 'ping' })
    return socket
  }
  /** Lets who begins to listen wait until it is called. */
  function holdFirstLook(): () => void {
    let release = (): void => undefined
    newsroom.firstLook = new Promise((resolve) => (release = resolve))
    return () => {
      newsroom.firstLook = null
      release()
    }
  }

  it.each([
    ['together', HEADLINES, 1],
    ['alone', FOR_EACH, 8],
  ])('comes once whoever asked listens, by one look for all who are told %s', async (_how, query, sources) => {
    const release = holdFirstLook()
    const { asked } = newsroom
    const sockets = await Promise.all(Array.from({ length: 8 }, () => subscribing(query)))
    await until(() => newsroom.asked === asked + 8 && newsroom.sources === sources)
    expect(sockets.flatMap(({ messages }) => messages)).toEqual([])
    newsroom.publish('while nobody knew')
    release()
    for (const socket of sockets) await socket.next('pong')
    newsroom.publish('behind the pong')
    for (const socket of sockets) expect(await readAll(socket, 1)).toEqual(['while nobody knew'])
    for (const socket of sockets) expect(await readAll(socket, 1)).toEqual(['behind the pong'])
    expect(newsroom.sources).toBe(sources)
  })

  it('costs no look where somebody listens already', async () => {
    await (await subscribing(HEADLINES)).next('pong')
    const release = holdFirstLook()
    const later = await subscribing(HEADLINES)
    await later.next('pong')
    newsroom.publish('to both')
    expect(await readAll(later, 1)).toEqual(['to both'])
    release()
  })

  it('comes once whoever resumes listens by themselves', async () => {
    const present = await listening(HEADLINES)
    const last = await sequenceNow(present)
    const release = holdFirstLook()
    const late = await subscribing(HEADLINES, { after: String(last) })
    await until(() => newsroom.sources === 2)
    expect(late.messages).toEqual([])
    release()
    await late.next('pong')
    newsroom.publish('behind the pong')
    expect(await readAll(late, 1)).toEqual(['behind the pong'])
  })

  it('comes behind the refusal of everybody where the source does not begin, and the next ones begin anew', async () => {
    newsroom.firstLook = Promise.reject(new Error('no'))
    newsroom.firstLook.catch(() => undefined)
    const sockets = await Promise.all([subscribing(HEADLINES), subscribing(HEADLINES)])
    for (const socket of sockets) {
      await until(() => socket.messages.length === 2)
      expect(socket.messages.map(({ type }) => type)).toEqual(['error', 'pong'])
    }
    newsroom.firstLook = null
    const next = await subscribing(HEADLINES)
    await next.next('pong')
    newsroom.publish('begun anew')
    expect(await readAll(next, 1)).toEqual(['begun anew'])
  })

  it.each([
    ['together', HEADLINES],
    ['alone', FOR_EACH],
  ])('leaves nothing of who went before it came, and tells nobody in their stead (%s)', async (_how, query) => {
    const release = holdFirstLook()
    const socket = await subscribing(query)
    await until(() => newsroom.sources > 0)
    socket.send({ type: 'complete', id: '1' })
    release()
    await socket.next('pong')
    newsroom.publish('to nobody')
    await until(() => newsroom.sources === 0)
    expect(socket.messages).toEqual([])
  })
})

describe('who does not read', () => {
  it('is closed once too much waits for them, resumes, and costs the others nothing', { timeout: 60_000 }, async () => {
    const [deaf, other] = [await listening(HEADLINES), await listening(HEADLINES)]
    const last = await sequenceNow(other)
    deaf.socket.socket.pause()
    const text = 'x'.repeat(1_000)
    const many = 6_000
    for (let n = 1; n <= many; n += 1) {
      newsroom.publish(text)
      if (n % 100 === 0) await until(() => other.socket.messages.length === n, 30_000)
    }
    deaf.socket.socket.resume()
    await deaf.socket.closed
    expect(deaf.socket.messages.length).toBeLessThan(many)
    const again = await listening(HEADLINES, { after: String(last + many - 1) })
    expect(await readAll(again.socket, 1)).toEqual([text])
  })
})

describe('who resumes', () => {
  it('is told what was missed and then what comes, each once and in order, and joins the others', async () => {
    const present = await listening(HEADLINES)
    for (let n = 1; n <= 30; n += 1) newsroom.publish(`missed ${String(n)}`)
    const texts = await readAll(present.socket, 30)
    const last = await sequenceNow(present)
    const late = await listening(HEADLINES, { after: String(last - 20) })
    await until(() => late.socket.messages.length >= 20)
    for (let n = 1; n <= 5; n += 1) newsroom.publish(`new ${String(n)}`)
    const told = await readAll(late.socket, 25)
    expect(told.slice(0, 19)).toEqual(texts.slice(11))
    expect(told.slice(20)).toEqual(['new 1', 'new 2', 'new 3', 'new 4', 'new 5'])
    expect(newsroom.sources).toBe(1)
    expect(late.socket.messages).toEqual([])
  })

  it('costs one execution of each missed event, however many resume at once', async () => {
    const present = await listening(HEADLINES)
    const last = await sequenceNow(present)
    for (let n = 1; n <= 10; n += 1) newsroom.publish(`gone by ${String(n)}`)
    await readAll(present.socket, 10)
    const { executions } = newsroom
    const late = await Promise.all(Array.from({ length: 8 }, () => listening(HEADLINES, { after: String(last) })))
    for (const { socket } of late) expect((await readAll(socket, 10)).at(-1)).toBe('gone by 10')
    expect(newsroom.executions).toBe(executions)
  })
})

/** Publishes a headline, and answers its number as the reader sees it. */
async function sequenceNow({ socket }: { readonly socket: RawSocket }): Promise<number> {
  newsroom.publish('a mark')
  const { payload } = await socket.next('1')
  return (payload as { data: { headlines: { sequence: number } } }).data.headlines.sequence
}

describe('admission', () => {
  it('is asked for once by whoever begins to listen', async () => {
    const { asked } = newsroom
    const { socket } = await listening(HEADLINES)
    newsroom.publish('to whoever was admitted')
    expect(await readAll(socket, 1)).toEqual(['to whoever was admitted'])
    expect(newsroom.asked).toBe(asked + 1)
  })

  it('is asked for again where it may have changed while it was asked for the first time', async () => {
    let release: () => void = () => undefined
    newsroom.gate = new Promise((resolve) => (release = resolve))
    const token = `reader-${String((people += 1))}`
    const socket = await connect(lab.url, lab.sessions.open(token))
    open.push(socket)
    const { asked } = newsroom
    socket.subscribe('1', HEADLINES)
    await until(() => newsroom.asked > asked)
    newsroom.ban(`user of ${token}`)
    release()
    newsroom.gate = null
    expect(await socket.next('1')).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] })
    newsroom.publish('after the ban')
    expect(socket.messages).toEqual([])
    expect(newsroom.asked).toBe(asked + 2)
  })

  it.each([
    ['together', HEADLINES],
    ['alone', FOR_EACH],
  ])('ends who is banned at once and says why, and leaves the others alone (%s)', async (_how, query) => {
    const [banned, other] = [await listening(query), await listening(query)]
    newsroom.ban(banned.userId)
    expect(await banned.socket.next('1')).toMatchObject({
      type: 'error',
      payload: [{ message: 'Not for you.', extensions: { code: 'FORBIDDEN', reason: 'not_allowed' } }],
    })
    newsroom.publish('after the ban')
    expect(await readAll(other.socket, 1)).toEqual(['after the ban'])
    expect(banned.socket.messages).toEqual([])
    banned.socket.subscribe('2', query)
    expect((await banned.socket.next('2')).type).toBe('error')
  })

  it('holds back what comes while it is asked for, and tells it only to who still may', async () => {
    const [banned, other] = [await listening(HEADLINES), await listening(HEADLINES)]
    let release: () => void = () => undefined
    newsroom.gate = new Promise((resolve) => (release = resolve))
    newsroom.ban(banned.userId)
    newsroom.publish('a secret')
    newsroom.publish('another')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([banned.socket.messages, other.socket.messages]).toEqual([[], []])
    release()
    newsroom.gate = null
    expect(await readAll(other.socket, 2)).toEqual(['a secret', 'another'])
    expect((await banned.socket.next('1')).type).toBe('error')
    expect(banned.socket.messages).toEqual([])
  })

  it.each([
    ['together', HEADLINES, 2],
    ['alone', FOR_EACH, 3],
  ])('leaves out whose doings somebody is not told of, for them alone (%s)', async (_how, query, executions) => {
    const [parted, other] = [await listening(query), await listening(query)]
    newsroom.part(parted.userId, 'rude')
    const before = newsroom.executions
    newsroom.publish('something rude', 'rude')
    expect(await readAll(other.socket, 1)).toEqual(['something rude'])
    newsroom.publish('something kind', 'kind')
    expect(await readAll(parted.socket, 1)).toEqual(['something kind'])
    expect(await readAll(other.socket, 1)).toEqual(['something kind'])
    expect(newsroom.executions).toBe(before + executions)
  })

  it('is asked for again when it ends by the clock', async () => {
    newsroom.until = addMs(machineNow(), 150)
    const { socket, userId } = await listening(HEADLINES)
    const { asked } = newsroom
    newsroom.until = null
    await until(() => newsroom.asked === asked + 1)
    newsroom.publish('still here')
    expect(await readAll(socket, 1)).toEqual(['still here'])
    newsroom.ban(userId)
    expect((await socket.next('1')).type).toBe('error')
  })

  it('is asked for patiently while the database is away', async () => {
    const { socket } = await listening(HEADLINES)
    lab.sessions.isDown = true
    newsroom.changeNothing()
    newsroom.publish('written before it went')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(socket.messages).toEqual([])
    lab.sessions.isDown = false
    expect(await readAll(socket, 1)).toHaveLength(1)
  })
})
