import { testMassCrashes } from './mass-crashes.js'

testMassCrashes(2_600, 3, 120_000)
