import * as accounts from '../accounts/resolvers.js'
import { rules as accountsRules } from '../accounts/rules.js'
import * as comments from '../comments/resolvers.js'
import { rules as commentsRules } from '../comments/rules.js'
import * as content from '../content/resolvers.js'
import { rules as contentRules } from '../content/rules.js'
import * as discovery from '../discovery/resolvers.js'
import { rules as discoveryRules } from '../discovery/rules.js'
import type { MutationResolvers, QueryResolvers, SubscriptionResolvers } from '../generated/graphql.js'
import { formatMoney } from '../lib/money.js'
import { anyone } from '../lib/rules.js'
import * as media from '../media/resolvers.js'
import { rules as mediaRules } from '../media/rules.js'
import * as notifications from '../notifications/resolvers.js'
import { rules as notificationsRules } from '../notifications/rules.js'
import * as payments from '../payments/resolvers.js'
import { rules as paymentsRules } from '../payments/rules.js'
import * as purchases from '../purchases/resolvers.js'
import { rules as purchasesRules } from '../purchases/rules.js'
import * as subscriptions from '../subscriptions/resolvers.js'
import { rules as subscriptionsRules } from '../subscriptions/rules.js'
import * as earnings from '../earnings/resolvers.js'
import { rules as earningsRules } from '../earnings/rules.js'
import * as payouts from '../payouts/resolvers.js'
import { rules as payoutsRules } from '../payouts/rules.js'
import * as tips from '../tips/resolvers.js'
import { rules as tipsRules } from '../tips/rules.js'
import * as sessions from '../sessions/resolvers.js'
import { rules as sessionsRules } from '../sessions/rules.js'
import * as social from '../social/resolvers.js'
import { rules as socialRules } from '../social/rules.js'
import * as webhooks from '../webhooks/resolvers.js'
import { rules as webhooksRules } from '../webhooks/rules.js'
import type { Complete } from './complete.js'
import { nodeResolvers } from './node.js'
import type { Rule } from './permissions.js'
import { scalars } from './scalars.js'

const nodes = nodeResolvers({
  User: accounts.findUserNode,
  AgeVerification: accounts.findAgeVerificationNode,
  Block: social.findBlockNode,
  Mute: social.findMuteNode,
  Content: content.findContentNode,
  ContentVersion: content.findContentVersionNode,
  EntitlementGrant: content.findGrantNode,
  Tag: discovery.findTagNode,
  Comment: comments.findCommentNode,
  Session: sessions.findSessionNode,
  MediaAsset: media.findMediaNode,
  Notice: notifications.findNoticeNode,
  Announcement: notifications.findAnnouncementNode,
  Notification: notifications.findNotificationNode,
  Payment: payments.findPaymentNode,
  PaymentMethod: payments.findMethodNode,
  WebhookEvent: payments.findWebhookEventNode,
  Purchase: purchases.findPurchaseNode,
  CreatorSubscription: subscriptions.findSubscriptionNode,
  SubscriptionOffer: subscriptions.findOfferNode,
  Transaction: earnings.findTransactionNode,
  Refund: earnings.findRefundNode,
  Payout: payouts.findPayoutNode,
  PayoutAccount: payouts.findPayoutAccountNode,
  PayoutHold: payouts.findHoldNode,
  Tip: tips.findTipNode,
  WebhookEndpoint: webhooks.findEndpointNode,
  WebhookDelivery: webhooks.findDeliveryNode,
})

