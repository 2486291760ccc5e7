import { hasRedis } from '../support/redis.js'
import { testTwoProcesses } from './two-processes.js'

// over Redis everything of the other bus is under way as well: one process listens to the database for all
testTwoProcesses(hasRedis('two processes over Redis') ? 'Redis' : 'PostgreSQL', 1)
