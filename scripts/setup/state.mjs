// Whether the working tree has changed since a step was last done: by content, so that a fresh clone, a checkout and an
// editor that touches files look the same.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Made by the steps themselves. */
const GENERATED = new Set(['generated', 'gql'])
const HASH_CHARACTERS = 32

/**
 * A hash over the content of files and folders, in the order of their names.
 * @param {string} root @param {readonly string[]} inputs
 */
export function stampOf(root, inputs) {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}\n`)
  for (const input of inputs) {
    for (const path of filesUnder(join(root, input))) {
      const content = relevant(path)
      if (content !== undefined) hash.update(path.slice(root.length)).update('\0').update(content).update('\0')
    }
  }
  return hash.digest('hex').slice(0, HASH_CHARACTERS)
}

/** @param {string} root @param {readonly string[]} outputs */
export function isMissing(root, outputs) {
  return !outputs.every((output) => existsSync(join(root, output)))
}

/** @param {string} path @returns {string[]} */
function filesUnder(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isFile()) return [join(path, entry.name)]
      return entry.isDirectory() && !GENERATED.has(entry.name) ? filesUnder(join(path, entry.name)) : []
    })
}

/** Of a test only the GraphQL documents in it count: they are what types are made of. @param {string} path */
function relevant(path) {
  const content = readFileSync(path)
  if (!/[\\/]tests[\\/].*\.ts$/.test(path)) return content
  return content.includes('graphql(')
    ? (content.toString().match(/graphql\(\s*(?:\/\* GraphQL \*\/\s*)?`[^`]*`/g) ?? []).join('\n')
    : undefined
}

/**
 * Whether node_modules holds exactly what the lock file names, as after an `npm install` by hand. What npm leaves out on
 * this machine (optional packages of other systems) does not count.
 * @param {string} root
 */
export function hasInstalledPackages(root) {
  try {
    const wanted = readPackages(join(root, 'package-lock.json'))
    const installed = readPackages(join(root, 'node_modules/.package-lock.json'))
    return Object.entries(wanted).every(([path, { version, optional }]) => {
      const found = installed[path]
      return path === '' || (found ? found.version === version : optional === true)
    })
  } catch {
    return false
  }
}

/** @param {string} path @returns {Record<string, { version?: string, optional?: boolean }>} */
function readPackages(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages
}
