import { testPlans } from './plans.js'

testPlans(1_000_000)
