import { testIdentities } from './identities.js'

testIdentities(400)
