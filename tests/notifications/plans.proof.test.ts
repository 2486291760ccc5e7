import { testPlans } from './plans.js'

testPlans(1_600_000)
