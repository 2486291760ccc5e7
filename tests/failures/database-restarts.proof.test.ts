import { testRestarts } from './database-restarts.js'

testRestarts(4, 20)
