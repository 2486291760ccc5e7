import { hasRedis } from '../support/redis.js'
import { testTwoProcesses } from './two-processes.js'

testTwoProcesses('PostgreSQL', 3)
if (hasRedis('two processes over Redis')) testTwoProcesses('Redis', 3)
