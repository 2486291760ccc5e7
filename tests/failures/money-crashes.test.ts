import { testMoneyCrashes } from './money-crashes.js'

testMoneyCrashes(1, { tips: 3, fromWallet: 2, purchases: 3, subscriptions: 3, refunds: 2, payouts: 2 })
