import { testCrashes } from './account-crashes.js'

testCrashes(8, 50)
