import { testPlans } from './plans.js'

testPlans({ creators: 50_000, posts: 1_000_000 })
