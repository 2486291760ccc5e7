import { createHash } from 'node:crypto'
import { record } from '../audit/audit.js'
import { keyedHash, openField } from '../keys/keys.js'
import { addMs, DAY_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db, Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import { log } from '../lib/log.js'
import type { RateLimit } from '../lib/rate.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import type { Viewer } from '../lib/viewer.js'
import type { Request } from '../sessions/types.js'
import type { AgeAnswer, AgeProvider, AgeQuestion } from './age-providers.js'
import {
  decideAgeVerification,
  expireAgeVerifications,
  findAgeVerification,
  findStandingAgeVerification,
  insertAgeVerification,
} from './age-queries.js'
import { checkedReason, emitChange, holdActor } from './changes.js'
import { checkedBirthDate } from './profile-input.js'
import { getCurrentProfile } from './profile-queries.js'
import { ADULT_YEARS, yearsSince } from './profile-view.js'
import { updateUser } from './queries.js'
import { ACCOUNT_CHANGED, ageReviewedJob } from './types.js'

/** How long an approval counts. */
export const APPROVAL_MS = 2 * 365 * DAY_MS
const MAX_TOKEN_LENGTH = 200
const EXPIRY_BATCH = 500
const ATTEMPTS: RateLimit = { name: 'age.attempts', points: 5, windowSeconds: DAY_MS / SECOND_MS }

/** What a person submits; neither the birth date nor the token is stored. */
export interface AgeSubmission {
  readonly countryCode: string
  readonly birthDate: string
  readonly documentToken: string
  readonly idempotencyKey: string | null
}

type Submitted = Remembered<{ ageVerificationId: string }>

/**
 * Asks the provider whether somebody is an adult: an attempt is committed first, the provider is asked outside any
 * transaction, its answer is committed. Where no answer comes, the attempt waits for staff. Idempotent under the key:
 * the provider is asked once. Audited.
 * @throws INVALID invalid_input, underage, birth_date_mismatch; CONFLICT age_already_verified, idempotency_mismatch; LIMITED rate_limited
 */
export async function submitAgeVerification(
  request: Request & { readonly now: Date },
  viewer: Viewer,
  provider: AgeProvider,
  submission: AgeSubmission,
): Promise<Submitted> {
  checkSubmission(submission, request.now)
  await request.limiter.spend(ATTEMPTS, viewer.userId)
  const submitted = await transaction(request, (tx, now) => beginAttempt(tx, viewer, provider, submission, now))
  if (submitted.replayed) return submitted
  const reference = submitted.answer.ageVerificationId
  const { countryCode, birthDate, documentToken } = submission
  const answer = await ask(provider, { reference, countryCode, birthDate, documentToken })
  if (answer.kind === 'decided')
    await transaction(request, async (tx, now) => {
      const proofHash = new Uint8Array(createHash('sha256').update(answer.proof).digest())
      const rejectionReason = answer.isOfAge ? null : (answer.reason ?? 'It could not be shown that you are an adult.')
      await settle(tx, reference, { isOfAge: answer.isOfAge, rejectionReason, proofHash, reviewedById: null }, now)
    })
  return submitted
}

function checkSubmission({ documentToken, birthDate }: AgeSubmission, now: Date): void {
  if (documentToken.length === 0 || documentToken.length > MAX_TOKEN_LENGTH)
    throw new AppError(
      'INVALID',
      'invalid_input',
      `A document token has 1 to ${String(MAX_TOKEN_LENGTH)} characters.`,
      {
        path: ['input', 'documentToken'],
      },
    )
  if (yearsSince(birthDate, now) < ADULT_YEARS)
    throw new AppError('INVALID', 'underage', `Only for people of ${String(ADULT_YEARS)} years or more.`, {
      path: ['input', 'birthDate'],
    })
  checkedBirthDate(birthDate, now)
}

function beginAttempt(
  tx: Tx,
  { userId }: Viewer,
  provider: AgeProvider,
  { idempotencyKey, countryCode, birthDate, documentToken }: AgeSubmission,
  now: Date,
): Promise<Submitted> {
  const secrets = Buffer.from(keyedHash('idempotency', JSON.stringify([birthDate, documentToken]))).toString(
    'base64url',
  )
  const call = {
    scope: userId,
    mutation: 'submitAgeVerification',
    key: idempotencyKey,
    request: { countryCode, secrets },
  }
  return idempotently(tx, call, now, async () => {
    // held, so that of two at the same time the second sees the first
    await holdActor(tx, userId, now)
    if (await findStandingAgeVerification(tx, userId, now))
      throw new AppError('CONFLICT', 'age_already_verified', 'A verification is pending, or stands.')
    await checkSaidBefore(tx, userId, birthDate)
    const { id } = await insertAgeVerification(tx, { userId, provider: provider.name, countryCode }, now)
    await record(
      tx,
      {
        action: 'age_verification.submitted',
        category: 'ACCOUNT_CHANGE',
        severity: 'LOW',
        subject: { table: 'age_verifications', id },
        userId,
        after: { provider: provider.name, status: 'PENDING' },
        description: 'Submitted an age verification.',
      },
      now,
    )
    return { ageVerificationId: id }
  })
}

/** Who says in the profile when they were born says the same here. @throws INVALID birth_date_mismatch */
async function checkSaidBefore(tx: Tx, userId: string, birthDate: string): Promise<void> {
  const { id: rowId, birthDate: sealed } = await getCurrentProfile(tx, userId)
  if (sealed === null) return
  const said = await openField(tx, { table: 'user_profiles', column: 'birth_date', userId, rowId }, sealed)
  if (said !== birthDate)
    throw new AppError('INVALID', 'birth_date_mismatch', 'Your profile has another date of birth.', {
      path: ['input', 'birthDate'],
    })
}

/** Asks, within the time of the operation; a provider that fails or is late leaves the attempt to staff. */
async function ask(provider: AgeProvider, question: AgeQuestion): Promise<AgeAnswer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<AgeAnswer>((resolve) => {
    timer = setTimeout(resolve, TIMEOUTS.outsideMs, { kind: 'review' })
  })
  try {
    return await Promise.race([provider.check(question), late])
  } catch (error) {
    log.warn({ err: error, provider: provider.name, reference: question.reference }, 'the age provider failed')
    return { kind: 'review' }
  } finally {
    clearTimeout(timer)
  }
}

