import type { Person } from '../support/world.js'

const FOLLOW = `mutation ($input: FollowUserInput!) { followUser(input: $input) { userErrors { code } } }`

/** One follows another. */
export const follow = (follower: Person, { id }: Person): Promise<unknown> =>
  follower.do(FOLLOW, { input: { userId: id } })

export const NOTIFICATION = `id type title text actorCount sequence createdAt isRead actors { username } subject { __typename ... on User { username } ... on Content { id } }`

const LIST = `query ($first: Int, $after: String, $last: Int, $before: String, $unreadOnly: Boolean, $types: [NotificationType!]) {
  notifications(first: $first, after: $after, last: $last, before: $before, unreadOnly: $unreadOnly, types: $types) {
    nodes { ${NOTIFICATION} }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
  viewer { unreadNotificationCount notificationsReadUpTo }
}`

/** A notification as a client gets it. */
export interface Shown {
  readonly id: string
  readonly type: string
  readonly title: string
  readonly text: string
  readonly actorCount: number
  readonly sequence: string
  readonly createdAt: string
  readonly isRead: boolean
  readonly actors: readonly { readonly username: string }[]
  readonly subject: { readonly __typename: string; readonly username?: string; readonly id?: string } | null
}

interface List {
  readonly nodes: Shown[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
  readonly unread: number
  readonly readUpTo: string
}

/** What somebody's list has, and their numbers. */
export async function inboxOf(person: Person, variables: Record<string, unknown> = {}): Promise<List> {
  const { notifications, viewer } = await person.do(LIST, variables)
  return { ...notifications, unread: viewer.unreadNotificationCount, readUpTo: viewer.notificationsReadUpTo } as List
}

/** The texts of somebody's list. */
export const textsOf = async (person: Person, variables?: Record<string, unknown>): Promise<string[]> =>
  (await inboxOf(person, variables)).nodes.map(({ text }) => text)

const MARK = `mutation ($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) {
  viewer { unreadNotificationCount notificationsReadUpTo } userErrors { code path }
} }`

/** Marks as read up to a sequence; answers what is unread, or the user errors. */
export const markRead = async (person: Person, upTo: string): Promise<any> =>
  (await person.request(MARK, { input: { upTo } })).data?.['markNotificationsRead']
