import { createHash } from 'node:crypto'
import { addressOf } from '../accounts/accounts.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import type { JobServices } from '../lib/jobs.js'
import { mailText } from '../lib/mail.js'
import type { Mail } from '../lib/mail.js'
import { findSight } from './inbox-queries.js'
import { noticeText } from './notices.js'
import type { NoticeText } from './notices.js'
import { findNoticeByKey } from './queries.js'
import { newsText } from './rendering.js'
import { enqueueMails, findSeenNews, isQuiet, listWilling } from './telling-queries.js'
import type { MailOrder } from './types.js'

/**
 * Mails what somebody was told, as it is when it is sent: nothing to an address that is not confirmed, nothing that they may
 * not see any more or no longer want by mail, and nothing during quiet hours, when the mail waits for their end.
 */
export async function sendMail(
  origin: Origin,
  { mailer, isAgeGated = false }: JobServices,
  order: MailOrder,
): Promise<void> {
  const mail = await transaction(origin, async (tx, now): Promise<Mail | null> => {
    const address = await addressOf(tx, order.userId)
    if (!address?.isVerified) return null
    if (await isQuiet(tx, order.userId, now)) {
      await enqueueMails(tx, [order], now)
      return null
    }
    const text = await textOf(tx, order, isAgeGated, now)
    return text && toMail(order, address, text)
  })
  if (mail) await mailer.send(mail)
}

async function textOf(
  tx: Tx,
  { userId, onceKey, news }: MailOrder,
  isGated: boolean,
  now: Date,
): Promise<NoticeText | null> {
  if (!news) {
    const notice = await findNoticeByKey(tx, userId, onceKey)
    return notice && noticeText(notice)
  }
  const [willing] = await listWilling(tx, [{ userId, news }], now)
  if (!willing?.email) return null
  const seen = await findSeenNews(tx, await findSight(tx, userId, isGated), news)
  const { type, groupKey } = news
  return (
    seen &&
    newsText({
      type,
      groupKey,
      names: seen.name === null ? [] : [seen.name],
      actorCount: seen.name === null ? 0 : 1,
      subjectType: news.subject.table,
      subjectTitle: seen.subjectTitle,
      facts: news.facts,
    })
  )
}

const WHY_NEWS = 'You asked to be told of this by mail; your notification preferences are where to change that.'
const WHY_NOTICE = 'This is about your account or the platform.'

function toMail(
  { userId, onceKey, news }: MailOrder,
  { email, displayName }: { readonly email: string; readonly displayName: string },
  { title, body }: NoticeText,
): Mail {
  const digest = createHash('sha256').update(`${userId} ${onceKey}`).digest('base64url')
  return {
    to: email,
    messageId: `notification-${digest}`,
    ...mailText(title, [`Hello ${displayName},`, body, news ? WHY_NEWS : WHY_NOTICE]),
  }
}
