import { testPlans } from './plans.js'

testPlans({ creators: 100_000, posts: 1_000_000 })
