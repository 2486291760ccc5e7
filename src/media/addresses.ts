import { z } from 'zod'
import { URL_LIFETIME_MS, URL_STEP_MS } from './limits.js'
import type { Sealer } from './sealing.js'
import { MEDIA_PATH } from './services.js'
import type { MediaServices } from './services.js'
import type { GateRef } from './types.js'

/** What an address says: which bytes, for whom, on what ground, and until when. */
export interface Address {
  readonly variantId: string
  /** Null: for a stranger. */
  readonly viewerId: string | null
  readonly gate: GateRef
  readonly expiresAtMs: number
}

/** When an address that is made now ends: soon, and together with those made in the same half minute. */
export const addressExpiry = (now: Date): Date =>
  new Date(Math.floor((now.getTime() + URL_LIFETIME_MS) / URL_STEP_MS) * URL_STEP_MS)

/** The address under which a file can be fetched for a few minutes, if what it stands on still stands then. */
export const addressOf = (
  { publicUrl, addresses }: Pick<MediaServices, 'publicUrl' | 'addresses'>,
  { variantId, viewerId, gate, expiresAtMs }: Address,
): string => {
  const token = addresses.seal(JSON.stringify([variantId, viewerId, expiresAtMs, ...partsOf(gate)]))
  return `${publicUrl}${MEDIA_PATH}/${token}`
}

function partsOf(gate: GateRef): (string | number | null)[] {
  switch (gate.kind) {
    case 'own':
      return ['own']
    case 'profile':
      return ['profile', gate.userId]
    case 'teaser':
      return ['teaser', gate.contentId]
    case 'content':
      return ['content', gate.contentId, gate.grant?.id ?? null, gate.grant?.version ?? null]
    case 'message':
      return ['message', gate.messageId, gate.grant?.id ?? null, gate.grant?.version ?? null]
    case 'message_teaser':
      return ['message_teaser', gate.messageId]
    case 'revealed_message':
      return ['revealed_message', gate.messageId]
  }
}

const Head = [z.string(), z.string().nullable(), z.number()] as const
const Parts = z.union([
  z.tuple([...Head, z.literal('own')]),
  z.tuple([...Head, z.literal('profile'), z.string()]),
  z.tuple([...Head, z.literal('teaser'), z.string()]),
  z.tuple([...Head, z.literal('content'), z.string(), z.string().nullable(), z.number().nullable()]),
  z.tuple([...Head, z.literal('message_teaser'), z.string()]),
  z.tuple([...Head, z.literal('revealed_message'), z.string()]),
  z.tuple([...Head, z.literal('message'), z.string(), z.string().nullable(), z.number().nullable()]),
])

/** What the token of an address says; null for one that was not made here, or by a version that said other things. */
export function openAddress(addresses: Sealer, token: string): Address | null {
  const text = addresses.open(token)
  const parsed = text === null ? null : Parts.safeParse(JSON.parse(text))
  if (!parsed?.success) return null
  const [variantId, viewerId, expiresAtMs, ...gate] = parsed.data
  return { variantId, viewerId, expiresAtMs, gate: toGate(gate) }
}

function toGate(
  parts: z.output<typeof Parts> extends [string, string | null, number, ...infer Gate] ? Gate : never,
): GateRef {
  switch (parts[0]) {
    case 'own':
      return { kind: 'own' }
    case 'profile':
      return { kind: 'profile', userId: parts[1] }
    case 'teaser':
      return { kind: 'teaser', contentId: parts[1] }
    case 'content': {
      const [, contentId, id, version] = parts
      return { kind: 'content', contentId, grant: id === null || version === null ? null : { id, version } }
    }
    case 'message_teaser':
      return { kind: 'message_teaser', messageId: parts[1] }
    case 'revealed_message':
      return { kind: 'revealed_message', messageId: parts[1] }
    case 'message': {
      const [, messageId, id, version] = parts
      return { kind: 'message', messageId, grant: id === null || version === null ? null : { id, version } }
    }
  }
}
