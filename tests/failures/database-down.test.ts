import { testDatabaseDown } from './database-down.js'

testDatabaseDown(3_000)
