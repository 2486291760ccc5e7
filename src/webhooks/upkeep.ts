import { addressOf } from '../accounts/accounts.js'
import { addMs, DAY_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import { mailText } from '../lib/mail.js'
import type { Mailer, MailText } from '../lib/mail.js'
import { deleteOldDeliveries, findDisabledEndpoint } from './delivery-queries.js'
import type { DisabledEndpoint } from './delivery-queries.js'

/** How long messages are kept. */
const KEEP_MS = 30 * DAY_MS
/** Rows deleted in one transaction, and transactions in one run; the next run goes on. */
const BATCH = 1_000
const MAX_BATCHES = 1_000

/** Tells the owner of an address that it was disabled; nobody where it is enabled again. */
export async function mailDisabled(origin: Origin, mailer: Mailer, endpointId: string, jobId: string): Promise<void> {
  const mail = await transaction(origin, async (tx) => {
    const endpoint = await findDisabledEndpoint(tx, endpointId)
    const address = endpoint && (await addressOf(tx, endpoint.ownerId))
    return address ? { to: address.email, ...disabledMail(endpoint, address) } : null
  })
  if (mail) await mailer.send({ ...mail, messageId: `webhook-disabled-${jobId}` })
}

const disabledMail = ({ url, disabledReason }: DisabledEndpoint, { displayName }: { displayName: string }): MailText =>
  mailText('An address for webhooks was disabled', [
    `Hello ${displayName},`,
    `Messages no longer go to this address. ${disabledReason}`,
    { code: url },
    'Once it works again, enable it in the app; messages that failed can be sent again there.',
  ])

/** Deletes messages that are old enough, in batches. */
export async function deleteOld(origin: Origin): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const count = await transaction(origin, (tx, now) => deleteOldDeliveries(tx, addMs(now, -KEEP_MS), BATCH))
    if (count < BATCH) return
  }
}
