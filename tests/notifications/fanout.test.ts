import { testKilledFanout } from './fanout.js'

testKilledFanout({ followers: 6_000, kills: 1 })
