import { testKilledSenders } from './killed-senders.js'

testKilledSenders({ kills: 10, events: 500, hangs: 3 })
