import { createHmac, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
const SECRET_BYTES = 24

/** A signing secret as the specification writes it. */
export const newSecret = (): string => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`

/** The secrets before the current one, which are kept as one text. */
export const secretsIn = (text: string): string[] => text.split(' ').filter((secret) => secret !== '')

/** Where an address's secrets stand, but for the column. */
export const secretPlace = ({ id, ownerId }: { readonly id: string; readonly ownerId: string }) =>
  ({ userId: ownerId, table: 'webhook_endpoints', rowId: id }) as const

/** What is signed of one try. */
export interface Signed {
  readonly id: string
  readonly at: Date
  readonly body: string
}

/**
 * The headers of a message, with a signature per secret, by version 1.0.0 of the Standard Webhooks specification
 * (standardwebhooks.com).
 */
export function signedHeaders({ id, at, body }: Signed, secrets: readonly string[]): Record<string, string> {
  const seconds = String(Math.floor(at.getTime() / 1_000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') }
}
