// One process at a time, by a lock file. The holder touches it as long as it lives, so that one left by a killed process is
// known by its age, or at once by the process being gone.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const TOUCH_MS = 2_000
const STALE_MS = 15_000
const POLL_MS = 200

/**
 * Runs `work` when no other process is in it.
 * @param {string} path @param {() => Promise<void>} work
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  await acquire(path)
  const touching = setInterval(() => touch(path), TOUCH_MS)
  const release = () => rmSync(path, { force: true })
  process.once('exit', release)
  try {
    await work()
  } finally {
    clearInterval(touching)
    process.off('exit', release)
    release()
  }
}

/** @param {string} path */
async function acquire(path) {
  const me = JSON.stringify({ pid: process.pid, host: hostname() })
  for (let told = false; !tryCreate(path, me); await sleep(POLL_MS)) {
    const holder = read(path)
    if (holder === undefined) continue
    if (isStale(path, holder)) steal(path, holder)
    else if (!told) {
      told = true
      console.error(`another process (${JSON.parse(holder).pid}) is setting up; waiting for it …`)
    }
  }
}

/** @param {string} path @param {string} content */
function tryCreate(path, content) {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8') || undefined
  } catch {
    return undefined
  }
}

/** @param {string} path @param {string} holder */
function isStale(path, holder) {
  const { pid, host } = JSON.parse(holder)
  if (host === hostname() && !isAlive(pid)) return true
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > STALE_MS
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** @param {unknown} error @param {string} code */
function hasCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code
}

/**
 * Takes the lock away from a dead holder; if another process was quicker, what was taken by mistake is put back.
 * @param {string} path @param {string} holder
 */
function steal(path, holder) {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
    if (read(aside) === holder) rmSync(aside)
    else renameSync(aside, path)
  } catch {
    // Released or stolen in the meantime: the next attempt sees.
  }
}

/** @param {string} path */
function touch(path) {
  try {
    const now = new Date()
    utimesSync(path, now, now)
  } catch {
    // Stolen after a long sleep of this machine; the other process does the same work.
  }
}
