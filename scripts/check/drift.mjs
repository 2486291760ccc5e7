// The migrations, deployed on a database made for it, have to lead to the Prisma schema.
import { join } from 'node:path'
import { register } from 'tsx/esm/api'
import { ROOT } from '../setup.mjs'

register()
const { connectionUrl, withClient } = await import('../../src/lib/migrations/adapter.js')
const { deployMigrations } = await import('../../src/lib/migrations/deploy.js')
const { findDrift } = await import('../../src/lib/migrations/drift.js')
const { TEST_SETTINGS, startEmbeddedPostgres } = await import('../../src/lib/postgres/embedded.js')

const folder = join(ROOT, 'prisma')
const name = `check_${process.pid}`
const given = process.env['DATABASE_URL']
const server = given
  ? { url: given, stop: async () => undefined }
  : await startEmbeddedPostgres({ dataDir: join(ROOT, '.data/test'), settings: TEST_SETTINGS })
try {
  const ownerUrl = connectionUrl(server.url, name)
  await deployMigrations({ ownerUrl, folder })
  const found = (await findDrift({ ownerUrl, folder, appRole: '' })).filter(({ differences }) => differences.length > 0)
  for (const { title, differences } of found) console.error(`not true: ${title}\n${differences.join('\n')}`)
  process.exitCode = found.length === 0 ? 0 : 1
} finally {
  await withClient(server.url, (owner) => owner.query(`drop database if exists "${name}" with (force)`))
  await server.stop()
}
process.exit()
