import { setTimeout } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { request } from '../support/client.js'
import { openRawSocket } from '../support/raw-socket.js'
import type { RawSocket } from '../support/raw-socket.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld, PASSWORD } from '../support/world.js'
import type { Person, World } from '../support/world.js'

/** How long after the answer to what ends a session its sockets may live. */
const SOON_MS = 1_000

let here: TestServer
let elsewhere: TestServer
let world: World
let admin: Person
const sockets: RawSocket[] = []
beforeAll(async () => {
  here = await startServer()
  elsewhere = await startServer({ database: here.database })
  world = makeWorld(here)
  admin = await world.admin()
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await elsewhere.close()
  await here.close()
})

/** A socket of somebody's session, subscribed, at one of the servers. */
async function listening(at: TestServer, token: string): Promise<RawSocket> {
  const socket = await openRawSocket(at.url, {
    headers: { 'x-forwarded-for': `192.0.2.${String(sockets.length % 250)}` },
  })
  sockets.push(socket)
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
  await socket.next('connection_ack')
  socket.send({
    id: '1',
    type: 'subscribe',
    payload: { query: 'subscription { viewerChanged { kind viewer { status user { accountType } } } }' },
  })
  socket.send({ type: 'ping' })
  await socket.next('pong')
  return socket
}
const bothListening = (token: string): Promise<RawSocket[]> =>
  Promise.all([listening(here, token), listening(elsewhere, token)])

/** What a session still gets at both servers: `ok`, or why not. */
async function standing(token: string): Promise<string[]> {
  const answers = await Promise.all(
    [here, elsewhere].map(({ url }) =>
      request<any, unknown>(url, '{ viewer { email isLimited } }', {}, { authorization: `Bearer ${token}` }),
    ),
  )
  return answers.map(({ status, errors, data }) =>
    data?.viewer
      ? data.viewer.isLimited
        ? 'limited'
        : 'ok'
      : `${String(status)} ${String(errors[0]?.extensions['reason'])}`,
  )
}
const ENDED = ['401 invalid_token', '401 invalid_token']
const OK = ['ok', 'ok']

async function expectEnded(token: string, open: readonly RawSocket[], code = 4401): Promise<void> {
  const startedMs = performance.now()
  expect(await standing(token)).toEqual(ENDED)
  for (const socket of open) expect((await socket.closed(SOON_MS)).code).toBe(code)
  expect(performance.now() - startedMs).toBeLessThan(SOON_MS)
}
const refreshed = async (refreshToken: string): Promise<any> => {
  const { data } = await request<any, unknown>(
    elsewhere.url,
    'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken userErrors { code } } }',
    { input: { refreshToken } },
  )
  return data.refreshSession
}
const refresh = async (refreshToken: string): Promise<string> => {
  const { accessToken, userErrors } = await refreshed(refreshToken)
  return accessToken ? 'ok' : (userErrors[0].code as string)
}
const call = (asker: Person, name: string, input: object = {}): Promise<unknown> =>
  asker.do(
    `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { userErrors { code message } } }`,
    { input },
  )
const decide = (userId: string, status: string, suspendedUntil?: Date): Promise<unknown> =>
  call(admin, 'setAccountStatus', { userId, status, reason: 'A test.', ...(suspendedUntil ? { suspendedUntil } : {}) })