/** Every domain's resolvers. What is left out does not compile. */
export const resolvers = {
  ...scalars,
  Query: {
    ...nodes,
    ...accounts.Query,
    ...content.Query,
    ...discovery.Query,
    ...notifications.Query,
    ...payments.Query,
    ...payouts.Query,
    ...earnings.Query,
  },
  Mutation: {
    ...sessions.Mutation,
    ...accounts.Mutation,
    ...social.Mutation,
    ...media.Mutation,
    ...content.Mutation,
    ...comments.Mutation,
    ...discovery.Mutation,
    ...notifications.Mutation,
    ...payments.Mutation,
    ...purchases.Mutation,
    ...subscriptions.Mutation,
    ...earnings.Mutation,
    ...payouts.Mutation,
    ...tips.Mutation,
    ...webhooks.Mutation,
  },
  Subscription: {
    ...accounts.Subscription,
    ...notifications.Subscription,
    ...payments.Subscription,
    ...subscriptions.Subscription,
  },
  Money: { formatted: formatMoney },
  User: { ...accounts.User, ...social.User, ...content.User, ...discovery.User, ...subscriptions.User },
  UserStaffView: accounts.UserStaffView,
  Profile: { ...accounts.Profile, ...media.Profile },
  Viewer: {
    ...accounts.Viewer,
    ...sessions.Viewer,
    ...social.Viewer,
    ...media.Viewer,
    ...content.Viewer,
    ...comments.Viewer,
    ...notifications.Viewer,
    ...payments.Viewer,
    ...purchases.Viewer,
    ...subscriptions.Viewer,
    ...earnings.Viewer,
    ...payouts.Viewer,
    ...tips.Viewer,
    ...webhooks.Viewer,
  },
  ViewerChange: accounts.ViewerChange,
  AgeVerification: accounts.AgeVerification,
  Content: { ...content.Content, ...comments.Content },
  UnlockedBody: content.UnlockedBody,
  LockedBody: content.LockedBody,
  ContentAuthorView: content.ContentAuthorView,
  ContentVersion: content.ContentVersion,
  AccessExplanation: content.AccessExplanation,
  EntitlementGrant: content.EntitlementGrant,
  Tag: discovery.Tag,
  SearchResults: discovery.SearchResults,
  FoundContentEdge: discovery.FoundContentEdge,
  Comment: comments.Comment,
  Session: sessions.Session,
  Block: social.Block,
  Mute: social.Mute,
  MediaAsset: media.MediaAsset,
  MediaFile: media.MediaFile,
  MediaImage: media.MediaImage,
  Notice: notifications.Notice,
  Announcement: notifications.Announcement,
  Notification: notifications.Notification,
  NotificationSettings: notifications.NotificationSettings,
  Payment: payments.Payment,
  PaymentMethod: payments.PaymentMethod,
  PaymentChange: payments.PaymentChange,
  WebhookEvent: payments.WebhookEvent,
  Purchase: purchases.Purchase,
  CreatorSubscription: subscriptions.CreatorSubscription,
  SubscriptionOffer: subscriptions.SubscriptionOffer,
  SubscriptionChange: subscriptions.SubscriptionChange,
  Transaction: earnings.Transaction,
  Refund: earnings.Refund,
  Earnings: earnings.Earnings,
  RevenueDay: earnings.RevenueDay,
  Payout: payouts.Payout,
  PayoutAccount: payouts.PayoutAccount,
  PayoutHold: payouts.PayoutHold,
  Tip: tips.Tip,
  TipContext: tips.TipContext,
  WebhookEndpoint: webhooks.WebhookEndpoint,
  WebhookDelivery: webhooks.WebhookDelivery,
} satisfies Complete

/** Who may call what: a root field that no domain lists does not compile. */
export const rules = {
  Query: {
    node: anyone,
    nodes: anyone,
    ...accountsRules.Query,
    ...contentRules.Query,
    ...discoveryRules.Query,
    ...notificationsRules.Query,
    ...paymentsRules.Query,
    ...payoutsRules.Query,
    ...earningsRules.Query,
  } satisfies Record<keyof QueryResolvers, Rule>,
  Mutation: {
    ...sessionsRules.Mutation,
    ...accountsRules.Mutation,
    ...socialRules.Mutation,
    ...mediaRules.Mutation,
    ...contentRules.Mutation,
    ...commentsRules.Mutation,
    ...discoveryRules.Mutation,
    ...notificationsRules.Mutation,
    ...paymentsRules.Mutation,
    ...purchasesRules.Mutation,
    ...subscriptionsRules.Mutation,
    ...earningsRules.Mutation,
    ...payoutsRules.Mutation,
    ...tipsRules.Mutation,
    ...webhooksRules.Mutation,
  } satisfies Record<keyof MutationResolvers, Rule>,
  Subscription: {
    ...accountsRules.Subscription,
    ...notificationsRules.Subscription,
    ...paymentsRules.Subscription,
    ...subscriptionsRules.Subscription,
  } satisfies Record<keyof SubscriptionResolvers, Rule>,
  User: accountsRules.User,
}
