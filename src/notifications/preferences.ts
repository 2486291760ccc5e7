import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { isTimeZone } from '../lib/zones.js'
import { isFixed } from './channels.js'
import { upsertPreferences, upsertSettings } from './preference-queries.js'
import type { SettingsRow, Wish } from './types.js'

const MAX_PREFERENCES = 60
const HOUR_MINUTES = 60
const LOCAL_TIME = /^([01]\d|2[0-3]):([0-5]\d)$/

/**
 * Sets what the viewer wants by which way; what is left out stays. Setting it again changes nothing.
 * @throws INVALID invalid_input; CONFLICT notification_cannot_be_muted
 */
export async function updatePreferences(tx: Tx, viewer: Viewer, wishes: readonly Wish[], now: Date): Promise<void> {
  const path = ['input', 'preferences']
  const places = new Set(wishes.map(({ type, channel }) => `${type} ${channel}`))
  if (wishes.length > MAX_PREFERENCES || places.size < wishes.length)
    throw new AppError('INVALID', 'invalid_input', 'Each type and channel once.', { path })
  const muted = wishes.findIndex(({ type, channel, isEnabled }) => !isEnabled && isFixed(type, channel))
  if (muted >= 0)
    throw new AppError('CONFLICT', 'notification_cannot_be_muted', 'This cannot be muted.', {
      path: [...path, String(muted)],
    })
  await upsertPreferences(tx, viewer.userId, wishes, now)
}

/** Quiet hours as a client writes them. */
export interface QuietHours {
  readonly from: string
  readonly to: string
}

/** Sets the viewer's quiet hours. @throws INVALID invalid_input */
export async function updateSettings(
  tx: Tx,
  viewer: Viewer,
  { quietHours, timeZone }: { readonly quietHours: QuietHours | null; readonly timeZone: string },
  now: Date,
): Promise<void> {
  if (!(await isTimeZone(tx, timeZone)))
    throw new AppError('INVALID', 'invalid_input', 'No such time zone.', { path: ['input', 'timeZone'] })
  const from = quietHours && checkedMinute(quietHours.from, 'from')
  const to = quietHours && checkedMinute(quietHours.to, 'to')
  if (from !== null && from === to)
    throw new AppError('INVALID', 'invalid_input', 'Quiet hours end at another time than they begin.', {
      path: ['input', 'quietHours', 'to'],
    })
  await upsertSettings(tx, viewer.userId, { quietFromMinute: from, quietToMinute: to, timeZone }, now)
}

function checkedMinute(text: string, field: string): number {
  const [, hours, minutes] = LOCAL_TIME.exec(text) ?? []
  if (hours === undefined || minutes === undefined)
    throw new AppError('INVALID', 'invalid_input', 'A time is hours and minutes: 22:30.', {
      path: ['input', 'quietHours', field],
    })
  return Number(hours) * HOUR_MINUTES + Number(minutes)
}

/** The quiet hours of settings, as clients read them. */
export const quietHoursOf = ({ quietFromMinute, quietToMinute }: SettingsRow): QuietHours | null =>
  quietFromMinute === null || quietToMinute === null
    ? null
    : { from: toClock(quietFromMinute), to: toClock(quietToMinute) }

const toClock = (minute: number): string =>
  `${String(Math.floor(minute / HOUR_MINUTES)).padStart(2, '0')}:${String(minute % HOUR_MINUTES).padStart(2, '0')}`
