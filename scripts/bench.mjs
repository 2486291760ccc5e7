// npm run bench: sets up what is due and runs the benchmarks. Arguments are theirs.
import { become, setup } from './setup.mjs'

await setup({ build: true })
await become('node_modules/tsx/dist/cli.mjs', ['bench/main.ts', ...process.argv.slice(2)])
