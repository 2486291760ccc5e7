import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.js'
import { request } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { PASSWORD, Setting } from './setting.js'
import type { Member } from './setting.js'

const setting = new Setting()
let server: TestServer
beforeAll(async () => {
  server = await startServer()
  setting.join(server.database, server.services.limiter)
})
afterAll(() => server.close())

/** What the payloads of this domain have between them; a test reads what it asked for. */
interface Payload {
  readonly accessToken: string
  readonly refreshToken: string
  readonly challenge: { readonly token: string; readonly factors: string[] }
  readonly secret: string
  readonly recoveryCodes: string[]
  readonly viewer: {
    readonly session: { readonly id: string }
    readonly sessions: { readonly pageInfo: { readonly hasNextPage: boolean } }
  }
  readonly userErrors: { readonly code: string; readonly path: string[] }[]
}
type Input = Readonly<Record<string, unknown>>

const ask = async (query: string, variables: Input = {}, token?: string) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const { data, errors, status } = await request<Record<string, unknown>, Input>(server.url, query, variables, headers)
  return { data, status, errors, reasons: errors.map(({ extensions }) => extensions['reason']) }
}
const call = async (field: string, input: Input, token?: string, selection = '') => {
  const name = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`
  const query = `mutation ($input: ${name}!) { ${field}(input: $input) { ${selection} userErrors { code path } } }`
  const { data, ...rest } = await ask(query, { input }, token)
  return { ...rest, payload: data?.[field] as Payload }
}
const TEXT: unknown = expect.any(String)
const TOKENS =
  'accessToken refreshToken expiresAt challenge { token factors expiresAt } viewer { hasTotp session { isCurrent device } }'
const login = async ({ email }: Member) =>
  (await call('login', { email, password: PASSWORD }, undefined, TOKENS)).payload

it('answers one object for a session, a challenge and a mistake', async () => {
  const member = await setting.member()
  expect(await login(member)).toMatchObject({
    accessToken: TEXT,
    refreshToken: expect.stringMatching(/^[\w-]{43}$/) as unknown,
    challenge: null,
    viewer: { hasTotp: false, session: { isCurrent: true } },
    userErrors: [],
  })
  const { payload } = await call('login', { email: member.email, password: 'wrong' }, undefined, TOKENS)
  expect(payload).toMatchObject({
    accessToken: null,
    viewer: null,
    userErrors: [{ code: 'WRONG_CREDENTIALS', path: ['input'] }],
  })
})

it('goes the whole way of a second factor', async () => {
  const member = await setting.member()
  const { accessToken: token } = await login(member)
  const started = await call('startTotp', {}, token, 'secret uri')
  const totp = new TOTP({ secret: Secret.fromBase32(started.payload.secret) })
  const confirmed = await call(
    'confirmTotp',
    { code: totp.generate() },
    token,
    'recoveryCodes viewer { hasTotp recoveryCodesLeft }',
  )
  expect(confirmed.payload).toMatchObject({
    viewer: { hasTotp: true, recoveryCodesLeft: 10 },
    userErrors: [],
  })
  const [code = '', other = ''] = confirmed.payload.recoveryCodes
  const { challenge } = await login(member)
  expect(challenge.factors).toEqual(['TOTP', 'RECOVERY_CODE'])
  const answered = await call(
    'login',
    { challengeToken: challenge.token, code },
    undefined,
    'viewer { recoveryCodesLeft }',
  )
  expect(answered.payload).toMatchObject({ viewer: { recoveryCodesLeft: 9 }, userErrors: [] })
  const disabled = await call('disableTotp', { code: other }, token, 'viewer { hasTotp recoveryCodesLeft }')
  expect(disabled.payload).toMatchObject({ viewer: { hasTotp: false, recoveryCodesLeft: null } })
})

it('refreshes, and says what is wrong with a token', async () => {
  const { refreshToken } = await login(await setting.member())
  const refresh = async () => (await call('refreshSession', { refreshToken }, undefined, TOKENS)).payload
  expect(await refresh()).toMatchObject({ accessToken: TEXT, userErrors: [] })
  expect(await refresh()).toMatchObject({ accessToken: null, userErrors: [{ code: 'REFRESH_RACED' }] })
})

it('lets nobody but strangers’ mutations in without a session', async () => {
  const inputs: Record<string, Input> = {
    reauthenticate: { password: 'x' },
    logout: {},
    logoutEverywhere: {},
    revokeSession: { sessionId: 'x' },
    changePassword: { currentPassword: 'x', newPassword: 'y' },
    startTotp: {},
    confirmTotp: { code: '1' },
    disableTotp: { code: '1' },
  }
  for (const [field, input] of Object.entries(inputs))
    expect([field, (await call(field, input)).reasons]).toEqual([field, ['not_signed_in']])
})

it('leaves a limited session what ends sessions, and nothing else', async () => {
  const member = await setting.member()
  await setting.setStatus(member, 'SUSPENDED')
  const { accessToken: token } = await login(member)
  for (const [field, input] of [
    ['reauthenticate', { password: 'x' }],
    ['startTotp', {}],
    ['confirmTotp', { code: '1' }],
  ] as const)
    expect([field, (await call(field, input, token)).reasons]).toEqual([field, ['account_limited']])
  expect((await call('revokeSession', { sessionId: 'x' }, token)).payload.userErrors).toMatchObject([
    { code: 'NODE_NOT_FOUND' },
  ])
  expect((await call('logout', {}, token, 'isLoggedOut')).payload).toMatchObject({ isLoggedOut: true })
})

it('asks for a fresh proof of identity for whatever guards an account', async () => {
  const member = await setting.member()
  const { refreshToken } = await login(member)
  try {
    await server.database.setClock(6 * MINUTE_MS)
    const { payload } = await call('refreshSession', { refreshToken }, undefined, 'accessToken')
    const token = payload.accessToken
    const guarded = {
      changePassword: { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` },
      startTotp: {},
      confirmTotp: { code: '1' },
      disableTotp: { code: '1' },
    }
    for (const [field, input] of Object.entries(guarded)) {
      const { reasons, errors } = await call(field, input, token)
      expect([field, reasons, errors[0]?.extensions['code']]).toEqual([
        field,
        ['reauthentication_required'],
        'REAUTH_REQUIRED',
      ])
    }
    const proven = await call('reauthenticate', { password: PASSWORD }, token, 'freshUntil')
    expect(proven.payload).toMatchObject({ freshUntil: TEXT, userErrors: [] })
    const changed = await call('changePassword', guarded.changePassword, token, 'endedSessions')
    expect(changed.payload).toEqual({ endedSessions: 0, userErrors: [] })
  } finally {
    await server.database.setClock(0)
  }
})

