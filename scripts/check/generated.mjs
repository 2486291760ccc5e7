// The printed schema is committed, so that a change of the contract is seen in review: it has to be what the SDL gives.
import { git } from './git.mjs'
import { ROOT } from '../setup.mjs'
import { spawnSync } from 'node:child_process'

const codegen = ['node_modules/@graphql-codegen/cli/esm/bin.js', '--config', 'codegen.yml', '--check']
const { status, stdout, stderr } = spawnSync(process.execPath, codegen, { cwd: ROOT, encoding: 'utf8' })
if (status !== 0) fail(`The generated files are not what the schema gives; run npm run generate.\n${stdout}${stderr}`)

// A clean tree in which only the printed schema differs: it was committed out of date and has been generated since.
const isSourceChanged = git('diff', '--name-only', 'HEAD', '--', 'graphql', 'codegen.yml') !== ''
const isPrintChanged = (git('diff', '--name-only', 'HEAD', '--', 'docs/schema.graphql') ?? '') !== ''
if (!isSourceChanged && isPrintChanged) fail('docs/schema.graphql was committed out of date; commit it as it is now.')

/** @param {string} message */
function fail(message) {
  console.error(message)
  process.exit(1)
}
