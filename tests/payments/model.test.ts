import { testMoney } from './model.js'

testMoney(3, 30)
