import { testPlans } from './plans.js'

testPlans(60_000)
