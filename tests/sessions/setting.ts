import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { AccountStatus, AccountType } from '../../src/generated/prisma/enums.js'
import {
  blindIndexes,
  blindIndexVersion,
  newUserKey,
  normaliseEmail,
  openKeyring,
  verifyKeys,
} from '../../src/keys/keys.js'
import { AppError } from '../../src/lib/errors.js'
import { transaction } from '../../src/lib/db.js'
import type { Mail } from '../../src/lib/mail.js'
import { makeRateLimiter } from '../../src/lib/rate-store.js'
import type { RateLimiter } from '../../src/lib/rate.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { jobs } from '../../src/sessions/jobs.js'
import { authenticate, configureTokenKeys, hashPassword } from '../../src/sessions/sessions.js'
import { login } from '../../src/sessions/sign-in.js'
import type { IssuedSession, Password, Request } from '../../src/sessions/types.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'

export const PASSWORD = 'correct-Horse-7-battery' as Password
export const LINUX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'

/** Somebody with an account. */
export interface Member {
  readonly id: string
  readonly username: string
  readonly email: string
}

export interface MemberOptions {
  readonly accountType?: AccountType
  readonly isDemo?: boolean
  readonly passwordHash?: string
}

/** A database of the file's own, with keys, a limiter and people in it. */
export class Setting {
  database!: TestDatabase
  limiter!: RateLimiter
  #hash!: Promise<string>

  async open(): Promise<void> {
    const database = await testDatabase()
    openKeyring([{ id: 'one', secret: randomBytes(32) }])
    configureTokenKeys([{ id: 'signing', secret: randomBytes(32) }])
    await verifyKeys(database.db)
    this.join(database, makeRateLimiter({ pool: database.pool, secret: randomBytes(32) }))
  }

  /** Uses what a server has opened. */
  join(database: TestDatabase, limiter: RateLimiter): void {
    this.database = database
    this.limiter = limiter
    this.#hash = hashPassword(PASSWORD)
  }

  /** A request of a stranger; from an address of its own unless one is given. */
  request(ip = `10.${String(randomInt(256))}.${String(randomInt(256))}.${String(randomInt(256))}`): Request {
    const { db } = this.database
    const client = { ip, userAgent: LINUX }
    return { db, limiter: this.limiter, client, actorId: null, sessionId: null, requestId: randomUUID() }
  }

  /** A request of somebody signed in, and who that is. */
  async requestOf({ accessToken }: IssuedSession): Promise<{ request: Request; viewer: Viewer }> {
    const { viewer } = await authenticate(this.database.db, accessToken)
    if (!viewer) throw new Error('a token has a viewer')
    return { request: { ...this.request(), actorId: viewer.userId, sessionId: viewer.sessionId }, viewer }
  }

  async member(options: MemberOptions = {}): Promise<Member> {
    const id = randomUUID()
    const username = `u${id.slice(0, 8)}`
    const email = `${username}@example.com`
    const { accountType = 'FAN', isDemo = false, passwordHash = await this.#hash } = options
    const key = newUserKey(id)
    const creator = accountType === 'CREATOR' ? { currency: 'EUR', creatorSince: new Date() } : {}
    await transaction(this.request(), async (tx) => {
      await tx.user.create({
        data: {
          id,
          username,
          displayName: 'Somebody <b>',
          email: new Uint8Array(key.seal({ table: 'users', column: 'email', rowId: id }, email)),
          emailIndex: new Uint8Array(blindIndexes('users.email', normaliseEmail(email))[0] ?? []),
          emailIndexVersion: blindIndexVersion(),
          emailKeyId: key.id,
          passwordHash,
          accountType,
          isDemo,
          ...creator,
        },
      })
      await key.store(tx)
    })
    return { id, username, email }
  }

  async signIn({ email }: Member, password: string = PASSWORD, request = this.request()): Promise<IssuedSession> {
    const outcome = await login(request, { kind: 'password', email, password })
    if (outcome.kind !== 'session') throw new Error('a second factor is due')
    return outcome.session
  }

  async setStatus({ id }: Member, status: AccountStatus, until: Date | null = null): Promise<void> {
    await this.database.owner.query(
      `update users set account_status = $2::account_status, suspended_until = $3,
         deleted_at = case when $2 = 'deleted' then app_now() end where id = $1`,
      [id, status.toLowerCase(), until],
    )
  }

  /** Actions of the audit trail about somebody, the oldest first. */
  async audited({
    id,
  }: {
    readonly id: string
  }): Promise<{ action: string; severity: string; actor_id: string | null }[]> {
    const { rows } = await this.database.owner.query<{ action: string; severity: string; actor_id: string | null }>(
      'select action, severity::text, actor_id from audit_logs where user_id = $1 order by created_at, action',
      [id],
    )
    return rows
  }

  /** Types of the events on somebody's stream, in order. */
  async events({ id }: Member): Promise<string[]> {
    const { rows } = await this.database.owner.query<{ type: string }>(
      'select type from outbox_events where stream = $1 order by sequence',
      [`user:${id}`],
    )
    return rows.map(({ type }) => type)
  }

  /** Runs the jobs of this domain that are waiting, each once, and answers what they mailed. */
  async drain(): Promise<Mail[]> {
    const mails: Mail[] = []
    const mailer = { send: (mail: Mail) => Promise.resolve(void mails.push(mail)), close: () => undefined }
    const { rows } = await this.database.owner.query<{ id: string; name: string; payload: unknown }>(
      `select j.id::text, t.identifier as name, j.payload
       from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id order by j.id`,
    )
    for (const { id, name, payload } of rows) {
      await jobs.find((job) => job.name === name)?.run(payload, { db: this.database.db, mailer }, id)
      await this.database.owner.query('delete from graphile_worker._private_jobs where id = $1', [id])
    }
    return mails
  }
}

/** A setting for one test file. */
export function useSetting(): Setting {
  const setting = new Setting()
  beforeAll(() => setting.open())
  afterAll(() => setting.database.drop())
  return setting
}

/** The reason of the AppError that `work` fails with; null when it does not fail. */
export async function reasonOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work
    return null
  } catch (error) {
    return error instanceof AppError ? error.reason : String(error)
  }
}
