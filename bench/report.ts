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

/** A page of the API beside the least that could answer the same. */
export interface MeasuredPage {
  readonly title: string
  readonly goal: number
  readonly ours: Measured
  readonly least: Measured
}

export interface Report {
  readonly serverVersion: string
  readonly idleRssBytes: number
  readonly pages: readonly MeasuredPage[]
  /** `{ __typename }` of the signed-in and of strangers; nothing where only some pages were asked for. */
  readonly typename: readonly Measured[]
  readonly authenticationMs: number | null
}

const GOAL_IDLE_MB = 250

/** What was measured, as lines. */
export function reportLines({ serverVersion, idleRssBytes, pages, typename, authenticationMs }: Report): string[] {
  const [signedIn, strangers] = typename
  return [
    '',
    `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${String(cpus().length)} cores, Node ${process.versions.node}, PostgreSQL ${serverVersion}`,
    '',
    '                             req/s   median ms      p99 ms      CPU ms   SQL/request   memory MB',
    ...pages.flatMap(({ title, ours, least }) => [line(title, ours), line('  the same SQL, bare http', least)]),
    ...(signedIn ? [line('{ __typename }, signed in', signedIn)] : []),
    ...(strangers ? [line('{ __typename }, stranger', strangers)] : []),
    '',
    ...pages.map(verdictOf),
    `${'idle server'.padEnd(16)}${inMb(idleRssBytes)} MB resident   (goal under ${String(GOAL_IDLE_MB)}: ${verdict(idleRssBytes < GOAL_IDLE_MB * MB)})`,
    ...(authenticationMs === null
      ? []
      : [`${'authenticate'.padEnd(16)}${authenticationMs.toFixed(3)} ms, one statement, alone on its connection`]),
  ]
}

function verdictOf({ title, goal, ours, least }: MeasuredPage): string {
  // of rounds that stood next to each other, so that both had the same machine
  const ratio = medianOf(
    ours.rounds.map(({ perSecond }, round) => perSecond / (least.rounds[round]?.perSecond ?? Number.NaN)),
  )
  return `${title.padEnd(16)}${roundedDown(ratio)} of the same SQL behind bare http   (goal ${goal.toFixed(1)}: ${verdict(ratio >= goal)})`
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
