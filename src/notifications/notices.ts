import type { NoticeRow } from './types.js'

/** A notice as people read it. */
export interface NoticeText {
  readonly title: string
  readonly body: string
}

/** The text of a notice, made when it is read: an announcement's own, or the wording of a decision. */
export function noticeText(row: NoticeRow): NoticeText {
  if (row.title !== null && row.body !== null) return { title: row.title, body: row.body }
  const { payload } = row
  if (!('kind' in payload)) return { title: 'Notice', body: 'This notice is no longer available.' }
  switch (payload.kind) {
    case 'suspended':
      return { title: 'Your account is suspended', body: `Until ${payload.until}. Reason: ${payload.reason}` }
    case 'banned':
      return { title: 'Your account is banned', body: `Reason: ${payload.reason}` }
    case 'reinstated':
      return { title: 'Your account is in good standing again', body: payload.reason }
    case 'age_approved':
      return { title: 'Your age is verified', body: 'You may see adult content, and earn.' }
    case 'second_encoder':
      return {
        title: 'Somebody else has your stream key',
        body: 'A second encoder came with a key of yours while you were on air, and was refused. If it was not yours, revoke the key.',
      }
    case 'age_rejected':
      return { title: 'Your age could not be verified', body: `Reason: ${payload.reason}` }
  }
}
