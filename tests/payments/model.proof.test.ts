import { testMoney } from './model.js'

testMoney(Number(process.env['MONEY_RUNS'] ?? 300), 50)
