import { testCrashes } from './crashes.js'

testCrashes(8, 50)
