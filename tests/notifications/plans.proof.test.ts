import { testPlans } from './plans.js'

testPlans(1_400_000)
