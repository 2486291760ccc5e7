import assert from 'node:assert'
import { record } from '../audit/audit.js'
import { holdActor } from '../accounts/accounts.js'
import { SECOND_MS, addMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'
import { askProcessor } from '../payments/payments.js'
import type { PaymentServices } from '../payments/types.js'
import {
  findDispute,
  findDisputeForUpdate,
  findPayerName,
  findSold,
  keepEvidence,
  listFacts,
  markSent,
} from './queries.js'
import { isAnswerable } from './rules.js'
import { sendEvidenceJob } from './types.js'
import type { DisputeRow, Evidence } from './types.js'

const FIRST_TRY_MS = 30 * SECOND_MS
const PATH = ['input', 'disputeId']

/** Which dispute is to be answered. */
export interface AnswerOrder {
  readonly disputeId: string
  readonly idempotencyKey: string
}

/**
 * Decides that a dispute is answered and keeps with what; it is sent after the commit, by `sendEvidence`, and by a job should
 * that never happen. Idempotent under the key. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT dispute_answered, self_action; FORBIDDEN account_limited
 */
export async function answerDispute(
  tx: Tx,
  viewer: Viewer,
  { disputeId, idempotencyKey }: AnswerOrder,
  now: Date,
): Promise<Remembered<{ disputeId: string }>> {
  const call = {
    scope: viewer.userId,
    mutation: 'submitDisputeEvidence',
    key: idempotencyKey,
    request: { disputeId },
  }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const dispute = await findDisputeForUpdate(tx, disputeId)
    if (!dispute) throw new AppError('NOT_FOUND', 'node_not_found', 'No such Dispute.', { path: PATH })
    if (dispute.creatorId === viewer.userId)
      throw new AppError('CONFLICT', 'self_action', 'Somebody else must answer this.', { path: PATH })
    if (!isAnswerable(dispute, now)) throw answered()
    await keepEvidence(tx, disputeId, await collect(tx, disputeId))
    await enqueue(tx, sendEvidenceJob, { disputeId }, { runAt: addMs(now, FIRST_TRY_MS), key: `evidence:${disputeId}` })
    await recordStep(tx, dispute, { action: 'dispute.answered', viewer }, now)
    return { disputeId }
  })
}

const answered = (): AppError =>
  new AppError('CONFLICT', 'dispute_answered', 'The dispute takes no answer any more.', { path: PATH })

async function collect(tx: Tx, disputeId: string): Promise<Evidence> {
  const sold = await findSold(tx, disputeId)
  assert(sold, 'a dispute is of a sale')
  const facts = (await listFacts(tx, disputeId)).map(({ at, text }) => ({ at: at.toISOString(), text }))
  return { description: `${sold.description} Sold online on ${sold.soldAt.toISOString()}.`, facts }
}

/** Sends what a dispute is answered, outside any transaction, and writes that it was. Safe to call again. */
export async function sendEvidence(origin: Origin, services: PaymentServices, disputeId: string): Promise<void> {
  const dispute = await findDispute(origin.db, disputeId)
  if (!dispute?.evidence || dispute.evidenceSentAt) return
  const { description, facts } = dispute.evidence
  const evidence = {
    dispute: dispute.processorReference,
    productDescription: description,
    accessLog: facts.map(({ at, text }) => `${at} ${text}`).join('\n'),
    customerName: await findPayerName(origin.db, disputeId),
  }
  await askProcessor(() => services.processor.sendEvidence(evidence), answered)
  await transaction(origin, async (tx, now) => {
    if (await markSent(tx, disputeId, now)) await recordStep(tx, dispute, { action: 'dispute.evidence_sent' }, now)
  })
}

const recordStep = (
  tx: Tx,
  dispute: DisputeRow,
  { action, viewer }: { readonly action: string; readonly viewer?: Viewer },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action,
      category: 'PAYMENT',
      severity: 'MEDIUM',
      subject: { table: 'disputes', id: dispute.id },
      ...(dispute.creatorId !== null && { userId: dispute.creatorId }),
      ...(viewer && { adminId: viewer.userId }),
      after: { state: dispute.state, amountMinor: dispute.amountMinor, currency: dispute.currency },
      description: viewer ? 'Answered a dispute.' : 'The processor has the answer to a dispute.',
    },
    now,
  )
