import { openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { runRotation } from '../../src/keys/rotation.js'
import { openDatabase } from '../../src/lib/db.js'

/** A process that carries rotations on until it is done or killed: URL, keys (`id:base64,…`), ids of the rotations. */
const [url = '', keys = '', rotationIds = ''] = process.argv.slice(2)
const database = openDatabase(url, { poolSize: 2 })
openKeyring(
  keys.split(',').map((key) => {
    const [id = '', secret = ''] = key.split(':')
    return { id, secret: Buffer.from(secret, 'base64') }
  }),
)
await verifyKeys(database.db)
process.stdout.write('rotating\n')
const origin = { db: database.db, actorId: null, sessionId: null, requestId: 'child' }
for (const rotationId of rotationIds.split(',')) await runRotation(origin, rotationId)
await database.close()
