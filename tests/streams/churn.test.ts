import { testChurn } from './churn.js'

testChurn({ people: 6, steps: 120, mostAtOnce: 3 }, 3, 120_000)
