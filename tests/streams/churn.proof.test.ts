import { testChurn } from './churn.js'

testChurn({ people: 100_000, steps: 100, mostAtOnce: 2_600 }, 1, 3_600_000)