describe('in every process, on the next request and on open sockets within a second', () => {
  it('a logout ends this session, and no other', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const other = await person.elsewhere()
    const [mine, theirs] = [await bothListening(person.token), await bothListening(other.token)]
    await call(person, 'logout')
    await expectEnded(person.token, mine)
    expect(await refresh(person.refreshToken)).toBe('REFRESH_INVALID')
    expect(await standing(other.token)).toEqual(OK)
    expect(theirs.map(({ isClosed }) => isClosed)).toEqual([false, false])
  })

  it('a logout everywhere ends them all', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const other = await person.elsewhere()
    const [mine, theirs] = [await bothListening(person.token), await bothListening(other.token)]
    await call(other, 'logoutEverywhere')
    await expectEnded(person.token, mine)
    await expectEnded(other.token, theirs)
    for (const { refreshToken } of [person, other]) expect(await refresh(refreshToken)).toBe('REFRESH_INVALID')
  })

  it('a session that is revoked from another ends', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const other = await person.elsewhere()
    const theirs = await bothListening(other.token)
    const { viewer } = await other.do('{ viewer { session { id } } }')
    await call(person, 'revokeSession', { sessionId: viewer.session.id })
    await expectEnded(other.token, theirs)
    expect(await refresh(other.refreshToken)).toBe('REFRESH_INVALID')
    expect(await standing(person.token)).toEqual(OK)
  })

  it('another password ends the other sessions', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const other = await person.elsewhere()
    const [mine, theirs] = [await bothListening(person.token), await bothListening(other.token)]
    await call(person, 'changePassword', { currentPassword: PASSWORD, newPassword: 'another-Horse-8-battery' })
    await expectEnded(other.token, theirs)
    expect(await refresh(other.refreshToken)).toBe('REFRESH_INVALID')
    expect(await standing(person.token)).toEqual(OK)
    expect(mine.map(({ isClosed }) => isClosed)).toEqual([false, false])
  })

  it('a password that was reset ends them all', async () => {
    const person = await world.fan()
    const mine = await bothListening(person.token)
    await call(person, 'requestPasswordReset', { email: person.email })
    await here.drain()
    const { token } = await here.mails.newestTo(person.email)
    await call(world.stranger() as Person, 'resetPassword', { token, newPassword: 'another-Horse-8-battery' })
    await expectEnded(person.token, mine)
    expect(await refresh(person.refreshToken)).toBe('REFRESH_INVALID')
  })

  it('a second factor that is confirmed ends the sessions without it', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const other = await person.elsewhere()
    const theirs = await bothListening(other.token)
    await person.addSecondFactor()
    await expectEnded(other.token, theirs)
    expect(await standing(person.token)).toEqual(OK)
  })

  it('a refresh token that is used twice ends its session', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const mine = await bothListening(person.token)
    expect(await refresh(person.refreshToken)).toBe('ok')
    expect(await refresh(person.refreshToken)).toBe('REFRESH_RACED')
    expect(await standing(person.token)).toEqual(OK)
    await world.setClock(11_000)
    expect(await refresh(person.refreshToken)).toBe('REFRESH_INVALID')
    await expectEnded(person.token, mine)
    await world.setClock(0)
  })

  for (const status of ['BANNED', 'SUSPENDED'] as const)
    it(`somebody ${status.toLowerCase()} is out, and comes back only to a limited session`, async () => {
      const person = await world.fan({ isEmailVerified: false })
      const mine = await bothListening(person.token)
      const until_ = status === 'SUSPENDED' ? new Date(Date.now() + 3_600_000) : undefined
      await decide(person.id, status, until_)
      await expectEnded(person.token, mine)
      expect(await refresh(person.refreshToken)).toBe('REFRESH_INVALID')
      await person.signIn()
      expect(await standing(person.token)).toEqual(['limited', 'limited'])
      const tries = [
        '{ users { nodes { id } } }',
        'mutation { updateProfile(input: { bio: "x" }) { userErrors { code } } }',
        'mutation { startTotp(input: {}) { secret } }',
      ]
      for (const document of tries)
        expect((await person.request(document)).errors, document).toMatchObject([
          { extensions: { reason: 'account_limited' } },
        ])
      const socket = await listening(elsewhere, person.token)
      expect(socket.isClosed).toBe(false)
      expect(await refresh(person.refreshToken)).toBe('ok')
      await decide(person.id, 'ACTIVE')
      expect(await standing(person.token)).toEqual(OK)
    })

  it('a suspension ends by itself, for sessions that are open too', async () => {
    const person = await world.fan({ isEmailVerified: false })
    await decide(person.id, 'SUSPENDED', new Date(Date.now() + 60_000))
    await person.signIn()
    expect(await standing(person.token)).toEqual(['limited', 'limited'])
    await world.setClock(61_000)
    expect(await standing(person.token)).toEqual(OK)
    await call(person, 'updateProfile', { bio: 'Back.' })
    await world.setClock(0)
  })

  it('a deleted account leaves a limited session to its owner, and none to the others', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const other = await person.elsewhere()
    const [mine, theirs] = [await bothListening(person.token), await bothListening(other.token)]
    await call(person, 'deleteAccount', { password: PASSWORD })
    await expectEnded(other.token, theirs)
    expect(await standing(person.token)).toEqual(['limited', 'limited'])
    for (const socket of mine) expect((await socket.closed(SOON_MS)).code).toBe(4403)
    expect(
      (await person.request('mutation { updateProfile(input: { bio: "x" }) { userErrors { code } } }')).errors,
    ).toMatchObject([{ extensions: { reason: 'account_limited' } }])
    await call(person, 'restoreAccount')
    expect(await standing(person.token)).toEqual(OK)
  })

  it('a role that is taken away is gone, and the open socket is told', async () => {
    const moderator = await world.moderator({ isEmailVerified: false })
    const mine = await bothListening(moderator.token)
    const users = (url: string) =>
      request<any, unknown>(
        url,
        '{ users(first: 1) { nodes { staffView { email } } } }',
        {},
        { authorization: `Bearer ${moderator.token}` },
      )
    for (const { url } of [here, elsewhere]) expect((await users(url)).errors).toEqual([])
    await call(admin, 'setAccountType', { userId: moderator.id, accountType: 'FAN', reason: 'Left the team.' })
    for (const { url } of [here, elsewhere])
      expect((await users(url)).errors).toMatchObject([{ extensions: { reason: 'role_required' } }])
    for (const socket of mine) {
      const { payload } = await socket.next({ id: '1', type: 'next' }, SOON_MS)
      expect(payload.data.viewerChanged).toMatchObject({ kind: 'ROLE', viewer: { user: { accountType: 'FAN' } } })
    }
  })

  it('staff without their second factor have no powers any more', async () => {
    const moderator = await world.moderator({ isEmailVerified: false })
    await call(moderator, 'disableTotp', { code: await moderator.code() })
    for (const { url } of [here, elsewhere])
      expect(
        (
          await request<any, unknown>(
            url,
            '{ users { nodes { id } } }',
            {},
            { authorization: `Bearer ${moderator.token}` },
          )
        ).errors,
      ).toMatchObject([{ extensions: { reason: 'second_factor_required' } }])
  })

  it('an access token ends, and its socket with it', async () => {
    const person = await world.fan({ isEmailVerified: false })
    await world.setClock(10 * 60_000 - 2_500)
    const mine = await bothListening(person.token)
    expect(await standing(person.token)).toEqual(OK)
    const startedMs = performance.now()
    for (const socket of mine) expect(await socket.closed(4_000)).toMatchObject({ code: 4403 })
    expect(performance.now() - startedMs).toBeLessThan(3_500)
    await until(async () => (await standing(person.token)).every((said) => said === ENDED[0]), 2_000)
    expect(await refresh(person.refreshToken)).toBe('ok')
    await world.setClock(0)
  })

  it('a client that refreshes its token goes on by itself when the first one ends', async () => {
    const person = await world.fan({ isEmailVerified: false })
    await world.setClock(10 * 60_000 - 2_500)
    const [tokens, codes, events, endings] = [[person.token], [] as number[], [] as unknown[], [] as unknown[]]
    let pongs = 0
    const client = createClient({
      url: here.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: async () => {
        if (codes.length > 0) tokens.push((await refreshed(person.refreshToken)).accessToken)
        return { authorization: `Bearer ${String(tokens.at(-1))}` }
      },
      on: {
        // the client subscribes as soon as it is connected
        connected: (socket) =>
          setImmediate(() => {
            ;(socket as WebSocket).send(JSON.stringify({ type: 'ping' }))
          }),
        pong: () => (pongs += 1),
        closed: (event) => codes.push((event as { code: number }).code),
      },
    })
    client.subscribe(
      { query: 'subscription { viewerChanged { viewer { user { displayName } } } }' },
      {
        next: ({ data }) => events.push(data),
        error: (error) => endings.push(error),
        complete: () => endings.push('complete'),
      },
    )
    await until(() => pongs === 2)
    expect([codes, tokens.length, endings]).toEqual([[4403], 2, []])
    const authorization = `Bearer ${String(tokens.at(-1))}`
    const rename = 'mutation { updateProfile(input: { displayName: "Still here" }) { userErrors { code } } }'
    await request(here.url, rename, {}, { authorization })
    await until(() => events.length > 0)
    expect(events).toEqual([{ viewerChanged: { viewer: { user: { displayName: 'Still here' } } } }])
    await client.dispose()
    await world.setClock(0)
  })
})

describe('when the connection that carries events was cut', () => {
  const cut = (): Promise<unknown> =>
    here.database.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'bus'`,
    )

  it('a session that ended meanwhile has no sockets for long', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const mine = await bothListening(person.token)
    await cut()
    await decide(person.id, 'BANNED')
    expect(await standing(person.token)).toEqual(ENDED)
    for (const socket of mine) expect((await socket.closed(3_000)).code).toBe(4401)
  })

  it('a listener misses nothing', async () => {
    const person = await world.fan({ isEmailVerified: false })
    const mine = await bothListening(person.token)
    for (let n = 0; n < 3; n += 1) {
      await cut()
      await call(person, 'updateProfile', { bio: `n ${String(n)}` })
    }
    for (const socket of mine) {
      await until(() => socket.messages.filter(({ type }) => type === 'next').length === 3, 20_000)
      await setTimeout(100)
      expect(socket.messages.filter(({ type }) => type === 'next')).toHaveLength(3)
    }
  })
})
