import { AppError } from './errors.js'

/** Types that `node` can find; the word is the GraphQL type's name. */
export type NodeType =
  | 'User'
  | 'Block'
  | 'Mute'
  | 'Session'
  | 'AgeVerification'
  | 'Notice'
  | 'MediaAsset'
  | 'Announcement'
  | 'Notification'
  | 'Content'
  | 'ContentVersion'
  | 'EntitlementGrant'
  | 'Tag'
  | 'Comment'
  | 'CommentVersion'
  | 'Payment'
  | 'PaymentMethod'
  | 'Tip'
  | 'Purchase'
  | 'Payout'
  | 'PayoutAccount'
  | 'PayoutHold'
  | 'Transaction'
  | 'Refund'
  | 'Dispute'
  | 'FinanceCase'
  | 'CreatorSubscription'
  | 'SubscriptionOffer'
  | 'SubscriptionPreview'
  | 'Promotion'
  | 'WebhookEvent'
  | 'Conversation'
  | 'FanList'
  | 'MassMessage'
  | 'Message'
  | 'LiveStream'
  | 'StreamKey'
  | 'StreamChatLine'
  | 'StreamSanction'
  | 'WebhookEndpoint'
  | 'WebhookDelivery'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Whether `text` is a UUID in the form the database prints. */
export const isUuid = (text: string): boolean => UUID.test(text)

/** The opaque id a client sees: base64url of the type's name and the row's UUID. */
export const globalId = (type: NodeType, uuid: string): string => Buffer.from(`${type}:${uuid}`).toString('base64url')

/** The type and UUID inside an opaque id, or null when it is not one of ours. */
export function parseGlobalId(id: string): { readonly type: string; readonly uuid: string } | null {
  const text = id.length <= 120 ? Buffer.from(id, 'base64url').toString('latin1') : ''
  const colon = text.indexOf(':')
  const type = text.slice(0, Math.max(colon, 0))
  const uuid = text.slice(colon + 1)
  // re-encoding refuses the many spellings that base64 decoders forgive
  if (!/^[A-Z][A-Za-z]*$/.test(type) || !isUuid(uuid)) return null
  return Buffer.from(text, 'latin1').toString('base64url') === id ? { type, uuid } : null
}

/**
 * The UUID inside an opaque id of the type `type`.
 * @throws NOT_FOUND node_not_found when it is another type's or no id at all: not visible and not existing look the same
 */
export function uuidOf(type: NodeType, id: string, path: readonly string[] = ['input', 'id']): string {
  const parsed = parseGlobalId(id)
  if (parsed?.type !== type) throw new AppError('NOT_FOUND', 'node_not_found', `No such ${type}.`, { path })
  return parsed.uuid
}
