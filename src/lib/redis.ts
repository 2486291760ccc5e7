import { Redis } from 'ioredis'
import { SECOND_MS } from './clock.js'
import { log } from './log.js'

const CONNECT_TIMEOUT_MS = 2 * SECOND_MS
const COMMAND_TIMEOUT_MS = SECOND_MS
const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 2 * SECOND_MS

/** A connection to Redis or Valkey that fails at once while it is down and comes back by itself. */
export function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(RECONNECT_MIN_MS * 2 ** attempt, RECONNECT_MAX_MS),
  })
  let isDown = false
  redis.on('error', (error) => {
    if (!isDown) log.warn({ err: error }, 'redis: lost')
    isDown = true
  })
  redis.on('ready', () => {
    if (isDown) log.info('redis: back')
    isDown = false
  })
  return redis
}
