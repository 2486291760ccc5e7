// npm run migrate and npm run migration: the commands of src/lib/migrations/cli.ts, from the sources or, where only the build
// was shipped, from that.
import { existsSync } from 'node:fs'
import { setup } from './setup.mjs'

const sources = new URL('../src/lib/migrations/cli.ts', import.meta.url)
const isSourceTree = existsSync(sources)
if (isSourceTree) {
  await setup()
  const { register } = await import('tsx/esm/api')
  register()
}
const built = new URL('../dist/lib/migrations/cli.js', import.meta.url)
const { migrateMain } = await import((isSourceTree ? sources : built).href)
process.exit(await migrateMain(process.argv.slice(2), process.env))