/** What was decided, by a provider's proof or by staff. */
interface Decision {
  readonly isOfAge: boolean
  readonly rejectionReason: string | null
  readonly proofHash: Uint8Array<ArrayBuffer> | null
  readonly reviewedById: string | null
  /** As a member of staff wrote it. */
  readonly reason?: string
}

/** Commits a decision once; false when another one was first. */
async function settle(tx: Tx, id: string, { reason, ...decision }: Decision, now: Date): Promise<boolean> {
  const expiresAt = addMs(now, APPROVAL_MS)
  const userId = await decideAgeVerification(tx, id, { ...decision, expiresAt }, now)
  if (userId === null) return false
  if (decision.isOfAge)
    await updateUser(tx, userId, { ageVerified: true, ageVerifiedAt: now, ageVerifiedUntil: expiresAt })
  await record(
    tx,
    {
      action: decision.isOfAge ? 'age_verification.approved' : 'age_verification.rejected',
      category: decision.reviewedById === null ? 'ACCOUNT_CHANGE' : 'ADMINISTRATIVE',
      severity: 'MEDIUM',
      subject: { table: 'age_verifications', id },
      userId,
      ...(decision.reviewedById !== null && { adminId: decision.reviewedById }),
      before: { status: 'PENDING' },
      after: { status: decision.isOfAge ? 'APPROVED' : 'REJECTED' },
      ...(reason !== undefined && { reason }),
      description: 'Decided an age verification.',
    },
    now,
  )
  const sequence = await emitChange(tx, userId, ACCOUNT_CHANGED, now)
  const told = {
    userId,
    ageVerificationId: id,
    isApproved: decision.isOfAge,
    sequence: sequence.toString(),
  }
  await enqueue(tx, ageReviewedJob, told)
  return true
}

/** Why an attempt was refused, as its person reads it. */
export const rejectionReason = async (db: Db, ageVerificationId: string): Promise<string> =>
  (await findAgeVerification(db, ageVerificationId))?.rejectionReason ?? ''

/**
 * Decides an attempt that waits for staff. Nobody decides on their own. The person is told. Audited.
 * @throws NOT_FOUND node_not_found; FORBIDDEN self_action; CONFLICT not_pending; INVALID invalid_input
 */
export async function reviewAgeVerification(
  tx: Tx,
  viewer: Viewer,
  review: { readonly ageVerificationId: string; readonly isApproved: boolean; readonly reason: string },
  now: Date,
): Promise<void> {
  const reason = checkedReason(review.reason)
  const attempt = await findAgeVerification(tx, review.ageVerificationId)
  const path = ['input', 'ageVerificationId']
  if (!attempt) throw new AppError('NOT_FOUND', 'node_not_found', 'No such AgeVerification.', { path })
  if (attempt.userId === viewer.userId)
    throw new AppError('FORBIDDEN', 'self_action', 'Nobody decides about themselves.')
  const decision = {
    isOfAge: review.isApproved,
    rejectionReason: review.isApproved ? null : reason,
    proofHash: null,
    reviewedById: viewer.userId,
    reason,
  }
  if (!(await settle(tx, attempt.id, decision, now)))
    throw new AppError('CONFLICT', 'not_pending', 'It has been decided.', { path })
}

/** Writes down which approvals have ended, until none is left, and tells the people's sockets. Audited. */
export async function expireApprovals(origin: Origin): Promise<void> {
  const expireBatch = (): Promise<number> =>
    transaction(origin, async (tx, now) => {
      const userIds = await expireAgeVerifications(tx, now, EXPIRY_BATCH)
      for (const userId of userIds) {
        await record(
          tx,
          {
            action: 'age_verification.expired',
            category: 'ACCOUNT_CHANGE',
            severity: 'LOW',
            subject: { table: 'users', id: userId },
            before: { status: 'APPROVED' },
            after: { status: 'EXPIRED' },
            description: 'An age verification is due again.',
          },
          now,
        )
        await emitChange(tx, userId, ACCOUNT_CHANGED, now)
      }
      return userIds.length
    })
  while ((await expireBatch()) > 0);
}
