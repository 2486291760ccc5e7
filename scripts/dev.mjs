// npm run dev: sets up what is due and runs the server from its sources, again after each change.
import { become, setup } from './setup.mjs'

await setup()
const watch = ['watch', '--include', 'graphql/**/*.graphql', 'src/main.ts']
await become('node_modules/tsx/dist/cli.mjs', [...watch, ...process.argv.slice(2)])
