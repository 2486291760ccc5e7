import autocannon from 'autocannon'
import type { Request } from 'autocannon'

/** Connections that each wait for an answer before they send the next request. */
export const CONNECTIONS = 16

/** What one round of load came to. */
export interface Round {
  readonly perSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly requests: number
}

/** Loads a server for some seconds. @throws Error when an answer was not a 2xx, or none came */
export function load(origin: string, requests: readonly Request[], seconds: number): Promise<Round> {
  return new Promise((resolve, reject) => {
    const times: number[] = []
    const run = autocannon(
      { url: origin, connections: CONNECTIONS, duration: seconds, requests },
      (error, { duration, errors, timeouts, non2xx }) => {
        if (error) reject(error)
        else if (errors + timeouts + non2xx > 0)
          reject(
            new Error(
              `${origin}: ${String(errors)} errors, ${String(timeouts)} timeouts, ${String(non2xx)} other than 2xx`,
            ),
          )
        else resolve(toRound(times, duration))
      },
    )
    run.on('response', (_client, _status, _bytes, ms) => times.push(ms))
  })
}

function toRound(times: number[], seconds: number): Round {
  times.sort((one, other) => one - other)
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  return { perSecond: times.length / seconds, medianMs: at(0.5), p99Ms: at(0.99), requests: times.length }
}

/** The middle of several figures. */
export function medianOf(figures: readonly number[]): number {
  const sorted = [...figures].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const [above = Number.NaN, below = above] = [sorted[middle], sorted[sorted.length % 2 === 0 ? middle - 1 : middle]]
  return (above + below) / 2
}

/** Several rounds as one: the median of each figure, so that a disturbance of one round does not show. */
export const combined = (rounds: readonly Round[]): Round => ({
  perSecond: medianOf(rounds.map(({ perSecond }) => perSecond)),
  medianMs: medianOf(rounds.map(({ medianMs }) => medianMs)),
  p99Ms: medianOf(rounds.map(({ p99Ms }) => p99Ms)),
  requests: rounds.reduce((sum, { requests }) => sum + requests, 0),
})
