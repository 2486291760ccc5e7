import { testMassCrashes } from './mass-crashes.js'

testMassCrashes(100_000, 20, 1_800_000)
