import { randomBytes } from 'node:crypto'
import argon2 from 'argon2'
import { AppError } from '../lib/errors.js'
import type { Password } from './types.js'

/** argon2id at OWASP's floor: 19 MiB, two passes, one lane; some 20 ms of one core. */
const PARAMETERS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** Hashes at once: two keep two cores busy and leave the event loop and the database room. */
const MAX_RUNNING = 2
/** Hashes that may wait, about a second's worth; whoever comes after them is told to come back. */
const MAX_WAITING = 64
const RETRY_AFTER_SECONDS = 2

let running = 0
const waiting: (() => void)[] = []

/** The PHC string of a password under a salt of its own. @throws UNAVAILABLE service_unavailable when too many wait */
export const hashPassword = (password: Password): Promise<string> => limited(() => argon2.hash(password, PARAMETERS))

/**
 * Whether `password` is the one behind `hash`. Without a hash (no such account, or an erased one) it takes as long and
 * is false.
 * @throws UNAVAILABLE service_unavailable when too many wait
 */
export async function verifyPassword(hash: string | null, password: string): Promise<boolean> {
  const target = hash ?? (await (nobodysHash ??= hashOfNobody()))
  const isRight = await limited(() => argon2.verify(target, password))
  return hash !== null && isRight
}

/** Whether a hash was made with other parameters than today's. */
export const needsRehash = (hash: string): boolean =>
  !hash.startsWith('$argon2id$') || argon2.needsRehash(hash, PARAMETERS)

let nobodysHash: Promise<string> | null = null

const hashOfNobody = (): Promise<string> => argon2.hash(randomBytes(32), PARAMETERS)

/** Makes the hash that stands in for nobody's, so that the first sign-in takes as long as every other. */
export async function warmPasswords(): Promise<void> {
  await (nobodysHash ??= hashOfNobody())
}

async function limited<T>(work: () => Promise<T>): Promise<T> {
  if (running >= MAX_RUNNING) await wait()
  else running += 1
  try {
    return await work()
  } finally {
    // a place is handed on, not given back, so that nobody overtakes those who wait
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}

async function wait(): Promise<void> {
  if (waiting.length >= MAX_WAITING)
    throw new AppError('UNAVAILABLE', 'service_unavailable', 'Too many people sign in at this moment: try again.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
  await new Promise<void>((resolve) => waiting.push(resolve))
}
