import { cpus } from 'node:os'
import { medianOf } from './load.js'
import type { Round } from './load.js'

/** A target under load: all rounds as one, and each. */
export interface Measured extends Round {
  readonly rounds: readonly Round[]
  /** SQL statements per request. */
  readonly statements: number
  /** Of the server's processor time per request; what PostgreSQL takes is not in it. */
  readonly cpuMs: number
  /** Resident memory after the load. */
  readonly rssBytes: number
}

export interface Report {
  readonly serverVersion: string
  readonly idleRssBytes: number
  readonly apiPage: Measured
  readonly barePage: Measured
  readonly signedInTypename: Measured
  readonly strangersTypename: Measured
  readonly authenticationMs: number
}

const GOAL_RATIO = 0.5
const GOAL_IDLE_MB = 250

/** What was measured, as lines. */
export function reportLines(report: Report): string[] {
  const { apiPage, barePage, signedInTypename, strangersTypename } = report
  // of rounds that stood next to each other, so that both had the same machine
  const ratio = medianOf(
    apiPage.rounds.map(({ perSecond }, round) => perSecond / (barePage.rounds[round]?.perSecond ?? Number.NaN)),
  )
  return [
    '',
    `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${String(cpus().length)} cores, Node ${process.versions.node}, PostgreSQL ${report.serverVersion}`,
    '',
    '                             req/s   median ms      p99 ms      CPU ms   SQL/request   memory MB',
    line('profile page, the API', apiPage),
    line('the same SQL, bare http', barePage),
    line('{ __typename }, signed in', signedInTypename),
    line('{ __typename }, stranger', strangersTypename),
    '',
    `profile page  ${roundedDown(ratio)} of the same SQL behind bare http   (goal ${GOAL_RATIO.toFixed(1)}: ${verdict(ratio >= GOAL_RATIO)})`,
    `idle server   ${inMb(report.idleRssBytes)} MB resident   (goal under ${String(GOAL_IDLE_MB)}: ${verdict(report.idleRssBytes < GOAL_IDLE_MB * MB)})`,
    `authenticate  ${report.authenticationMs.toFixed(3)} ms, one statement, alone on its connection`,
  ]
}

const MB = 1_000_000
/** So that a goal just missed does not read as reached. */
const roundedDown = (ratio: number): string => (Math.floor(ratio * 100) / 100).toFixed(2)
const inMb = (bytes: number): string => (bytes / MB).toFixed(0)
const verdict = (isReached: boolean): string => (isReached ? 'reached' : 'missed')

function line(name: string, { perSecond, medianMs, p99Ms, cpuMs, statements, rssBytes }: Measured): string {
  const figures = [
    perSecond.toFixed(0),
    medianMs.toFixed(2),
    p99Ms.toFixed(2),
    cpuMs.toFixed(3),
    statements.toFixed(2),
    inMb(rssBytes),
  ]
  return `${name.padEnd(26)}${figures.map((figure, column) => figure.padStart([8, 12, 12, 12, 14, 12][column] ?? 12)).join('')}`
}
