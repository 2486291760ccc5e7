import { isAnswers } from './groups.js'
import { MAX_COUNTED } from './inbox-queries.js'
import type { NoticeText } from './notices.js'
import type { NotificationRow, NotificationType } from './types.js'

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
}

/** News in words, made when it is read. Of what is said in comments and bodies there is nothing in it. */
export function newsText({ type, names, actorCount, groupKey, subjectType, subjectTitle }: Telling): NoticeText {
  const who = inWords(names, actorCount)
  const isOne = actorCount === 1
  const title = quoted(subjectTitle)
  switch (type) {
    case 'NEW_FOLLOWER':
      return { title: isOne ? 'New follower' : 'New followers', body: `${who} ${isOne ? 'follows' : 'follow'} you.` }
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
    default:
      return { title: 'News', body: `${who} did something that concerns you.` }
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
