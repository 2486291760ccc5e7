import { randomUUID } from 'node:crypto'
import { record } from '../audit/audit.js'
import { blindIndexes, blindIndexVersion, keyedHash, newUserKey } from '../keys/keys.js'
import { HOUR_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Tx } from '../lib/db.js'
import { idempotently } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import { networkOf } from '../lib/network.js'
import type { RateLimit } from '../lib/rate.js'
import { actingAs, checkedPassword, hashPassword, login, startSession } from '../sessions/sessions.js'
import type { Challenge, IssuedSession, Password, Request } from '../sessions/types.js'
import {
  checkedDisplayName,
  checkedEmail,
  checkedUsername,
  emailTaken,
  foldedUsername,
  usernameTaken,
} from './names.js'
import { findUserIdByEmail, insertUser, isUsernameReserved, lockEmail } from './queries.js'
import { insertFirstProfile } from './profile-queries.js'
import { mailVerificationJob } from './types.js'

/** A taken address is told of at registration: the limit makes asking for many of them slow. */
const REGISTRATIONS: RateLimit = { name: 'register.address', points: 20, windowSeconds: HOUR_MS / SECOND_MS }

/** What somebody signs up with. */
export interface Registration {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly displayName: string | null
  readonly idempotencyKey: string | null
}

/** A session of the new account, or what a retry gets where a second factor has been confirmed meanwhile. */
export type Registered =
  | { readonly kind: 'session'; readonly session: IssuedSession }
  | { readonly kind: 'challenge'; readonly challenge: Challenge }

interface Checked {
  readonly userId: string
  readonly username: string
  readonly displayName: string
  readonly address: string
  readonly normalised: string
  readonly passwordHash: string
}

/**
 * Makes an account and signs it in; a verification mail goes out. A retry under the key makes no second account, and
 * signs in as `login` would. Audited.
 * @throws INVALID username_invalid, username_reserved, email_invalid, password_too_short, password_too_long,
 * password_breached, invalid_input, and of a retry wrong_credentials; CONFLICT username_taken, email_taken,
 * idempotency_mismatch; LIMITED rate_limited
 */
export async function register(request: Request, input: Registration): Promise<Registered> {
  await request.limiter.spend(REGISTRATIONS, networkOf(request.client.ip))
  const username = checkedUsername(input.username)
  const displayName = checkedDisplayName(input.displayName ?? username)
  const { address, normalised } = checkedEmail(input.email)
  const password = checkedPassword(input.password, { username, email: address })
  // outside any transaction: a hash takes as long as ten statements, and would hold a connection
  const passwordHash = await hashPassword(password)
  const person = { userId: randomUUID(), username, displayName, address, normalised, passwordHash }
  const session = await transaction(actingAs(request, person.userId), (tx, now) =>
    signUp(tx, request, person, input.idempotencyKey, now),
  )
  return session ? { kind: 'session', session } : await signInAgain(request, address, password)
}

/** The password of a retry is not taken for right because the rest is: it goes the way of every sign-in. */
const signInAgain = (request: Request, email: string, password: Password): Promise<Registered> =>
  login(request, { kind: 'password', email, password })

/** Null when the account was made before, under the same key. */
async function signUp(
  tx: Tx,
  { client }: Request,
  person: Checked,
  key: string | null,
  now: Date,
): Promise<IssuedSession | null> {
  const { username, displayName, normalised } = person
  const scope = `address:${textHash(normalised)}`
  const call = { scope, mutation: 'register', key, request: { username, displayName } }
  let session: IssuedSession | null = null
  await idempotently(tx, call, now, async () => {
    await createAccount(tx, person, now)
    session = await startSession(tx, { userId: person.userId, client }, now)
    return { userId: person.userId }
  })
  return session
}

const textHash = (text: string): string => Buffer.from(keyedHash('idempotency', text)).toString('base64url')

async function createAccount(tx: Tx, person: Checked, now: Date): Promise<void> {
  const { userId, username, displayName, address, normalised, passwordHash } = person
  if (await isUsernameReserved(tx, keyedHash('username', foldedUsername(username)))) throw usernameTaken()
  const emailIndex = await claimEmail(tx, normalised, null)
  const key = newUserKey(userId)
  const email = key.seal({ table: 'users', column: 'email', rowId: userId }, address)
  await insertUser(tx, {
    id: userId,
    username,
    displayName,
    email,
    emailIndex,
    emailIndexVersion: blindIndexVersion(),
    emailKeyId: key.id,
    passwordHash,
    passwordChangedAt: now,
    createdAt: now,
  })
  await key.store(tx)
  await insertFirstProfile(tx, userId, now)
  await record(
    tx,
    {
      action: 'account.registered',
      category: 'ACCOUNT_CHANGE',
      severity: 'LOW',
      subject: { table: 'users', id: userId },
      after: { accountType: 'FAN', username, email: address },
      description: 'Registered an account.',
    },
    now,
  )
  await enqueue(tx, mailVerificationJob, { userId })
}

/**
 * The blind index to store for an address that nobody else has, now or until the transaction ends: rows may stand under
 * an older key than the one that a unique index would compare.
 * @throws CONFLICT email_taken
 */
export async function claimEmail(
  tx: Tx,
  normalised: string,
  ownerId: string | null,
  field = 'email',
): Promise<Uint8Array<ArrayBuffer>> {
  const indexes = blindIndexes('users.email', normalised)
  const [newest, oldest] = [indexes[0], indexes.at(-1)]
  if (!newest || !oldest) throw new Error('the keyring is empty')
  await lockEmail(tx, oldest)
  const holderId = await findUserIdByEmail(tx, indexes)
  if (holderId !== null && holderId !== ownerId) throw emailTaken(field)
  return newest
}
