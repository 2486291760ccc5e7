// npm run check: everything that is held by a command rather than by memory. All steps run, also after one failed; the end
// says which. Names as arguments run only those: npm run check -- types lint
import { spawn } from 'node:child_process'
import { ROOT, setup } from './setup.mjs'

const PRETTIER = 'node_modules/prettier/bin/prettier.cjs'
const ESLINT = 'node_modules/eslint/bin/eslint.js'
const CACHE = ['--cache', '--cache-location', 'node_modules/.cache/eslint/', '--max-warnings', '0']

/** Each a script and its arguments, by the name that is printed. @type {Record<string, readonly string[]>} */
const STEPS = {
  format: [PRETTIER, '--check', '--log-level', 'warn', '--cache', '.'],
  lint: [
    ESLINT,
    ...CACHE,
    'src',
    'tests',
    'bench',
    'scripts',
    'eslint.config.js',
    'prisma.config.ts',
    'vitest.config.ts',
  ],
  types: ['node_modules/typescript/bin/tsc', '--noEmit'],
  direction: ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'src'],
  sdl: [ESLINT, '--max-warnings', '0', 'graphql'],
  generated: ['scripts/check/generated.mjs'],
  contract: ['scripts/check/contract.mjs'],
  drift: ['scripts/check/drift.mjs'],
  unused: ['node_modules/knip/bin/knip.js', '--no-progress'],
}

await setup({ tests: true })
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in STEPS))
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}`)
  process.exit(2)
}

/** @type {string[]} */
const failed = []
for (const [name, command] of Object.entries(STEPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const started = performance.now()
  const { code, output } = await run(command)
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${seconds} s`)
  if (code === 0) continue
  failed.push(name)
  console.log(output.trim().replace(/^/gm, '     '))
}
console.log(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1

/**
 * @param {readonly string[]} command
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(command) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
