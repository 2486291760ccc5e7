import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

it('passes the tests of the social graph and of notifications, one process writing, another reading and pushing', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', 'tests/social', 'tests/notifications'],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, PROOF: '', TWO_PROCESSES: '1' } },
  )
  expect(status, `${stdout}\n${stderr}`).toBe(0)
  process.stdout.write(`${/Tests .*/.exec(stdout)?.[0] ?? ''}\n`)
})
