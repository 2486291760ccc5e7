import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { request } from '../support/client.js'
import type { Answer } from '../support/client.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { TEST_KEYS } from '../support/server.js'
import { PASSWORD } from '../support/world.js'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'

const REGISTER =
  'mutation ($input: RegisterInput!) { register(input: $input) { accessToken viewer { user { username } } userErrors { code message } } }'
const SUBMIT =
  'mutation ($input: SubmitAgeVerificationInput!) { submitAgeVerification(input: $input) { replayed ageVerification { id } userErrors { code message } } }'

interface Call {
  readonly document: string
  readonly input: Record<string, unknown>
  readonly headers: Record<string, string>
}

/** The tests of a server that is killed in the middle, `rounds` times with `perRound` writes under way. */
export function testCrashes(rounds: number, perRound: number): void {
  const seed = Number(process.env['CRASH_SEED'] ?? randomBytes(2).readUInt16BE())
  const folder = mkdtempSync(join(tmpdir(), 'crashes-'))
  let database: TestDatabase
  let server: ServerProcess | undefined
  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(async () => {
    await server?.stop('SIGKILL')
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  const start = async (): Promise<string> => {
    server = startProcess({
      DATABASE_URL: database.ownerUrl,
      DATABASE_APP_URL: database.appUrl,
      DATA_DIR: folder,
      TRUSTED_PROXIES: '127.0.0.1',
      ...TEST_KEYS,
    })
    return await server.ready()
  }
  const send = (url: string, { document, input, headers }: Call): Promise<Answer<any> | null> =>
    request<any, unknown>(url, document, { input }, headers).catch(() => null)
  const isDone = (answer: Answer<any> | null): boolean => {
    const payloads = Object.values<{ userErrors: unknown[] } | null>(answer?.data ?? {})
    return payloads.length > 0 && payloads.every((payload) => payload?.userErrors.length === 0)
  }
  const count = async (sql: string): Promise<number> =>
    Number((await database.owner.query<{ n: string }>(`select count(*)::text as n ${sql}`)).rows[0]?.n)
  const found = async (sql: string): Promise<unknown[]> => (await database.owner.query(sql)).rows

  const registration = (round: number, n: number): Call => {
    const username = `crash.${String(round)}.${String(n)}`
    return {
      document: REGISTER,
      input: { username, email: `${username}@example.org`, password: PASSWORD, idempotencyKey: `key-${username}` },
      headers: { 'x-forwarded-for': `10.${String(50 + round)}.${String(n >> 8)}.${String(n & 255)}` },
    }
  }

  it(
    `leaves nothing half done, and a retry under the same key does it once (${String(rounds)} × ${String(perRound)}, CRASH_SEED=${String(seed)})`,
    { timeout: 60_000 + rounds * 60_000 },
    async () => {
      let url = await start()
      let [inTime, retried] = [0, 0]
      for (let round = 1; round <= rounds; round += 1) {
        const calls = Array.from({ length: perRound }, (_, n) => registration(round, n))
        const first = calls.slice(0, Math.ceil(perRound / 4))
        const tokens = (await Promise.all(first.map((call) => send(url, call)))).map(
          (answer) => answer?.data?.register.accessToken as string,
        )
        const submissions: Call[] = tokens.map((token, n) => ({
          document: SUBMIT,
          input: {
            countryCode: 'DE',
            birthDate: '1990-05-17',
            documentToken: n % 2 ? 'sandbox-approve' : 'for-people',
            idempotencyKey: `age-${String(round)}-${String(n)}`,
          },
          headers: { authorization: `Bearer ${token}` },
        }))
        const all = [...calls.slice(first.length), ...submissions]
        const underWay = Promise.all(all.map((call) => send(url, call)))
        await setTimeout(20 + ((seed * (round + 7) * 2_654_435_761) % 350))
        await server?.stop('SIGKILL')
        const answers = await underWay
        inTime += answers.filter(isDone).length

        const startedMs = performance.now()
        url = await start()
        expect(performance.now() - startedMs).toBeLessThan(15_000)
        await checkNothingHalfDone()
        for (const [index, call] of all.entries()) {
          const again = await send(url, call)
          expect(isDone(again), JSON.stringify(again)).toBe(true)
          const isReplay = again?.data?.submitAgeVerification?.replayed as boolean | undefined
          if (isReplay !== undefined && isDone(answers[index] ?? null)) expect(isReplay).toBe(true)
          retried += 1
        }
        await checkNothingHalfDone()
      }
      expect(await count(`from users where username like 'crash.%'`)).toBe(rounds * perRound)
      expect(await count(`from age_verifications`)).toBe(rounds * Math.ceil(perRound / 4))
      expect(inTime, 'killed before anything was done, every time').toBeLessThan(retried)

      const other = registration(1, perRound - 1)
      const mismatch = await send(url, { ...other, input: { ...other.input, displayName: 'Somebody else' } })
      expect(mismatch?.data?.register).toMatchObject({
        accessToken: null,
        userErrors: [{ code: 'IDEMPOTENCY_MISMATCH' }],
      })
    },
  )

  async function checkNothingHalfDone(): Promise<void> {
    const halves = {
      'an account without its profile in force': `select u.id from users u left join user_profiles p on p.user_id = u.id and p.is_current group by u.id having count(p.id) <> 1`,
      'an account without its key': `select u.id from users u where not exists (select from user_keys k where k.user_id = u.id and k.id = u.email_key_id)`,
      'an account that was not audited once': `select u.id from users u left join audit_logs a on a.user_id = u.id and a.action = 'account.registered' group by u.id having count(a.id) <> 1`,
      'an answer that never comes': `select * from idempotency_records where state = 'in_flight'`,
      'a gap in a stream': `select s.stream from event_streams s left join outbox_events e using (stream) group by s.stream, s.last_sequence having count(e.id) <> s.last_sequence`,
      'an attempt at age that was not audited': `select v.id from age_verifications v where not exists (select from audit_logs a where a.subject_id = v.id::text and a.action = 'age_verification.submitted')`,
      'a verdict that the account does not show': `select u.id from users u where u.age_verified <> exists (select from age_verifications v where v.user_id = u.id and v.status = 'approved')`,
      'a session without a token': `select s.id from user_sessions s where not exists (select from refresh_tokens r where r.session_id = s.id)`,
    }
    for (const [what, sql] of Object.entries(halves)) expect(await found(sql), what).toEqual([])
  }
}
