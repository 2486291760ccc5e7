import type { TipState } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type { TipState }

/** A row of `tips`. Who gave an anonymous one is for them and for staff alone. */
export interface TipRow {
  readonly id: string
  readonly senderId: string
  readonly recipientId: string
  readonly amountMinor: bigint
  readonly currency: string
  readonly message: string | null
  readonly isAnonymous: boolean
  readonly contentId: string | null
  readonly messageId: string | null
  readonly streamId: string | null
  readonly titleSnapshot: string | null
  readonly state: TipState
  readonly paymentIntentId: string | null
  readonly paidAt: Date | null
  readonly shownAt: Date | null
  readonly createdAt: Date
}

/** What a tip was given for. */
export interface TipContextRow {
  readonly kind: 'CONTENT' | 'MESSAGE' | 'STREAM'
  readonly uuid: string
  readonly title: string | null
}

/** The stream of what a creator is given. */
export const tipsTo = (creatorId: string): string => `tips:${creatorId}`

/** A creator was given something and may see it by now; payload: tipId, creatorId. Who gave it is not said. */
export const TIP_RECEIVED = 'tip.received'

/** Tells a creator of an anonymous tip, once it may be seen. */
export const showTipJob = jobName<{ readonly tipId: string }>('tips.show')
