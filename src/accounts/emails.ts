import { record } from '../audit/audit.js'
import { blindIndexVersion, keyIdOf, normaliseEmail, openField, sealField } from '../keys/keys.js'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db, Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { enqueue } from '../lib/jobs.js'
import type { Mailer } from '../lib/mail.js'
import { networkOf } from '../lib/network.js'
import type { RateLimit } from '../lib/rate.js'
import type { Viewer } from '../lib/viewer.js'
import { hashSecret, isSecret, mintToken, spendOneTimeToken } from '../sessions/sessions.js'
import type { Request } from '../sessions/types.js'
import { emitChange } from './changes.js'
import { emailChangeMail, emailChangeNoticeMail, verificationMail } from './mails.js'
import { checkedEmail } from './names.js'
import {
  findAskedEmail,
  findMailedToken,
  getUsersForUpdate,
  listAccountsById,
  listUsersById,
  supersedeMailedTokens,
  updateUser,
} from './queries.js'
import type { MailedToken } from './queries.js'
import { claimEmail } from './registration.js'
import { ACCOUNT_CHANGED, mailEmailChangeJob, mailVerificationJob } from './types.js'

const TOKEN_MS = DAY_MS
const RESENDS: RateLimit = { name: 'verification.account', points: 3, windowSeconds: HOUR_MS / SECOND_MS }
const CHANGES: RateLimit = { name: 'email.account', points: 5, windowSeconds: DAY_MS / SECOND_MS }
const TOKEN_TRIES: RateLimit = { name: 'verification.address', points: 30, windowSeconds: (15 * MINUTE_MS) / SECOND_MS }

const tokenInvalid = (): AppError =>
  new AppError('INVALID', 'token_invalid', 'This token is wrong, was used, or has ended.', { path: ['input', 'token'] })

/**
 * Takes the address that a mailed token stands for as proven: the account's, or the one it shall have. The same token
 * again answers alike. Answers whose it is. Audited.
 * @throws INVALID token_invalid; CONFLICT email_taken; LIMITED rate_limited
 */
export async function verifyEmail(request: Request, token: string): Promise<string> {
  await request.limiter.spend(TOKEN_TRIES, networkOf(request.client.ip))
  return await transaction(request, async (tx, now) => {
    const mailed = isSecret(token) ? await findMailedToken(tx, hashSecret(token)) : null
    if (!mailed) throw tokenInvalid()
    if (mailed.usedAt !== null) await checkStillCounts(tx, mailed, now)
    else await takeAsProven(tx, mailed, token, now)
    return mailed.userId
  })
}

/** A used token is no error while what it proved is still so. */
async function checkStillCounts(tx: Tx, { userId, expiresAt, newEmailIndex }: MailedToken, now: Date): Promise<void> {
  const user = (await getUsersForUpdate(tx, [userId])).get(userId)
  const isSame =
    newEmailIndex === null ||
    (user?.emailIndex !== null && Buffer.from(newEmailIndex).equals(user?.emailIndex ?? new Uint8Array()))
  if (!user?.emailVerifiedAt || !isSame || expiresAt <= now) throw tokenInvalid()
}

async function takeAsProven(
  tx: Tx,
  { id, userId, kind, newEmail }: MailedToken,
  token: string,
  now: Date,
): Promise<void> {
  const user = (await getUsersForUpdate(tx, [userId])).get(userId)
  if (!user || user.erasedAt) throw tokenInvalid()
  await spendOneTimeToken(tx, kind, token, now)
  if (newEmail)
    await changeTo(
      tx,
      userId,
      await openField(tx, { table: 'one_time_tokens', column: 'new_email', userId, rowId: id }, newEmail),
      now,
    )
  else if (user.emailVerifiedAt) return
  else await updateUser(tx, userId, { emailVerifiedAt: now })
  await recordEmail(
    tx,
    userId,
    { action: 'account.email_verified', severity: 'LOW', description: 'Proved to own an address.' },
    now,
  )
  await emitChange(tx, userId, ACCOUNT_CHANGED, now)
}

async function changeTo(tx: Tx, userId: string, address: string, now: Date): Promise<void> {
  const [account] = await listAccountsById(tx, [userId])
  const place = { table: 'users', column: 'email', userId, rowId: userId } as const
  const before = account?.email ? await openField(tx, place, account.email) : null
  const emailIndex = await claimEmail(tx, normaliseEmail(address), userId, 'token')
  const email = await sealField(tx, place, address)
  await updateUser(tx, userId, {
    email,
    emailKeyId: keyIdOf(email),
    emailIndex,
    emailIndexVersion: blindIndexVersion(),
    emailVerifiedAt: now,
  })
  // a reset that was mailed to the old address must not open the account any more
  await supersedeMailedTokens(tx, userId, now)
  const change = { before: { email: before }, after: { email: address } }
  await recordEmail(
    tx,
    userId,
    { action: 'account.email_changed', severity: 'HIGH', description: 'Changed the address.', ...change },
    now,
  )
}

