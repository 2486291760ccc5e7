import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A secret of 32 bytes and the short name that ciphertexts and tokens carry to find it again. */
export interface KeyMaterial {
  readonly id: string
  readonly secret: Buffer
}

/** Keys as they are written: `id:base64`, several parted by commas, the newest first. */
export interface KeyTexts {
  readonly masterKeys: string
  readonly tokenKeys: string
}

export const KEY_BYTES = 32
const KEY_FILE = 'keys.json'
const OTHERS = 0o077

const newKey = (): string => `local:${randomBytes(KEY_BYTES).toString('base64')}`

/**
 * The keys that `dataDir` keeps for a machine where none are configured, made on the first call; of several processes that
 * start at once, all get the same ones.
 * @throws Error when the file is not one of ours
 */
export function localKeys(dataDir: string): KeyTexts {
  const path = join(dataDir, KEY_FILE)
  return readKeyFile(path) ?? makeKeyFile(dataDir, path)
}

function makeKeyFile(dataDir: string, path: string): KeyTexts {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${JSON.stringify({ masterKeys: newKey(), tokenKeys: newKey() }, null, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
  })
  try {
    // a link is made whole or not at all, and never over another process's file
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
  const keys = readKeyFile(path)
  if (!keys) throw new Error(`${path} vanished while it was made`)
  return keys
}

function readKeyFile(path: string): KeyTexts | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  if ((statSync(path).mode & OTHERS) !== 0) chmodSync(path, 0o600)
  const { masterKeys, tokenKeys } = parseJson(text)
  if (typeof masterKeys !== 'string' || typeof tokenKeys !== 'string')
    throw new Error(
      `${path} is not a key file: it has no masterKeys and tokenKeys. Restore it: data written under it cannot be read without.`,
    )
  return { masterKeys, tokenKeys }
}

function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    // the caller names the file
    return {}
  }
}
