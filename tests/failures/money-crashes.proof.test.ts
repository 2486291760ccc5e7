import { testMoneyCrashes } from './money-crashes.js'

testMoneyCrashes(8, { tips: 10, fromWallet: 6, purchases: 10, subscriptions: 10, refunds: 7, payouts: 7 })
