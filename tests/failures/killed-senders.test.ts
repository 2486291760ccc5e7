import { testKilledSenders } from './killed-senders.js'

testKilledSenders({ kills: 1, events: 40, hangs: 0 })
