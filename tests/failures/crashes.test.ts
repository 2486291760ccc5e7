import { testCrashes } from './crashes.js'

testCrashes(1, 12)
