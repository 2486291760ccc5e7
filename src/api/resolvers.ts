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
import * as messages from '../messages/resolvers.js'
import { rules as messagesRules } from '../messages/rules.js'
import * as notifications from '../notifications/resolvers.js'
import { rules as notificationsRules } from '../notifications/rules.js'
import * as payments from '../payments/resolvers.js'
import { rules as paymentsRules } from '../payments/rules.js'
import * as purchases from '../purchases/resolvers.js'
import { rules as purchasesRules } from '../purchases/rules.js'
import * as subscriptions from '../subscriptions/resolvers.js'
import { rules as subscriptionsRules } from '../subscriptions/rules.js'
import * as disputes from '../disputes/resolvers.js'
import { rules as disputesRules } from '../disputes/rules.js'
import * as finance from '../finance/resolvers.js'
import { rules as financeRules } from '../finance/rules.js'
import * as earnings from '../earnings/resolvers.js'
import { rules as earningsRules } from '../earnings/rules.js'
import * as payouts from '../payouts/resolvers.js'
import { rules as payoutsRules } from '../payouts/rules.js'
import * as streams from '../streams/resolvers.js'
import { rules as streamsRules } from '../streams/rules.js'
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
  CommentVersion: comments.findCommentVersionNode,
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
  SubscriptionPreview: subscriptions.findPreviewNode,
  Promotion: subscriptions.findPromotionNode,
  Transaction: earnings.findTransactionNode,
  Refund: earnings.findRefundNode,
  Dispute: disputes.findDisputeNode,
  FinanceCase: finance.findCaseNode,
  Payout: payouts.findPayoutNode,
  PayoutAccount: payouts.findPayoutAccountNode,
  PayoutHold: payouts.findHoldNode,
  Tip: tips.findTipNode,
  Conversation: messages.findConversationNode,
  Message: messages.findMessageNode,
  MassMessage: messages.findMassMessageNode,
  FanList: messages.findFanListNode,
  LiveStream: streams.findStreamNode,
  StreamKey: streams.findStreamKeyNode,
  StreamChatLine: streams.findChatLineNode,
  StreamSanction: streams.findSanctionNode,
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
    ...messages.Query,
    ...streams.Query,
    ...disputes.Query,
    ...finance.Query,
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
    ...disputes.Mutation,
    ...finance.Mutation,
    ...payouts.Mutation,
    ...tips.Mutation,
    ...messages.Mutation,
    ...streams.Mutation,
    ...webhooks.Mutation,
  },
  Subscription: {
    ...accounts.Subscription,
    ...content.Subscription,
    ...notifications.Subscription,
    ...payments.Subscription,
    ...subscriptions.Subscription,
    ...streams.Subscription,
    ...messages.Subscription,
  },
  Money: { formatted: formatMoney },
  User: {
    ...accounts.User,
    ...social.User,
    ...content.User,
    ...discovery.User,
    ...subscriptions.User,
    ...streams.User,
  },
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
    ...messages.Viewer,
    ...streams.Viewer,
    ...webhooks.Viewer,
  },
  ViewerChange: accounts.ViewerChange,
  AgeVerification: accounts.AgeVerification,
  Content: { ...content.Content, ...comments.Content, ...streams.Content },
  UnlockedBody: content.UnlockedBody,
  LockedBody: { ...content.LockedBody, ...streams.LockedBody },
  ContentAuthorView: content.ContentAuthorView,
  ContentVersion: content.ContentVersion,
  AccessExplanation: content.AccessExplanation,
  EntitlementGrant: content.EntitlementGrant,
  Tag: discovery.Tag,
  SearchResults: discovery.SearchResults,
  FoundContentEdge: discovery.FoundContentEdge,
  Comment: comments.Comment,
  CommentVersion: comments.CommentVersion,
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
  Purchase: { ...purchases.Purchase, ...messages.Purchase },
  CreatorSubscription: subscriptions.CreatorSubscription,
  SubscriptionOffer: subscriptions.SubscriptionOffer,
  SubscriptionGift: subscriptions.SubscriptionGift,
  SubscriptionPreview: subscriptions.SubscriptionPreview,
  Promotion: subscriptions.Promotion,
  SubscriptionChange: subscriptions.SubscriptionChange,
  Transaction: { ...earnings.Transaction, ...disputes.Transaction },
  Refund: earnings.Refund,
  Earnings: { ...earnings.Earnings, ...disputes.Earnings, ...finance.Earnings },
  Income: earnings.Income,
  RevenueDay: earnings.RevenueDay,
  Dispute: disputes.Dispute,
  FinanceCase: finance.FinanceCase,
  DisputeFact: disputes.DisputeFact,
  Payout: payouts.Payout,
  PayoutAccount: payouts.PayoutAccount,
  PayoutHold: payouts.PayoutHold,
  Conversation: messages.Conversation,
  Message: messages.Message,
  MassMessage: messages.MassMessage,
  FanList: messages.FanList,
  MessageText: messages.MessageText,
  RevealedMessage: messages.RevealedMessage,
  LockedMessage: messages.LockedMessage,
  MessageEvent: messages.MessageEvent,
  TypingEvent: messages.TypingEvent,
  PresenceEvent: messages.PresenceEvent,
  Tip: tips.Tip,
  TipContext: tips.TipContext,
  LiveStream: streams.LiveStream,
  StreamKey: streams.StreamKey,
  StreamSanction: streams.StreamSanction,
  StreamViewerCount: streams.StreamViewerCount,
  StreamUpdate: streams.StreamUpdate,
  StreamChatLine: streams.StreamChatLine,
  StreamChatAuthor: streams.StreamChatAuthor,
  StreamChatEvent: streams.StreamChatEvent,
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
    ...messagesRules.Query,
    ...streamsRules.Query,
    ...disputesRules.Query,
    ...financeRules.Query,
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
    ...disputesRules.Mutation,
    ...financeRules.Mutation,
    ...payoutsRules.Mutation,
    ...tipsRules.Mutation,
    ...messagesRules.Mutation,
    ...streamsRules.Mutation,
    ...webhooksRules.Mutation,
  } satisfies Record<keyof MutationResolvers, Rule>,
  Subscription: {
    ...accountsRules.Subscription,
    ...contentRules.Subscription,
    ...notificationsRules.Subscription,
    ...paymentsRules.Subscription,
    ...subscriptionsRules.Subscription,
    ...streamsRules.Subscription,
    ...messagesRules.Subscription,
  } satisfies Record<keyof SubscriptionResolvers, Rule>,
  User: accountsRules.User,
}
