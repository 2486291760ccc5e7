// npm start, npm run worker: sets up what is due and becomes the server. Arguments are the server's.
import { become, setup } from './setup.mjs'

await setup({ build: true })
process.setSourceMapsEnabled(true)
await become('dist/main.js', process.argv.slice(2))
