import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { importJWK, jwtVerify, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { addMs, DAY_MS, MINUTE_MS } from '../../src/lib/clock.js'
import { countStatements, transaction } from '../../src/lib/db.js'
import { authenticate, configureTokenKeys, jwks, revokeSessions } from '../../src/sessions/sessions.js'
import { reasonOf, useSetting } from './setting.js'

const setting = useSetting()
const read = (token: string) => reasonOf(authenticate(setting.database.db, token))

it('takes one statement, and says who, the time and when the token ends', async () => {
  const { accessToken, viewer, expiresAt } = await setting.signIn(await setting.member())
  const { result, statements } = await countStatements(() => authenticate(setting.database.db, accessToken))
  expect(statements).toBe(1)
  expect(result.viewer).toEqual(viewer)
  expect(result.tokenExpiresAt).toEqual(expiresAt)
  expect(expiresAt.getTime() - result.now.getTime()).toBeLessThanOrEqual(10 * MINUTE_MS)
})

it('answers the time to a stranger', async () => {
  const { viewer, now, tokenExpiresAt } = await authenticate(setting.database.db, null)
  expect([viewer, tokenExpiresAt]).toEqual([null, null])
  expect(now).toBeInstanceOf(Date)
})

it('refuses tokens that are malformed, forged, unsigned, of another type or audience', async () => {
  const { accessToken, viewer } = await setting.signIn(await setting.member())
  const [head = '', body = '', signature = ''] = accessToken.split('.')
  const { privateKey } = generateKeyPairSync('ed25519')
  const forged = (typ: string, kid = 'signing') =>
    new SignJWT({ sid: viewer.sessionId })
      .setProtectedHeader({ alg: 'EdDSA', typ, kid })
      .setIssuer('creator-platform')
      .setAudience('creator-platform-api')
      .setSubject(viewer.userId)
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(privateKey)
  const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
  const tokens = [
    '',
    'x',
    'a.b.c',
    `${head}.${body}.`,
    `${unsigned}.${body}.`,
    `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    `${head}.${Buffer.from('{}').toString('base64url')}.${signature}`,
    await forged('at+jwt'),
    await forged('JWT'),
    await forged('at+jwt', 'unknown'),
    'y'.repeat(100_000),
  ]
  for (const token of tokens) expect(await read(token), token.slice(0, 80)).toBe('invalid_token')
})

it('refuses a signed token that is not an access token for this API', async () => {
  const seed = randomBytes(32)
  configureTokenKeys([{ id: 'signing', secret: seed }])
  const { accessToken, viewer } = await setting.signIn(await setting.member())
  expect(await read(accessToken)).toBeNull()
  const { createPrivateKey } = await import('node:crypto')
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const signed = (typ: string, issuer: string, audience: string) =>
    new SignJWT({ sid: viewer.sessionId })
      .setProtectedHeader({ alg: 'EdDSA', typ, kid: 'signing' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(viewer.userId)
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(key)
  expect(await read(await signed('at+jwt', 'creator-platform', 'creator-platform-api'))).toBeNull()
  expect(await read(await signed('JWT', 'creator-platform', 'creator-platform-api'))).toBe('invalid_token')
  expect(await read(await signed('at+jwt', 'else', 'creator-platform-api'))).toBe('invalid_token')
  expect(await read(await signed('at+jwt', 'creator-platform', 'else'))).toBe('invalid_token')
})

it('ends a token after ten minutes of the database’s time', async () => {
  const { accessToken } = await setting.signIn(await setting.member())
  try {
    await setting.database.setClock(9 * MINUTE_MS)
    expect(await read(accessToken)).toBeNull()
    await setting.database.setClock(10 * MINUTE_MS)
    expect(await read(accessToken)).toBe('invalid_token')
  } finally {
    await setting.database.setClock(0)
  }
})

it('refuses at once when the session is revoked', async () => {
  const { accessToken, viewer } = await setting.signIn(await setting.member())
  await transaction(setting.request(), (tx, now) => revokeSessions(tx, viewer.userId, { reason: 'REVOKED' }, now))
  expect(await read(accessToken)).toBe('invalid_token')
})

it('judges role and status by the row, and a suspension by the instant', async () => {
  const member = await setting.member({ accountType: 'MODERATOR' })
  const { accessToken } = await setting.signIn(member)
  const viewer = async () => (await authenticate(setting.database.db, accessToken)).viewer
  await setting.database.owner.query(`update users set account_type = 'fan' where id = $1`, [member.id])
  expect(await viewer()).toMatchObject({ role: 'FAN', isLimited: false })
  const { now } = await authenticate(setting.database.db, null)
  await setting.setStatus(member, 'SUSPENDED', addMs(now, MINUTE_MS))
  expect(await viewer()).toMatchObject({ status: 'SUSPENDED', isLimited: true })
  try {
    await setting.database.setClock(MINUTE_MS + 1_000)
    expect(await viewer()).toMatchObject({ status: 'ACTIVE', isLimited: false })
  } finally {
    await setting.database.setClock(0)
  }
})

it('waives the second factor for a demo account alone', async () => {
  expect((await setting.signIn(await setting.member({ isDemo: true }))).viewer.hasSecondFactor).toBe(true)
  expect((await setting.signIn(await setting.member())).viewer.hasSecondFactor).toBe(false)
})

it('moves the time of last use at most once a minute', async () => {
  const { accessToken, viewer } = await setting.signIn(await setting.member())
  const lastUsedAt = async () =>
    (
      await setting.database.owner.query<{ t: Date }>('select last_used_at as t from user_sessions where id = $1', [
        viewer.sessionId,
      ])
    ).rows[0]?.t.getTime() ?? 0
  const begun = await lastUsedAt()
  try {
    await setting.database.setClock(MINUTE_MS + 1_000)
    expect((await countStatements(() => authenticate(setting.database.db, accessToken))).statements).toBe(2)
    expect((await countStatements(() => authenticate(setting.database.db, accessToken))).statements).toBe(1)
    expect((await lastUsedAt()) - begun).toBeGreaterThanOrEqual(MINUTE_MS)
  } finally {
    await setting.database.setClock(0)
  }
})

it('recognises people where the time of last use cannot be written, as on a full disk', async () => {
  const { accessToken, viewer } = await setting.signIn(await setting.member())
  const { owner } = setting.database
  await owner.query(
    `create function disk_is_full() returns trigger language plpgsql as $$ begin raise exception using errcode = '53100'; end $$;
     create trigger disk_is_full before update on user_sessions for each row execute function disk_is_full()`,
  )
  await setting.database.setClock(2 * MINUTE_MS)
  expect((await authenticate(setting.database.db, accessToken)).viewer).toEqual(viewer)
  await owner.query('drop trigger disk_is_full on user_sessions; drop function disk_is_full')
  await setting.database.setClock(0)
})

it('publishes public keys, verifies under all of them and signs with the first', async () => {
  const [older, newer] = [
    { id: 'older', secret: randomBytes(32) },
    { id: 'newer', secret: randomBytes(32) },
  ]
  configureTokenKeys([older])
  const { accessToken: before } = await setting.signIn(await setting.member())
  configureTokenKeys([newer, older])
  const { accessToken: after } = await setting.signIn(await setting.member())
  expect([await read(before), await read(after)]).toEqual([null, null])
  const { keys } = await jwks()
  expect(keys.map(({ kid, alg, d }) => [kid, alg, d])).toEqual([
    ['newer', 'EdDSA', undefined],
    ['older', 'EdDSA', undefined],
  ])
  await jwtVerify(after, await importJWK(keys[0] ?? {}, 'EdDSA'))
  configureTokenKeys([newer])
  expect([await read(before), await read(after)]).toEqual(['invalid_token', null])
})

it('ends an unused session after 30 days and any after 90', async () => {
  const { viewer } = await setting.signIn(await setting.member())
  const { rows } = await setting.database.owner.query<{ idle: number; absolute: number }>(
    `select extract(epoch from expires_at - created_at)::int as idle, extract(epoch from absolute_expires_at - created_at)::int as absolute
     from user_sessions where id = $1`,
    [viewer.sessionId],
  )
  expect(rows[0]).toEqual({ idle: (30 * DAY_MS) / 1_000, absolute: (90 * DAY_MS) / 1_000 })
})
