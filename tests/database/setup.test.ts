import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { breakingChanges } from '../../scripts/check/breaking-changes.mjs'
import { withLock } from '../../scripts/setup/lock.mjs'

const ROOT = join(import.meta.dirname, '../..')
/** A pid that Linux never gives, nor another system. */
const NO_PROCESS = 2 ** 22 + 1
const SOURCES = [
  'scripts',
  'prisma',
  'graphql',
  'codegen.yml',
  'prisma.config.ts',
  'package.json',
  'package-lock.json',
  'src/lib',
]

/** A copy of the project that has its packages, and nothing generated yet. */
let clone: string

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'setup-test-'))
  for (const path of SOURCES) cpSync(join(ROOT, path), join(clone, path), { recursive: true })
  mkdirSync(join(clone, 'node_modules'))
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '.setup.json') symlinkSync(join(ROOT, 'node_modules', name), join(clone, 'node_modules', name))
  }
})

afterAll(() => {
  rmSync(clone, { recursive: true })
})

/** Runs the set-up in the copy; answers what it said and how it ended. */
function setup(...nodeOptions: string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    // Under vitest, codegen says nothing.
    const env = { ...process.env, VITEST: '' }
    const child = spawn(process.execPath, [...nodeOptions, join(clone, 'scripts/setup.mjs')], { cwd: tmpdir(), env })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.on('close', (code) => resolve({ code, said }))
  })
}

describe('setting up', { timeout: 120_000 }, () => {
  it('generates once when two start at once, and does not install what is there', async () => {
    const both = await Promise.all([setup(), setup()])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const lines = both.flatMap(({ said }) => said.trim().split('\n'))
    expect(lines.filter((line) => line.startsWith('generating the database client'))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith('generating types'))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith('installing'))).toHaveLength(0)
    expect(existsSync(join(clone, 'src/generated/prisma/client.ts'))).toBe(true)
    expect(existsSync(join(clone, '.data/setup.lock'))).toBe(false)
  })

  it('says nothing and is quick when nothing changed', async () => {
    const started = performance.now()
    expect(await setup()).toEqual({ code: 0, said: '' })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('does again only what a changed file asks for', async () => {
    writeFileSync(join(clone, 'graphql/more.graphql'), 'type Query {\n  "One more field."\n  oneMore: Boolean!\n}\n')
    expect((await setup()).said).toMatch(/^generating types from the GraphQL schema …\n$/)
    expect(readFileSync(join(clone, 'docs/schema.graphql'), 'utf8')).toContain('oneMore: Boolean!')
  })

  it('fails with the words of what failed, and tries again next time', async () => {
    const file = join(clone, 'graphql/more.graphql')
    writeFileSync(file, 'type Query {')
    const { code, said } = await setup()
    expect({ code, said }).toMatchObject({ code: 1, said: expect.stringContaining('Syntax Error') as string })
    rmSync(file)
    expect((await setup()).code).toBe(0)
  })

  it('refuses an old Node.js with a sentence', async () => {
    const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'18.20.4'}})`
    const { code, said } = await setup('--import', old)
    expect({ code, said }).toEqual({
      code: 1,
      said: 'Node.js 20.19 or later is needed, this is 18.20.4. See https://nodejs.org.\n',
    })
  })
})

describe('the lock of the set-up', () => {
  const path = join(tmpdir(), `setup-test-${process.pid}.lock`)
  const hold = (pid: number): void => writeFileSync(path, JSON.stringify({ pid, host: hostname() }))
  const done = (): Promise<void> => Promise.resolve()

  it('is taken from a process that was killed, and given back', async () => {
    hold(NO_PROCESS)
    await withLock(path, done)
    expect(existsSync(path)).toBe(false)
  })

  it('is taken from one that has not touched it for long', async () => {
    hold(process.pid)
    utimesSync(path, 0, 0)
    await withLock(path, done)
    expect(existsSync(path)).toBe(false)
  })

  it('waits for one that lives', async () => {
    hold(process.pid)
    let isReleased = false
    setTimeout(() => {
      isReleased = true
      rmSync(path)
    }, 500)
    await withLock(path, async () => expect(isReleased).toBe(true))
  })

  it('lets one at a time in', async () => {
    let inside = 0
    let entered = 0
    const work = async (): Promise<void> => {
      entered += 1
      expect((inside += 1)).toBe(1)
      await sleep(10)
      inside -= 1
    }
    await Promise.all(Array.from({ length: 5 }, () => withLock(path, work)))
    expect(entered).toBe(5)
  })
})

describe('comparing the contract with the committed one', () => {
  const old = `
    type Query { kept: Tier, old: Gone @deprecated(reason: "Use kept. Until 2027."), list(first: Int): Int }
    type Gone { id: ID }
    enum Tier { GOLD SILVER @deprecated(reason: "Nobody has it. Until 2027.") }`

  it('lets go what was deprecated, with the types that only it used', () => {
    expect(breakingChanges(old, 'type Query { kept: Tier, list(first: Int): Int } enum Tier { GOLD }')).toEqual([])
  })

  it('refuses a removal, a new obligation and another type', () => {
    const now = `type Query { kept: Int, list(first: Int!): Int, old: Gone } type Gone { name: ID } enum Tier { SILVER }`
    expect(breakingChanges(old, now).sort()).toEqual([
      'GOLD was removed from enum type Tier.',
      'Gone.id was removed.',
      'Query.kept changed type from Tier to Int.',
      'Query.list arg first has changed type from Int to Int!.',
    ])
  })
})