type EmailEntry = Pick<Parameters<typeof record>[1], 'action' | 'severity' | 'description' | 'before' | 'after'>

const recordEmail = (tx: Tx, userId: string, entry: EmailEntry, now: Date): Promise<void> =>
  record(tx, { ...entry, category: 'ACCOUNT_CHANGE', subject: { table: 'users', id: userId }, actorId: userId }, now)

/**
 * Has the verification mail sent again; false when the address is proven already.
 * @throws LIMITED rate_limited
 */
export async function resendVerification(request: Request, { userId }: Viewer): Promise<boolean> {
  const [account] = await listAccountsById(request.db, [userId])
  if (account?.emailVerifiedAt) return false
  await request.limiter.spend(RESENDS, userId)
  await transaction(request, (tx) => enqueue(tx, mailVerificationJob, { userId }))
  return true
}

/**
 * Has a token mailed to another address, which becomes the account's when the token is used; the address in force is
 * told. The one asked for last counts. Audited.
 * @throws INVALID email_invalid; CONFLICT email_taken; LIMITED rate_limited
 */
export async function changeEmail(request: Request, { userId }: Viewer, unchecked: string): Promise<void> {
  const { address, normalised } = checkedEmail(unchecked, 'newEmail')
  await request.limiter.spend(CHANGES, userId)
  await transaction(request, async (tx, now) => {
    const index = await claimEmail(tx, normalised, userId, 'newEmail')
    const seal = (rowId: string) =>
      sealField(tx, { table: 'one_time_tokens', column: 'new_email', userId, rowId }, address)
    // this token is mailed to nobody: it keeps the address until the job makes the one that is
    await mintToken(tx, { userId, kind: 'CHANGE_EMAIL', lifeMs: TOKEN_MS, newEmail: { seal, index } }, now)
    await enqueue(tx, mailEmailChangeJob, { userId })
    const after = { newEmail: address }
    await recordEmail(
      tx,
      userId,
      { action: 'account.email_change_asked', severity: 'MEDIUM', description: 'Asked for another address.', after },
      now,
    )
  })
}

/** What a mail is made of. */
interface Prepared {
  readonly id: string
  readonly token: string
  readonly to: string
  readonly displayName: string
}

/** Mails the token that proves an account's address, unless it is proven; what was mailed before stops working. */
export async function mailVerification(origin: Origin, mailer: Mailer, userId: string): Promise<void> {
  const prepared = await transaction(origin, async (tx, now): Promise<Prepared | null> => {
    const address = await addressOf(tx, userId)
    if (!address || address.isVerified) return null
    const { id, token } = await mintToken(tx, { userId, kind: 'VERIFY_EMAIL', lifeMs: TOKEN_MS }, now)
    return { id, token, to: address.email, displayName: address.displayName }
  })
  if (prepared)
    await mailer.send({ to: prepared.to, messageId: `verify-${prepared.id}`, ...verificationMail(prepared) })
}

/** Mails the token for another address to it, and word of it to the one in force. */
export async function mailEmailChange(origin: Origin, mailer: Mailer, userId: string): Promise<void> {
  const prepared = await transaction(origin, async (tx, now) => {
    const [address, asked] = [await addressOf(tx, userId), await findAskedEmail(tx, userId, now)]
    if (!address || !asked) return null
    const place = { table: 'one_time_tokens', column: 'new_email', userId } as const
    const to = await openField(tx, { ...place, rowId: asked.id }, asked.newEmail)
    const newEmail = { seal: (rowId: string) => sealField(tx, { ...place, rowId }, to), index: asked.newEmailIndex }
    return {
      ...(await mintToken(tx, { userId, kind: 'CHANGE_EMAIL', lifeMs: TOKEN_MS, newEmail }, now)),
      to,
      ...address,
    }
  })
  if (!prepared) return
  await mailer.send({
    to: prepared.email,
    messageId: `change-notice-${prepared.id}`,
    ...emailChangeNoticeMail(prepared),
  })
  await mailer.send({ to: prepared.to, messageId: `change-${prepared.id}`, ...emailChangeMail(prepared) })
}

/** Where an account's mail goes, and how its owner is called; null once erased. */
export async function addressOf(
  db: Db,
  userId: string,
): Promise<{ email: string; displayName: string; isVerified: boolean } | null> {
  const [[account], [user]] = [await listAccountsById(db, [userId]), await listUsersById(db, [userId])]
  if (!account?.email || !user) return null
  const email = await openField(db, { table: 'users', column: 'email', userId, rowId: userId }, account.email)
  return { email, displayName: user.displayName, isVerified: account.emailVerifiedAt !== null }
}
