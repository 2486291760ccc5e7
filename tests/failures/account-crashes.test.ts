import { testCrashes } from './account-crashes.js'

testCrashes(1, 12)
