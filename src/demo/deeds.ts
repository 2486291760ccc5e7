import { DAY_MS, addMs } from '../lib/clock.js'
import { currencyDigits } from '../lib/money.js'
import type { Money } from '../lib/money.js'
import type { OfferOrder } from '../subscriptions/offering.js'
import type { SubscriptionType } from '../subscriptions/types.js'
import type { SeenPost } from './posts.js'
import type { DemoCreator, DemoPerson } from './world.js'

/** Somebody who publishes. */
export type Creator = DemoPerson & { readonly creator: DemoCreator }

/** What every deed has that somebody pays for. */
export interface Paying {
  /** Theirs among all: keys and later deeds name it. */
  readonly name: string
  readonly fan: DemoPerson
  readonly useWallet?: boolean
}

/** Something that somebody does with money. */
type MoneyDeed =
  | { readonly kind: 'OFFER'; readonly creator: Creator; readonly order: OfferOrder }
  | { readonly kind: 'SAVE_CARD'; readonly fan: DemoPerson; readonly token: string }
  /** Their bank refuses it from now on. */
  | { readonly kind: 'CARD_BREAKS'; readonly fan: DemoPerson; readonly code: string }
  | { readonly kind: 'TOP_UP'; readonly name: string; readonly fan: DemoPerson; readonly amount: Money }
  | (Paying & { readonly kind: 'SUBSCRIBE'; readonly creator: Creator; readonly type: SubscriptionType })
  | { readonly kind: 'CANCEL'; readonly fan: DemoPerson; readonly creator: Creator; readonly reason: string }
  | (Paying & {
      readonly kind: 'TIP'
      readonly creator: Creator
      readonly amount: Money
      readonly message: string | null
      readonly isAnonymous: boolean
    })
  | (Paying & { readonly kind: 'BUY'; readonly post: SeenPost })
  /** All that is left where there is no amount. */
  | {
      readonly kind: 'REFUND'
      readonly of: string
      readonly creator: Creator
      readonly amountMinor: bigint | null
      readonly reason: string
    }
  | { readonly kind: 'DISPUTE'; readonly of: string; readonly reason: string }
  | { readonly kind: 'PAYOUT_ACCOUNT'; readonly creator: Creator }
  /** Of all that is available; where it is so much that it takes a second person, that one agrees. */
  | { readonly kind: 'PAYOUT'; readonly name: string; readonly creator: Creator; readonly admin: DemoPerson }

/** A file that comes with a message, by its name among the world's, and whether it is seen before paying. */
export interface LetterFile {
  readonly name: string
  readonly isTeaser: boolean
}

/** Something that somebody does in a conversation; messages have names, by which later deeds speak of them. Who writes has read. */
type LetterDeed =
  | {
      readonly kind: 'WRITE'
      readonly name: string
      readonly from: DemoPerson
      readonly to: DemoPerson
      readonly body: string
      /** The message that it answers. */
      readonly answers: string | null
      readonly priceMinor: bigint | null
      readonly teaser: string | null
      readonly files: readonly LetterFile[]
    }
  | { readonly kind: 'PIN'; readonly keeper: DemoPerson; readonly of: string }
  | { readonly kind: 'ARCHIVE'; readonly keeper: DemoPerson; readonly of: string }
  | (Paying & { readonly kind: 'BUY_MESSAGE'; readonly message: string })
  | { readonly kind: 'WRITE_TO_MANY'; readonly name: string; readonly creator: Creator; readonly body: string }

/** Somebody at a stream, from when to when. */
export interface Visit {
  readonly id: string
  readonly userId: string
  readonly joinedAt: Date
  readonly until: Date
}

/** Something that somebody does about a stream; streams have names, by which later deeds speak of them. */
type StreamDeed =
  | {
      readonly kind: 'ANNOUNCE'
      readonly name: string
      readonly creator: Creator
      readonly title: string
      readonly teaser: string
      readonly startsAt: Date
      readonly plannedMinutes: number
      readonly priceMinor: bigint | null
    }
  | { readonly kind: 'GO_LIVE'; readonly creator: Creator; readonly stream: string }
  | { readonly kind: 'END_STREAM'; readonly creator: Creator; readonly stream: string }
  | { readonly kind: 'WATCH'; readonly stream: string; readonly visits: readonly Visit[] }
  | {
      readonly kind: 'SAY'
      readonly name: string
      readonly stream: string
      readonly person: DemoPerson
      readonly text: string
    }

/** Something that somebody does in the past of the world; who plays it calls the verb behind the mutation. */
export type Deed = { readonly at: Date } & (MoneyDeed | LetterDeed | StreamDeed)

export type DeedOf<Kind extends Deed['kind']> = Extract<Deed, { kind: Kind }>

/** So many days before today, in whole milliseconds. */
export const daysAgo = (today: Date, days: number): Date => addMs(today, -Math.floor(days * DAY_MS))

/** So many of a currency's own units as buy about as much as `units` euros. */
export function toAmount(units: number, currency: string): Money {
  const digits = currencyDigits(currency)
  const worth = digits === 0 ? 100 : currency === 'SEK' ? 10 : 1
  return { amountMinor: BigInt(units * worth) * 10n ** BigInt(digits), currency }
}
