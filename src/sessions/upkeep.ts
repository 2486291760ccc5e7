import { addMs, DAY_MS, HOUR_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db, Origin } from '../lib/db.js'
import type { JobServices } from '../lib/jobs.js'
import { accountNoticeMail, passwordResetMail } from './mails.js'
import { ownerOf, prepareReset } from './passwords.js'
import { findAccount } from './sign-in-queries.js'
import type { AccountNotice } from './types.js'
import {
  deleteEndedChallenges,
  deleteEndedSessions,
  deleteEndedTokens,
  deleteSpentRefreshTokens,
  deleteStartedTotp,
} from './upkeep-queries.js'

/** How long what has ended is kept, to look into abuse. */
const KEEP_MS = 30 * DAY_MS
/** Rows of one kind deleted in one transaction, and transactions in one run; the next run goes on. */
const BATCH = 1_000
const MAX_BATCHES = 100

const asJob = (db: Db, jobId: string): Origin => ({ db, actorId: null, sessionId: null, requestId: `job:${jobId}` })

/** Mails a reset token that is made here, so that no job's payload holds it; a mail that failed is made anew. */
export async function mailPasswordReset(
  { db, mailer }: JobServices,
  userId: string | null,
  jobId: string,
): Promise<void> {
  const reset = userId === null ? null : await prepareReset(asJob(db, jobId), userId)
  if (reset) await mailer.send({ to: reset.email, messageId: `reset-${reset.id}`, ...passwordResetMail(reset) })
}

/** Mails an account's owner what happened to it. */
export async function mailAccountNotice(
  { db, mailer }: JobServices,
  { userId, notice }: { readonly userId: string; readonly notice: AccountNotice },
  jobId: string,
): Promise<void> {
  const account = await findAccount(db, userId)
  if (!account?.email) return
  const { email } = await ownerOf(db, account)
  await mailer.send({ to: email, messageId: `notice-${jobId}`, ...accountNoticeMail({ ...account, notice }) })
}

const CLEANERS = [
  { clean: deleteEndedSessions, keepMs: KEEP_MS },
  { clean: deleteSpentRefreshTokens, keepMs: KEEP_MS },
  { clean: deleteEndedTokens, keepMs: KEEP_MS },
  { clean: deleteEndedChallenges, keepMs: DAY_MS },
  { clean: deleteStartedTotp, keepMs: HOUR_MS },
] as const

/** Deletes what ended longer ago than it is kept, in batches. */
export async function clean(db: Db, jobId: string): Promise<void> {
  for (const { clean: cleanBatch, keepMs } of CLEANERS) {
    for (let batch = 1; batch <= MAX_BATCHES; batch += 1) {
      const count = await transaction(asJob(db, jobId), (tx, now) => cleanBatch(tx, addMs(now, -keepMs), BATCH))
      if (count < BATCH) break
    }
  }
}
