import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { auditTampering, record } from '../../src/audit/audit.js'
import type { AuditEntry } from '../../src/audit/types.js'
import { keyedHash, openField, openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import { configureLog } from '../../src/lib/log.js'
import { masterKey, person } from '../keys/person.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'

let database: TestDatabase
let origin: Origin
const actorId = randomUUID()
const sessionId = randomUUID()
beforeAll(async () => {
  configureLog('critical')
  database = await testDatabase()
  openKeyring([masterKey('one')])
  await verifyKeys(database.db)
  const client = { ip: '192.0.2.77', userAgent: `Browser\r\n${'x'.repeat(500)}` }
  origin = { db: database.db, actorId, sessionId, requestId: 'request-1', reason: 'because', client }
})
afterAll(() => database.drop())

const entry = (more: Partial<AuditEntry>): AuditEntry => ({
  action: 'account.changed',
  category: 'ACCOUNT_CHANGE',
  severity: 'LOW',
  subject: { table: 'users', id: randomUUID() },
  description: 'Something changed.',
  ...more,
})
const rowOf = async ({ subject }: AuditEntry) =>
  (await database.owner.query<Record<string, unknown>>('select * from audit_logs where subject_id = $1', [subject.id]))
    .rows[0]

it('says who, in which session and request, from where, and why', async () => {
  const what = entry({})
  await transaction(origin, (tx, now) => record(tx, what, now))
  expect(await rowOf(what)).toMatchObject({
    actor_id: actorId,
    user_id: what.subject.id,
    session_id: sessionId,
    request_id: 'request-1',
    reason: 'because',
    ip_hash: Buffer.from(keyedHash('ip', '192.0.2.77')),
    ip: null,
    user_agent: `Browser${'x'.repeat(193)}`,
  })
})

it('goes with the transaction', async () => {
  const what = entry({})
  const failing = transaction(origin, async (tx, now) => {
    await record(tx, what, now)
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await rowOf(what)).toBeUndefined()
})

it('keeps what changed, and of what is personal or secret only that it did', async () => {
  const what = entry({
    before: {
      accountType: 'FAN',
      email: 'a@example.com',
      bio: 'old',
      legalName: null,
      version: 3,
      birthDate: new Date(0),
    },
    after: {
      accountType: 'CREATOR',
      email: 'A@example.com ',
      bio: 'new',
      legalName: 'Ann Example',
      version: 3,
      birthDate: new Date(1),
    },
  })
  await transaction(origin, (tx, now) => record(tx, what, now))
  const row = await rowOf(what)
  expect(row?.['before']).toMatchObject({ accountType: 'FAN', bio: '[set]', legalName: null, birthDate: '[set]' })
  expect(row?.['after']).toMatchObject({
    accountType: 'CREATOR',
    bio: '[changed]',
    legalName: '[changed]',
    birthDate: '[changed]',
  })
  expect(row?.['after']).not.toHaveProperty('version')
  const [before, after] = [row?.['before'], row?.['after']] as { email: string }[]
  expect(before?.email).toMatch(/^hash:[\w-]{22}$/)
  expect(after?.email).toBe(before?.email)
  expect(JSON.stringify(row)).not.toMatch(/example\.com|Ann|old|new/)
})

it('cannot be changed afterwards', async () => {
  const what = entry({})
  await transaction(origin, (tx, now) => record(tx, what, now))
  await expect(database.owner.query('delete from audit_logs where subject_id = $1', [what.subject.id])).rejects.toThrow(
    /append-only/,
  )
  await expect(database.db.auditLog.updateMany({ data: { description: 'x' } })).rejects.toThrow()
})

it('records a ciphertext that does not open', async () => {
  auditTampering(database.db)
  const userId = await person(origin, 'somebody@example.com')
  const bytes = (await database.db.user.findUniqueOrThrow({ where: { id: userId } })).email ?? new Uint8Array()
  bytes[40] = (bytes[40] ?? 0) ^ 1
  await expect(
    openField(database.db, { table: 'users', column: 'email', userId, rowId: userId }, bytes),
  ).rejects.toThrow()
  const { rows } = await database.owner.query(
    "select category, severity, user_id from audit_logs where action = 'data.tampered'",
  )
  expect(rows).toEqual([{ category: 'security', severity: 'critical', user_id: userId }])
})
