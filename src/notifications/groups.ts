/** Keys of what joins in one notification, by what they are about. */
export const groups = {
  followers: 'followers',
  likes: (id: string): string => `likes:${id}`,
  comments: (contentId: string): string => `comments:${contentId}`,
  answers: (commentId: string): string => `answers:${commentId}`,
  post: (contentId: string): string => `content:${contentId}`,
} as const

/** Whether comments of this group are answers to one of the reader's. */
export const isAnswers = (groupKey: string | null): boolean => groupKey?.startsWith('answers:') === true