it('shows sessions to their owner alone, and ends them one by one or all', async () => {
  const member = await setting.member()
  const [here, there] = [await login(member), await login(member)]
  const { accessToken: stranger } = await login(await setting.member())
  const LIST =
    'viewer { session { id } sessions(first: 1) { nodes { id isCurrent device countryCode } pageInfo { hasNextPage } } }'
  const { payload } = await call('reauthenticate', { password: PASSWORD }, here.accessToken, LIST)
  expect(payload.viewer.sessions.pageInfo.hasNextPage).toBe(true)
  const other = await call('reauthenticate', { password: PASSWORD }, there.accessToken, LIST)
  const id = other.payload.viewer.session.id
  const NODE = 'query ($id: ID!) { node(id: $id) { ... on Session { isCurrent } } }'
  const node = async (token?: string) => (await ask(NODE, { id }, token)).data?.['node']
  expect([await node(there.accessToken), await node(here.accessToken)]).toEqual([
    { isCurrent: true },
    { isCurrent: false },
  ])
  expect([await node(stranger), await node()]).toEqual([null, null])

  const revoke = (token: string) => call('revokeSession', { sessionId: id }, token, 'session { id isCurrent }')
  expect((await revoke(stranger)).payload).toMatchObject({
    session: null,
    userErrors: [{ code: 'NODE_NOT_FOUND', path: ['input', 'sessionId'] }],
  })
  for (let again = 0; again < 2; again += 1)
    expect((await revoke(here.accessToken)).payload).toEqual({
      session: { id, isCurrent: false },
      userErrors: [],
    })
  expect((await call('logout', {}, there.accessToken)).reasons).toEqual(['invalid_token'])

  const ended = await call(
    'logoutEverywhere',
    { clientMutationId: 'mine' },
    here.accessToken,
    'endedSessions clientMutationId',
  )
  expect(ended.payload).toEqual({ endedSessions: 1, clientMutationId: 'mine', userErrors: [] })
  const gone = await ask('{ node(id: "x") { id } }', {}, here.accessToken)
  expect([gone.status, gone.errors[0]?.extensions['code'], gone.reasons]).toEqual([
    401,
    'UNAUTHENTICATED',
    ['invalid_token'],
  ])
  expect((await setting.audited(member)).map(({ action }) => action)).toEqual(
    expect.arrayContaining(['session.revoked', 'session.all_revoked']),
  )
})

it('resets a password by mail', async () => {
  const member = await setting.member()
  const { accessToken } = await login(member)
  const asked = await call('requestPasswordReset', { email: member.email }, undefined, 'isAccepted')
  const unknown = await call('requestPasswordReset', { email: 'absent@example.com' }, undefined, 'isAccepted')
  expect(asked.payload).toEqual(unknown.payload)
  await server.drain()
  const { token } = await server.mails.newestTo(member.email)
  const refused = await call('resetPassword', { token, newPassword: 'short' }, undefined, 'isReset')
  expect(refused.payload).toEqual({
    isReset: false,
    userErrors: [{ code: 'PASSWORD_TOO_SHORT', path: ['input', 'newPassword'] }],
  })
  const done = await call('resetPassword', { token, newPassword: 'quite-Another-9-stapler' }, undefined, 'isReset')
  expect(done.payload).toEqual({ isReset: true, userErrors: [] })
  expect((await call('logout', {}, accessToken)).reasons).toEqual(['invalid_token'])
})

it('counts aliased sign-ins one by one', async () => {
  const { email } = await setting.member()
  const aliases = (names: string[]) =>
    `mutation ($input: LoginInput!) { ${names.map((name) => `${name}: login(input: $input) { userErrors { code } }`).join(' ')} }`
  const input = { email, password: 'not-the-password' }
  for (let round = 0; round < 2; round += 1) await ask(aliases(['a', 'b', 'c', 'd', 'e']), { input })
  const { reasons } = await ask(aliases(['a']), { input })
  expect(reasons).toEqual(['rate_limited'])
})
