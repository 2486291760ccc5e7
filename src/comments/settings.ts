import { holdActor } from '../accounts/accounts.js'
import { record } from '../audit/audit.js'
import type { UpdateCommentSettingsInput } from '../generated/graphql.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { checkedShortText } from '../lib/text.js'
import type { Viewer } from '../lib/viewer.js'
import type { Settings } from './types.js'
import { listSettings, upsertSettings } from './write-queries.js'

/** How comments are where their creator never said how they want them. */
export const NO_SETTINGS: Settings = {
  enabled: true,
  subscribersOnly: false,
  holdFirst: false,
  slowModeSeconds: 0,
  forbiddenWords: [],
}

const MAX_SLOW_MODE_SECONDS = 86_400
const MAX_WORDS = 200
const MAX_WORD_LENGTH = 60

/** @throws INVALID invalid_input */
export function checkedSettings(input: UpdateCommentSettingsInput): Partial<Settings> {
  const { slowModeSeconds } = input
  if (slowModeSeconds && (slowModeSeconds < 0 || slowModeSeconds > MAX_SLOW_MODE_SECONDS))
    throw new AppError('INVALID', 'invalid_input', 'Slow mode takes 0 to 86,400 seconds.', {
      path: ['input', 'slowModeSeconds'],
    })
  const words = input.forbiddenWords && checkedWords(input.forbiddenWords)
  const { enabled, subscribersOnly, holdFirst } = input
  const given = { enabled, subscribersOnly, holdFirst, slowModeSeconds, forbiddenWords: words }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined))
}

function checkedWords(words: readonly string[]): string[] {
  const path = ['input', 'forbiddenWords']
  if (words.length > MAX_WORDS)
    throw new AppError('INVALID', 'invalid_input', `At most ${String(MAX_WORDS)} words.`, { path })
  return [...new Set(words.map((word) => checkedShortText(word, path, MAX_WORD_LENGTH)))]
}

/** Says how the viewer wants comments under their posts; what `change` leaves out stays. Audited, without the words. */
export async function updateSettings(tx: Tx, { userId }: Viewer, change: Partial<Settings>, now: Date): Promise<void> {
  await holdActor(tx, userId, now)
  const before = (await listSettings(tx, [userId]))[0] ?? NO_SETTINGS
  await upsertSettings(tx, userId, change, now)
  await record(
    tx,
    {
      action: 'comments.settings_changed',
      category: 'CONTENT_MODIFICATION',
      severity: 'LOW',
      subject: { table: 'comment_settings', id: userId },
      userId,
      before: { ...before },
      after: { ...before, ...change },
      description: 'Changed how comments under their posts are handled.',
    },
    now,
  )
}
