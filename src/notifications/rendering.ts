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
  /** The line over the post. */
  readonly subjectTitle: string | null
}

/** News in words, made when it is read. */
export function newsText({ type, names, actorCount, subjectTitle }: Telling): NoticeText {
  const who = inWords(names, actorCount)
  const isOne = actorCount === 1
  switch (type) {
    case 'NEW_FOLLOWER':
      return { title: isOne ? 'New follower' : 'New followers', body: `${who} ${isOne ? 'follows' : 'follow'} you.` }
    case 'CONTENT_LIKE':
      return {
        title: isOne ? 'New like' : 'New likes',
        body: `${who} ${isOne ? 'likes' : 'like'} ${quoted(subjectTitle) ?? 'your post'}.`,
      }
    case 'NEW_CONTENT':
      return { title: 'New post', body: `${who} published ${quoted(subjectTitle) ?? 'a post'}.` }
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
