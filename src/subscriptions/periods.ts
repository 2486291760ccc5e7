import { DAY_MS } from '../lib/clock.js'

/** How long access is kept when a renewal was refused. */
export const GRACE_MS = 3 * DAY_MS
/** When a renewal is tried again that may succeed later, counted from each refusal. */
export const RETRIES_MS = [DAY_MS, 3 * DAY_MS, 5 * DAY_MS, 7 * DAY_MS]

const MONTHS_IN_YEAR = 12

/**
 * The end of period `number` of `months` each, counted from the anchor: the same day and time of a later month, or that
 * month's last day where it is shorter. Always from the anchor, so that the 31st comes back after February. In UTC.
 */
export function endOfPeriod(anchor: Date, number: number, months: number): Date {
  const total = anchor.getUTCMonth() + number * months
  const year = anchor.getUTCFullYear() + Math.floor(total / MONTHS_IN_YEAR)
  const month = total % MONTHS_IN_YEAR
  const end = new Date(anchor)
  end.setUTCFullYear(year, month, Math.min(anchor.getUTCDate(), daysIn(year, month)))
  return end
}

/** How many days a month has; months count from 0. */
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
