// A relay of its own process, to be killed: `relay.ts <url>`. Says when it has begun.
import { openBus } from '../../../src/lib/bus.js'
import { openDatabase } from '../../../src/lib/db.js'
import { onEvents, startRelay } from '../../../src/lib/relay.js'

const [url = ''] = process.argv.slice(2)
const database = openDatabase(url)
const bus = await openBus(url, database.db)
startRelay(database, bus, [onEvents('test.count', ['test.counted'], () => Promise.resolve())])
process.stdout.write('relaying\n')
