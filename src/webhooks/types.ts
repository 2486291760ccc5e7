import type { WebhookEventType } from '../generated/graphql.js'
import type { WebhookDeliveryState } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type { WebhookDeliveryState }

/** An address as its owner sees it. */
export interface EndpointRow {
  readonly id: string
  readonly ownerId: string
  readonly url: string
  /** Empty for everything. */
  readonly eventTypes: WebhookEventType[]
  readonly disabledAt: Date | null
  readonly disabledReason: string | null
  readonly createdAt: Date
}

/** A message as the owner of its address sees it. */
export interface DeliveryRow {
  readonly id: string
  readonly endpointId: string
  readonly type: string
  readonly state: WebhookDeliveryState
  readonly attemptCount: number
  readonly nextAttemptAt: Date | null
  readonly responseStatus: number | null
  readonly lastError: string | null
  readonly deliveredAt: Date | null
  readonly createdAt: Date
  readonly payload: unknown
}

/** A message's body, before it is text. */
export interface Message {
  readonly type: string
  /** When it happened, in ISO 8601. */
  readonly timestamp: string
  readonly data: MessageData
}

/** Opaque ids as the API gives them, and facts the creator may see. */
export type MessageData = Readonly<Record<string, string | number | boolean | null>>

/** A message about to be sent: who may send it is whoever's `attemptCount` it still has. */
export interface ClaimedDelivery {
  readonly id: string
  readonly endpointId: string
  readonly ownerId: string
  readonly url: string
  readonly secret: Uint8Array
  /** Null where there is none, or its time is over. */
  readonly previousSecret: Uint8Array | null
  readonly payload: unknown
  /** This try included. */
  readonly attemptCount: number
}

/** How a call went: an HTTP status, or null with the reason why no answer came. */
export interface CallOutcome {
  readonly status: number | null
  /** Null for success. */
  readonly error: string | null
}

/** Sends the messages that are due. One runs at a time, whatever the number of processes. */
export const SEND = jobName<Record<string, never>>('webhooks.send')

/** Has them sent, for whatever nobody else looked for. */
export const WAKE = jobName<Record<string, never>>('webhooks.wake')

/** Tells an owner that an address was disabled. */
export const MAIL_DISABLED = jobName<{ readonly endpointId: string }>('webhooks.mail_disabled')

/** Deletes messages that are 30 days old. */
export const CLEAN = jobName<Record<string, never>>('webhooks.clean')
