import { record } from '../audit/audit.js'
import { holdActor } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { findCase, resolveCase } from './queries.js'

/** Closes a case that a person settled. Audited. @throws NOT_FOUND node_not_found; CONFLICT case_closed */
export async function closeCase(
  tx: Tx,
  viewer: Viewer,
  { caseId, resolution }: { readonly caseId: string; readonly resolution: string },
  now: Date,
): Promise<void> {
  const path = ['input', 'caseId']
  await holdActor(tx, viewer.userId, now)
  const found = await findCase(tx, caseId)
  if (!found) throw new AppError('NOT_FOUND', 'node_not_found', 'No such FinanceCase.', { path })
  if (!(await resolveCase(tx, { id: caseId, resolution, resolvedById: viewer.userId }, now)))
    throw new AppError('CONFLICT', 'case_closed', 'The case has been closed already.', { path })
  await record(
    tx,
    {
      action: 'finance_case.closed',
      category: 'ADMINISTRATIVE',
      severity: 'HIGH',
      subject: { table: 'finance_cases', id: caseId },
      ...(found.creatorId !== null && { userId: found.creatorId }),
      adminId: viewer.userId,
      after: { kind: found.kind, reference: found.reference },
      description: 'Closed a case about money.',
      reason: resolution,
    },
    now,
  )
}
