import { expect, it } from 'vitest'
import { PASSWORD } from '../support/world.js'
import { CRASH_SEED, killedServer } from './crashes.js'
import type { Call } from './crashes.js'

const REGISTER =
  'mutation ($input: RegisterInput!) { register(input: $input) { accessToken viewer { user { username } } userErrors { code message } } }'
const SUBMIT =
  'mutation ($input: SubmitAgeVerificationInput!) { submitAgeVerification(input: $input) { replayed ageVerification { id } userErrors { code message } } }'

/** The tests of a server that is killed in the middle, `rounds` times with `perRound` writes under way. */
export function testCrashes(rounds: number, perRound: number): void {
  const killed = killedServer()

  const registration = (round: number, n: number): Call => {
    const username = `crash.${String(round)}.${String(n)}`
    return {
      document: REGISTER,
      input: { username, email: `${username}@example.org`, password: PASSWORD, idempotencyKey: `key-${username}` },
      headers: { 'x-forwarded-for': `10.${String(50 + round)}.${String(n >> 8)}.${String(n & 255)}` },
    }
  }

  it(
    `leaves nothing half done, and a retry under the same key does it once (${String(rounds)} × ${String(perRound)}, CRASH_SEED=${String(CRASH_SEED)})`,
    { timeout: 60_000 + rounds * 60_000 },
    async () => {
      let url = await killed.start()
      let inTime = 0
      for (let round = 1; round <= rounds; round += 1) {
        const calls = Array.from({ length: perRound }, (_, n) => registration(round, n))
        const first = calls.slice(0, Math.ceil(perRound / 4))
        const tokens = (await Promise.all(first.map((call) => killed.send(url, call)))).map(
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
        const outcome = await killed.killAmid(url, {
          number: round,
          calls: [...calls.slice(first.length), ...submissions],
          withinMs: 350,
          check: checkNothingHalfDone,
        })
        url = outcome.url
        inTime += outcome.inTime
      }
      expect(await killed.count(`from users where username like 'crash.%'`)).toBe(rounds * perRound)
      expect(await killed.count(`from age_verifications`)).toBe(rounds * Math.ceil(perRound / 4))
      expect(inTime, 'everything was done before anything was killed').toBeLessThan(rounds * perRound)

      const other = registration(1, perRound - 1)
      const mismatch = await killed.send(url, { ...other, input: { ...other.input, displayName: 'Somebody else' } })
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
    for (const [what, sql] of Object.entries(halves)) expect(await killed.found(sql), what).toEqual([])
  }
}
