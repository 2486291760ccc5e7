// npm test, npm run proof: sets up what is due and becomes vitest. Arguments are vitest's (a file, -t "name", --coverage).
import { become, setup } from './setup.mjs'

const given = process.argv.slice(2)
if (given.includes('--proof')) process.env['PROOF'] = '1'

await setup({ tests: true })
process.env['NODE_ENV'] = 'test'
await become('node_modules/vitest/vitest.mjs', ['run', ...given.filter((argument) => argument !== '--proof')])
