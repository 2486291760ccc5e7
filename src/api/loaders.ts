import { makeAccountsLoaders } from '../accounts/loaders.js'
import type { AccountsLoaders } from '../accounts/loaders.js'
import { makeCommentsLoaders } from '../comments/loaders.js'
import type { CommentsLoaders } from '../comments/loaders.js'
import { readingOf } from '../content/content.js'
import { makeContentLoaders } from '../content/loaders.js'
import type { ContentLoaders } from '../content/loaders.js'
import type { Db } from '../lib/db.js'
import { makeDiscoveryLoaders } from '../discovery/loaders.js'
import type { DiscoveryLoaders } from '../discovery/loaders.js'
import { makePaymentsLoaders } from '../payments/loaders.js'
import type { PaymentsLoaders } from '../payments/loaders.js'
import { makePurchasesLoaders } from '../purchases/loaders.js'
import type { PurchasesLoaders } from '../purchases/loaders.js'
import { makeSubscriptionsLoaders } from '../subscriptions/loaders.js'
import type { SubscriptionsLoaders } from '../subscriptions/loaders.js'
import { makeDisputesLoaders } from '../disputes/loaders.js'
import type { DisputesLoaders } from '../disputes/loaders.js'
import { makeEarningsLoaders } from '../earnings/loaders.js'
import type { EarningsLoaders } from '../earnings/loaders.js'
import { makeStreamsLoaders } from '../streams/loaders.js'
import type { StreamsLoaders } from '../streams/loaders.js'
import { makeTipsLoaders } from '../tips/loaders.js'
import type { TipsLoaders } from '../tips/loaders.js'
import { makeMediaLoaders } from '../media/loaders.js'
import type { MediaLoaders } from '../media/loaders.js'
import { makeMessagesLoaders } from '../messages/loaders.js'
import type { MessagesLoaders } from '../messages/loaders.js'
import { makeNotificationsLoaders } from '../notifications/loaders.js'
import type { NotificationsLoaders } from '../notifications/loaders.js'
import { makeSessionsLoaders } from '../sessions/loaders.js'
import type { SessionsLoaders } from '../sessions/loaders.js'
import { makeSocialLoaders } from '../social/loaders.js'
import type { SocialLoaders } from '../social/loaders.js'
import { makeWebhooksLoaders } from '../webhooks/loaders.js'
import type { WebhooksLoaders } from '../webhooks/loaders.js'

/** Every domain's loaders. */
export type Loaders = SessionsLoaders &
  AccountsLoaders &
  SocialLoaders &
  MediaLoaders &
  ContentLoaders &
  CommentsLoaders &
  DiscoveryLoaders &
  NotificationsLoaders &
  PaymentsLoaders &
  PurchasesLoaders &
  EarningsLoaders &
  DisputesLoaders &
  SubscriptionsLoaders &
  TipsLoaders &
  StreamsLoaders &
  WebhooksLoaders &
  MessagesLoaders

/** Made for one request or one event: nothing that was read for one person is ever shown to another. */
export const makeLoaders = (db: Db, asking: Parameters<typeof readingOf>[0]): Loaders =>
  // not by spreading, which takes fifteen times as long, on every request
  Object.assign(
    // in parts: of more than three sources the compiler no longer says what comes of them
    Object.assign(
      Object.assign(
        makeSessionsLoaders(db),
        makeAccountsLoaders(db),
        makeSocialLoaders(db, asking.viewer?.userId ?? null),
      ),
      Object.assign(
        makeMediaLoaders(db),
        makeContentLoaders(db, () => readingOf(asking)),
        makeCommentsLoaders(db, () => readingOf(asking)),
      ),
    ),
    Object.assign(
      makeDiscoveryLoaders(db, () => readingOf(asking)),
      makeNotificationsLoaders(db, asking.viewer?.userId ?? null, () => readingOf(asking)),
      makeWebhooksLoaders(db, asking.viewer?.userId ?? null),
    ),
    Object.assign(
      Object.assign(makePaymentsLoaders(db), makePurchasesLoaders(db), makeTipsLoaders(db)),
      makeSubscriptionsLoaders(db, asking.viewer?.userId ?? null),
      Object.assign(
        makeEarningsLoaders(db),
        makeDisputesLoaders(db),
        makeMessagesLoaders(db, readingOf(asking)),
        makeStreamsLoaders(db, asking.viewer?.userId ?? null, () => readingOf(asking)),
      ),
    ),
  )
