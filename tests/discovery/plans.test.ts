import { testPlans } from './plans.js'

testPlans({ creators: 10_000, posts: 100_000 })
