import { testIdentities } from './identities.js'

testIdentities(2_000)
