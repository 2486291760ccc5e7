// Makes the working tree ready to run: installs, generates, builds, whatever a changed file asks for. Plain Node, for it runs
// before node_modules exists; silent and quick when nothing changed. Run directly, or by start, test, dev and check.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withLock } from './setup/lock.mjs'
import { hasInstalledPackages, isMissing, stampOf } from './setup/state.mjs'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MIN_NODE = { major: 20, minor: 19 }
const STAMPS = join(ROOT, 'node_modules/.setup.json')
const TAIL_LINES = 40

/**
 * @typedef {object} Step
 * @property {string} name key of the stamp that tells whether the step is due
 * @property {string} says the line printed when it is
 * @property {readonly string[]} inputs files and folders whose change makes it due
 * @property {readonly string[]} outputs paths whose absence makes it due
 * @property {() => Promise<void>} run
 */

/** @type {Step} */
const INSTALL = {
  name: 'install',
  says: 'installing dependencies (the first time: about a minute) …',
  inputs: ['package-lock.json'],
  outputs: ['node_modules/.package-lock.json'],
  run: install,
}

/** @type {Step} */
const PRISMA = {
  name: 'prisma',
  says: 'generating the database client …',
  inputs: ['prisma/schema', 'prisma.config.ts', 'node_modules/prisma/package.json'],
  outputs: ['src/generated/prisma/client.ts'],
  run: () => node('node_modules/prisma/build/index.js', ['generate']),
}

/** @type {Step} */
const CODEGEN = {
  name: 'codegen',
  says: 'generating types from the GraphQL schema …',
  inputs: ['graphql', 'codegen.yml', 'node_modules/@graphql-codegen/cli/package.json'],
  outputs: ['src/generated/graphql.ts', 'docs/schema.graphql'],
  run: () => node('node_modules/@graphql-codegen/cli/esm/bin.js', ['--config', 'codegen.yml', '--errors-only']),
}

/** The same, where the tests' documents count too. @type {Step} */
const TEST_CODEGEN = {
  ...CODEGEN,
  name: 'testCodegen',
  inputs: [...CODEGEN.inputs, 'tests'],
  outputs: [...CODEGEN.outputs, 'tests/support/gql/graphql.ts'],
}

/** @type {Step} */
const BUILD = {
  name: 'build',
  says: 'building …',
  inputs: ['src', 'tsconfig.json', 'tsconfig.build.json', 'node_modules/typescript/package.json'],
  outputs: ['dist/main.js'],
  run: () =>
    node('node_modules/typescript/bin/tsc', [
      '-p',
      'tsconfig.build.json',
      '--noEmitOnError',
      '--pretty',
      String(process.stderr.isTTY === true),
    ]),
}

/**
 * Does what is due. Two that run at once do it once.
 * @param {{ build?: boolean, tests?: boolean }} [options] build: also `dist`; tests: also the tests' typed documents
 */
export async function setup({ build = false, tests = false } = {}) {
  checkNode()
  const steps = [INSTALL, PRISMA, tests ? TEST_CODEGEN : CODEGEN, ...(build ? [BUILD] : [])]
  if (steps.every(isDone)) return
  await withLock(join(ROOT, '.data/setup.lock'), async () => {
    for (const step of steps) await perform(step)
  })
}

/**
 * Goes on as another program in this process, so that signals and the exit code are its own.
 * @param {string} script path from the root @param {readonly string[]} args
 */
export async function become(script, args) {
  const path = join(ROOT, script)
  process.chdir(ROOT)
  process.argv = [process.execPath, path, ...args]
  await import(pathToFileURL(path).href)
}

/** @param {Step} step */
async function perform(step) {
  if (isDone(step)) return
  // Taken before the work: what is edited meanwhile is due again.
  const stamp = stampOf(ROOT, step.inputs)
  if (step !== INSTALL || !hasInstalledPackages(ROOT)) {
    console.error(step.says)
    await step.run()
  }
  writeStamp(step.name, stamp)
  // What was generated for the tests is what a start would generate.
  if (step === TEST_CODEGEN) writeStamp(CODEGEN.name, stampOf(ROOT, CODEGEN.inputs))
}

/** @param {Step} step */
function isDone(step) {
  return !isMissing(ROOT, step.outputs) && readStamps()[step.name] === stampOf(ROOT, step.inputs)
}

/** @param {string} name @param {string} stamp */
function writeStamp(name, stamp) {
  mkdirSync(dirname(STAMPS), { recursive: true })
  writeFileSync(STAMPS, JSON.stringify({ ...readStamps(), [name]: stamp }))
}

/** @returns {Record<string, string>} */
function readStamps() {
  try {
    return JSON.parse(readFileSync(STAMPS, 'utf8'))
  } catch {
    return {}
  }
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > MIN_NODE.major || (major === MIN_NODE.major && minor >= MIN_NODE.minor)) return
  fail(
    `Node.js ${MIN_NODE.major}.${MIN_NODE.minor} or later is needed, this is ${process.versions.node}. See https://nodejs.org.`,
  )
}

async function install() {
  // A first run generates and builds, whatever npm is configured to leave out.
  const options = ['--include=dev', '--no-audit', '--no-fund']
  const ci = await npm(['ci', ...options])
  if (ci.code === 0) return
  console.error('npm ci refused (see below); trying npm install, which works the differences out …')
  console.error(lastLines(ci.output, 8))
  const plain = await npm(['install', '--no-save', ...options])
  if (plain.code === 0) return
  fail(
    `${lastLines(plain.output)}\n\nThe dependencies could not be installed. Is the npm registry reachable (npm ping)?`,
  )
}

/** @param {readonly string[]} args */
function npm(args) {
  // Started by npm itself, the same npm is used; otherwise the one on the path.
  const own = process.env.npm_execpath
  return own?.endsWith('.js') ? run(process.execPath, [own, ...args]) : run('npm', args, process.platform === 'win32')
}

/** @param {string} script @param {readonly string[]} args */
async function node(script, args) {
  const { code, output } = await run(process.execPath, [join(ROOT, script), ...args])
  // Codegen draws its progress between its errors.
  const told = output.replace(/^[❯✔].*\n/gm, '')
  if (code !== 0) fail(`${lastLines(told)}\n\n${script} failed (see above).`)
}

/**
 * @param {string} program @param {readonly string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(program, args, shell = false) {
  return new Promise((resolve) => {
    // In production and in tests some of these tools leave things out, or say nothing.
    const env = { ...process.env, NODE_ENV: 'development' }
    const child = spawn(program, args, { cwd: ROOT, env, shell, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ code: 1, output: `${output}\n${error.message}` }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** @param {string} text */
function lastLines(text, count = TAIL_LINES) {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message)
  process.exit(1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setup({ build: process.argv.includes('--build'), tests: process.argv.includes('--tests') })
}
