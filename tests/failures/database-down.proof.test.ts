import { testDatabaseDown } from './database-down.js'

testDatabaseDown(60_000)
