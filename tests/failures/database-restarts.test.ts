import { testRestarts } from './database-restarts.js'

testRestarts(1, 8)
