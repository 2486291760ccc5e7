import { fileURLToPath } from 'node:url'
import { defineConfig } from 'prisma/config'

// Prisma's engine in WebAssembly instead of a binary that it would have to download; one that is named already wins.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= fileURLToPath(new URL('scripts/schema-engine.mjs', import.meta.url))

export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://127.0.0.1:5432/creator_platform' },
})
