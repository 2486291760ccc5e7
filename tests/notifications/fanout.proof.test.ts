import { testKilledFanout } from './fanout.js'

testKilledFanout({ followers: 100_000, kills: 5 })
