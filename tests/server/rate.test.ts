import type { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeRateLimiter } from '../../src/lib/rate-store.js'
import type { RateLimit, RateLimiter } from '../../src/lib/rate.js'
import { openRedis } from '../../src/lib/redis.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { hasRedis, startRedis } from '../support/redis.js'
import type { TestRedis } from '../support/redis.js'
import { until } from '../support/until.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})

const secret = Buffer.from('a secret of this test alone')
const limitOf = (name: string, points = 4): RateLimit => ({ name, points, windowSeconds: 60 })

async function allowedOf(limiter: RateLimiter, limit: RateLimit, tries: number): Promise<number> {
  const charges = await Promise.all(Array.from({ length: tries }, () => limiter.charge(limit, 'somebody')))
  return charges.filter(({ isAllowed }) => isAllowed).length
}

it('counts over all processes, exactly, at once', async () => {
  const [one, other] = [
    makeRateLimiter({ pool: database.pool, secret }),
    makeRateLimiter({ pool: database.pool, secret }),
  ]
  const limit = limitOf('login', 10)
  const allowed = await Promise.all([allowedOf(one, limit, 15), allowedOf(other, limit, 15)])
  expect(allowed[0] + allowed[1]).toBe(10)
})

it('says when to come back', async () => {
  const limiter = makeRateLimiter({ pool: database.pool, secret })
  const limit = limitOf('reset', 1)
  await limiter.spend(limit, 'me')
  await expect(limiter.spend(limit, 'me')).rejects.toMatchObject({
    code: 'LIMITED',
    reason: 'rate_limited',
    details: { retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds >= 1 && seconds <= 60) as number },
  })
  await limiter.spend(limit, 'somebody else')
})

it('forgives', async () => {
  const limiter = makeRateLimiter({ pool: database.pool, secret })
  const limit = limitOf('forgiven', 1)
  await limiter.spend(limit, 'me')
  await limiter.forgive(limit, 'me')
  await limiter.spend(limit, 'me')
})

it('charges several points at once', async () => {
  const limiter = makeRateLimiter({ pool: database.pool, secret })
  expect(await limiter.charge(limitOf('points', 10), 'me', 7)).toMatchObject({ isAllowed: true, remaining: 3 })
  expect(await limiter.charge(limitOf('points', 10), 'me', 4)).toMatchObject({ isAllowed: false, remaining: 0 })
})

it('stores no address, only a keyed hash', async () => {
  const limiter = makeRateLimiter({ pool: database.pool, secret })
  await limiter.charge(limitOf('hashed'), '203.0.113.77')
  const { rows } = await database.owner.query<{ key: string }>('select key from rate_limits')
  expect(rows.map(({ key }) => key).join()).not.toContain('203.0.113')
  expect(rows.some(({ key }) => /^hashed:[\w-]{43}$/.test(key))).toBe(true)
})

it('counts in the process what is not shared, without a statement', async () => {
  const limiter = makeRateLimiter({ pool: database.pool, secret })
  const limit: RateLimit = { ...limitOf('budget', 3), store: 'process' }
  expect(await allowedOf(limiter, limit, 5)).toBe(3)
  expect(await allowedOf(makeRateLimiter({ pool: database.pool, secret }), limit, 5)).toBe(3)
  const { rows } = await database.owner.query(`select from rate_limits where key like 'budget%'`)
  expect(rows).toHaveLength(0)
})

it('is stricter, never open, while the store is away, and waits for it once', async () => {
  const pool = new pg.Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/none', connectionTimeoutMillis: 500 })
  const limiter = makeRateLimiter({ pool, secret })
  expect(await allowedOf(limiter, limitOf('away', 4), 10)).toBe(2)
  await pool.end()
})

describe.skipIf(!hasRedis('limits in Redis'))('in Redis', () => {
  let server: TestRedis
  let redis: Redis
  beforeAll(() => {
    server = startRedis()
    redis = openRedis(server.url)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.kill()
  })

  it('counts over all processes, the budget too', async () => {
    await until(() => redis.status === 'ready')
    const [one, other] = [makeRateLimiter({ redis, secret }), makeRateLimiter({ redis, secret })]
    for (const limit of [limitOf('login', 10), { ...limitOf('cost', 10), store: 'process' as const }]) {
      const allowed = await Promise.all([allowedOf(one, limit, 15), allowedOf(other, limit, 15)])
      expect(allowed[0] + allowed[1]).toBe(10)
    }
  })

  it('goes on, stricter, without it, and comes back to it', async () => {
    const limiter = makeRateLimiter({ redis, secret })
    await server.kill()
    expect(await allowedOf(limiter, limitOf('outage', 4), 10)).toBe(2)
    server.start()
    await until(() => redis.status === 'ready', 15_000)
    await until(async () => {
      await limiter.charge(limitOf('back', 1_000), 'me')
      return (await redis.keys('back:*').catch(() => [])).length > 0
    })
  })
})
