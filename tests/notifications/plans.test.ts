import { testPlans } from './plans.js'

testPlans(100_000)
