#!/usr/bin/env node
// The executable that `prisma.config.ts` gives Prisma's command line in place of the native schema engine.
import { existsSync } from 'node:fs'

const sources = new URL('../src/lib/migrations/schema-engine.ts', import.meta.url)
const isSourceTree = existsSync(sources)
if (isSourceTree) (await import('tsx/esm/api')).register()
const built = new URL('../dist/lib/migrations/schema-engine.js', import.meta.url)
const { schemaEngineMain } = await import((isSourceTree ? sources : built).href)

process.exit(await schemaEngineMain(process.argv.slice(2)))
