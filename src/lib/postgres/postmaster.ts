import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A running server, as its pid file tells. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly isReady: boolean
}

const POLL_MS = 20
const STOP_TIMEOUT_MS = 15_000
/** Lines of postmaster.pid, counted from 0. */
const PID_LINE = 0
const PORT_LINE = 3
const STATUS_LINE = 7

/** The server that runs on a data folder, or none. A pid file whose process is gone, or is another program, counts as none. */
export function findPostmaster(cluster: string): Postmaster | undefined {
  const lines = pidFile(cluster)
  const pid = Number(lines[PID_LINE])
  if (!(pid > 0) || !isAlive(pid) || !worksIn(pid, cluster)) return undefined
  return { pid, port: Number(lines[PORT_LINE]), isReady: lines[STATUS_LINE]?.trim() === 'ready' }
}

function pidFile(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return []
  }
}

/** Whether a process exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Every process of a server works in its data folder. Where that cannot be looked up, the pid file is believed. */
function worksIn(pid: number, cluster: string): boolean {
  if (!existsSync('/proc/self/cwd')) return true
  try {
    return readlinkSync(`/proc/${String(pid)}/cwd`) === realpathSync(cluster)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

/**
 * Removes the pid file of a server that was killed when its number now belongs to another program: PostgreSQL itself
 * replaces the file of a dead process, but takes any living one for its own. Does nothing while a process of the old server
 * is left, for the file is what keeps a second server off the same data.
 */
export function removeRecycledPidFile(cluster: string): void {
  const pid = Number(pidFile(cluster)[PID_LINE])
  if (!(pid > 0) || !isAlive(pid) || !existsSync('/proc/self/cwd')) return
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  if (processes.some((process) => worksIn(Number(process), cluster))) return
  rmSync(join(cluster, 'postmaster.pid'), { force: true })
}

/** Waits until the server that runs on a data folder takes connections, or until `hasFailed` or `timeoutMs` ends the wait. */
export async function untilReady(
  cluster: string,
  timeoutMs: number,
  hasFailed: () => boolean = () => false,
): Promise<Postmaster | undefined> {
  for (let waitedMs = 0; waitedMs < timeoutMs && !hasFailed(); waitedMs += POLL_MS) {
    const server = findPostmaster(cluster)
    if (server?.isReady) return server
    await sleep(POLL_MS)
  }
  return undefined
}

/** Shuts a server down: open transactions are rolled back, what was committed is written. Returns when it is gone. */
export async function stopPostmaster(cluster: string, { pid }: Postmaster): Promise<void> {
  // A process that ended but that nobody has waited for is still alive by its number, and no longer works anywhere.
  const isRunning = (): boolean => isAlive(pid) && worksIn(pid, cluster)
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isRunning()) return
    process.kill(pid, signal)
    for (let waitedMs = 0; waitedMs < STOP_TIMEOUT_MS && isRunning(); waitedMs += POLL_MS) await sleep(POLL_MS)
  }
}
