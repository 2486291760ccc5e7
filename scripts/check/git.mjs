import { execFileSync } from 'node:child_process'
import { ROOT } from '../setup.mjs'

/**
 * What git answers, or undefined where there is no repository, no commit or no such file.
 * @param {readonly string[]} args
 */
export function git(...args) {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}
