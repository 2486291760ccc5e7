import { expect, it } from 'vitest'
import { hashPassword, needsRehash, verifyPassword } from '../../src/sessions/password-hashes.js'
import type { Password } from '../../src/sessions/types.js'
import { reasonOf } from './setting.js'

const password = 'correct-Horse-7-battery' as Password

it('hashes with argon2id at 19 MiB, two passes and one lane, each under a salt of its own', async () => {
  const [one, other] = await Promise.all([hashPassword(password), hashPassword(password)])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(other)
  expect(await verifyPassword(one, password)).toBe(true)
  expect(await verifyPassword(one, `${password} `)).toBe(false)
  expect(needsRehash(one)).toBe(false)
})

it('is never right where there is no hash', async () => {
  expect(await verifyPassword(null, password)).toBe(false)
})

it('asks for another hash when the parameters or the method were others', () => {
  expect(needsRehash('$argon2id$v=19$m=8192,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g')).toBe(true)
  expect(needsRehash('$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g')).toBe(true)
})

it('keeps a bounded number waiting, refuses the rest, and then goes on as before', async () => {
  const reasons = await Promise.all(Array.from({ length: 100 }, () => reasonOf(hashPassword(password))))
  expect(reasons.filter((reason) => reason === null)).toHaveLength(66)
  expect(reasons.filter((reason) => reason === 'service_unavailable')).toHaveLength(34)
  expect(await reasonOf(hashPassword(password))).toBeNull()
})

it('leaves the event loop to others while hashes are made', async () => {
  const hashes = Promise.all(Array.from({ length: 20 }, () => hashPassword(password)))
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 5)
  await hashes
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(5)
})
