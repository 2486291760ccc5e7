import { randomBytes, randomUUID } from 'node:crypto'
import type { Origin, Tx } from '../../src/lib/db.js'
import { transaction } from '../../src/lib/db.js'
import { blindIndexes, blindIndexVersion, newUserKey, normaliseEmail } from '../../src/keys/keys.js'

/** A master key as the configuration gives it. */
export const masterKey = (id: string) => ({ id, secret: randomBytes(32) })

/** Writes a person with an encrypted e-mail, as registering does. */
export async function person(origin: Origin, email: string): Promise<string> {
  const userId = randomUUID()
  await transaction(origin, (tx) => insertPerson(tx, userId, email))
  return userId
}

async function insertPerson(tx: Tx, userId: string, email: string): Promise<void> {
  const key = newUserKey(userId)
  const [emailIndex] = blindIndexes('users.email', normaliseEmail(email))
  await tx.user.create({
    data: {
      id: userId,
      username: `u${userId.slice(0, 8)}`,
      displayName: 'Somebody',
      email: key.seal({ table: 'users', column: 'email', rowId: userId }, email),
      emailIndex: emailIndex ?? null,
      emailIndexVersion: blindIndexVersion(),
      emailKeyId: key.id,
    },
  })
  await key.store(tx)
}
