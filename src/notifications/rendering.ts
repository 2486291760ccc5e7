import { formatMoney } from '../lib/money.js'
import { isAnswers, topicOf } from './groups.js'
import { MAX_COUNTED } from './inbox-queries.js'
import type { NoticeText } from './notices.js'
import type { NewsFacts, NotificationRow, NotificationType } from './types.js'

/** What a text about news is made of: only what its reader may see. */
export interface Telling {
  readonly type: NotificationType
  /** The newest first; two are enough. */
  readonly names: readonly string[]
  readonly actorCount: number
  readonly subjectType: NotificationRow['subjectType']
  readonly groupKey: string | null
  /** The line over the post. */
  readonly subjectTitle: string | null
  readonly facts?: NewsFacts | undefined
}

/** News in words, made when it is read. Of what is said in comments, messages and bodies there is nothing in it. */
export function newsText(telling: Telling): NoticeText {
  const { type, names, actorCount, groupKey, subjectType, subjectTitle } = telling
  const who = inWords(names, actorCount)
  const isOne = actorCount === 1
  const title = quoted(subjectTitle)
  switch (type) {
    case 'NEW_FOLLOWER':
      return { title: isOne ? 'New follower' : 'New followers', body: `${who} ${isOne ? 'follows' : 'follow'} you.` }
    case 'NEW_SUBSCRIBER':
      return {
        title: isOne ? 'New subscriber' : 'New subscribers',
        body: `${who} ${isOne ? 'subscribes' : 'subscribe'} to you.`,
      }
    case 'PAYMENT':
      return paymentText(telling, who)
    case 'TIP':
      return actorCount === 0
        ? { title: 'Tip', body: 'Somebody who stays unnamed gave you a tip.' }
        : { title: isOne ? 'New tip' : 'New tips', body: `${who} gave you a tip.` }
    case 'CONTENT_LIKE':
      return {
        title: isOne ? 'New like' : 'New likes',
        body: `${who} ${isOne ? 'likes' : 'like'} ${subjectType === 'comments' ? 'your comment' : (title ?? 'your post')}.`,
      }
    case 'CONTENT_COMMENT':
      return isAnswers(groupKey)
        ? { title: 'New answer', body: `${who} answered your comment${title === null ? '' : ` on ${title}`}.` }
        : { title: 'New comment', body: `${who} commented on ${title ?? 'your post'}.` }
    case 'NEW_CONTENT':
      return { title: 'New post', body: `${who} published ${title ?? 'a post'}.` }
    case 'STREAM':
      return { title: 'Live', body: `${who} went on air${title === null ? '' : ` with ${title}`}.` }
    case 'MESSAGE':
      return { title: 'New message', body: `${who} wrote to you.` }
    default:
      return { title: 'News', body: `${who} did something that concerns you.` }
  }
}

function paymentText({ actorCount, groupKey, subjectType, subjectTitle, facts }: Telling, who: string): NoticeText {
  const amount = facts ? formatMoney({ amountMinor: BigInt(facts.amountMinor), currency: facts.currency }) : 'money'
  switch (topicOf(groupKey)) {
    case 'sales': {
      const what = subjectType === 'messages' ? 'a message of yours' : (quoted(subjectTitle) ?? 'a post of yours')
      return { title: 'Sale', body: `${who} bought ${what}.` }
    }
    case 'gift':
      return {
        title: 'A subscription for you',
        body: `${actorCount === 0 ? 'Somebody who stays unnamed' : who} gave you a subscription: what its creator has for subscribers is open to you.`,
      }
    case 'renewal_ahead':
      return {
        title: 'Renewal ahead',
        body: `Your subscription to ${who} is renewed on ${facts?.at?.slice(0, 10) ?? 'its next date'} for ${amount}.`,
      }
    case 'payment_failed':
      return { title: 'Payment failed', body: `Your payment of ${amount} did not go through: nothing was charged.` }
    case 'refund':
      return { title: 'Refund', body: `${amount} that you paid goes back to you.` }
    case 'refund_failed':
      return { title: 'Refund failed', body: `${amount} that was to go back to you did not arrive.` }
    case 'dispute_open':
      return {
        title: 'Payment disputed',
        body: `A payment of ${amount} to you is disputed; it is held back meanwhile, and you can answer.`,
      }
    case 'dispute_won':
      return { title: 'Dispute won', body: `The dispute of ${amount} was decided for you: the money is yours again.` }
    case 'dispute_lost':
      return { title: 'Dispute lost', body: `The dispute of ${amount} was decided against you: the money went back.` }
    case 'payout_paid':
      return { title: 'Payout', body: `${amount} were paid out to you.` }
    case 'payout_failed':
      return { title: 'Payout failed', body: `${amount} could not be paid out, and are available again.` }
    case 'payout_cancelled':
      return { title: 'Payout refused', body: `A payout of ${amount} was refused; the money is available again.` }
    default:
      return {
        title: 'Payment refused',
        body: `Your subscription to ${who} could not be renewed: look at how you pay.`,
      }
  }
}

const quoted = (title: string | null): string | null => (title === null ? null : `“${title}”`)

function inWords([first = 'Somebody', second]: readonly string[], count: number): string {
  if (count <= 1) return first
  if (count === 2 && second !== undefined) return `${first} and ${second}`
  return `${first} and ${count >= MAX_COUNTED ? `${String(MAX_COUNTED - 1)}+` : String(count - 1)} others`
}

/** What nobody in particular causes, and nobody can mute. */
export const NOTICE_TYPES: readonly NotificationType[] = ['SYSTEM_ANNOUNCEMENT', 'MODERATION_ACTION', 'ACCOUNT']

/** Whether a type is one of a notice. */
export const isNotice = (type: NotificationType): boolean => NOTICE_TYPES.includes(type)
