import { seedDemo } from '../../src/demo/seed.js'
import { openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { openDatabase } from '../../src/lib/db.js'

// what a server does at its start, as far as the demo world goes; run by seed.test.ts, twice at once
openKeyring([{ id: 'test', secret: Buffer.from(process.env['SEED_KEY'] ?? '', 'base64') }])
const database = openDatabase(process.env['SEED_URL'] ?? '')
await verifyKeys(database.db)
process.stdout.write(String(await seedDemo(database)))
await database.close()
