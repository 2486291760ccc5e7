/**
 * The only place that reads the machine's clock. Whatever is stored or decided by time takes `now` from the database
 * instead (`transaction()` and the request context hand it on); these are for token signatures, timers and measurements.
 */

/** The machine's wall clock. */
export const machineNow = (): Date => new Date()

/** Milliseconds of a clock that never jumps, for durations. */
export const monotonicMs = (): number => performance.now()

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** The longest that a timer of Node waits. */
export const LONGEST_TIMER_MS = 2_147_483_647

/** The instant `ms` milliseconds after `time`; negative goes back. */
export const addMs = (time: Date, ms: number): Date => new Date(time.getTime() + ms)

/** The first of these instants; null where there is none. */
export const earliestOf = (instants: readonly (Date | null | undefined)[]): Date | null =>
  instants.filter((instant) => instant instanceof Date).sort((one, other) => one.getTime() - other.getTime())[0] ?? null
