/** Keys of what joins in one notification, by what they are about. */
export const groups = {
  followers: 'followers',
  subscribers: 'subscribers',
  tips: 'tips',
  // apart from the others: who stays unnamed is not counted among those who do not
  unnamedTips: 'tips:unnamed',
  sales: (id: string): string => `sales:${id}`,
  gift: (subscriptionId: string): string => `gift:${subscriptionId}`,
  renewal: (subscriptionId: string): string => `renewal:${subscriptionId}`,
  renewalAhead: (subscriptionId: string): string => `renewal_ahead:${subscriptionId}`,
  failedPayment: (paymentId: string): string => `payment_failed:${paymentId}`,
  refund: (refundId: string): string => `refund:${refundId}`,
  refundFailed: (refundId: string): string => `refund_failed:${refundId}`,
  dispute: (disputeId: string, state: 'OPEN' | 'WON' | 'LOST'): string => `dispute_${state.toLowerCase()}:${disputeId}`,
  payout: (payoutId: string, state: 'PAID' | 'FAILED' | 'CANCELLED'): string =>
    `payout_${state.toLowerCase()}:${payoutId}`,
  likes: (id: string): string => `likes:${id}`,
  comments: (contentId: string): string => `comments:${contentId}`,
  answers: (commentId: string): string => `answers:${commentId}`,
  stream: (contentId: string): string => `stream:${contentId}`,
  messages: (conversationId: string): string => `messages:${conversationId}`,
  post: (contentId: string): string => `content:${contentId}`,
} as const

/** What a payment's group is about. */
export const topicOf = (groupKey: string | null): string => groupKey?.split(':')[0] ?? ''

/** Whether comments of this group are answers to one of the reader's. */
export const isAnswers = (groupKey: string | null): boolean => groupKey?.startsWith('answers:') === true
