import type { TestServer } from '../support/server.js'
import type { Person } from '../support/world.js'
import { mutate, query } from '../accounts/calls.js'

type Asker = Pick<Person, 'request'>
type Target = Pick<Person, 'id'>

/** The codes of the user errors, or the reason of a top-level one; empty when it was done. */
const outcome = async (call: Promise<{ codes: string[]; reason: unknown }>): Promise<unknown[]> => {
  const { codes, reason } = await call
  return reason === null ? codes : [reason]
}

export const follow = (by: Asker, { id }: Target) => outcome(mutate(by, 'followUser', { userId: id }))
export const unfollow = (by: Asker, { id }: Target) => outcome(mutate(by, 'unfollowUser', { userId: id }))
export const block = (by: Asker, { id }: Target) => outcome(mutate(by, 'blockUser', { userId: id }))
export const unblock = (by: Asker, { id }: Target) => outcome(mutate(by, 'unblockUser', { userId: id }))
export const mute = (by: Asker, { id }: Target, more: Record<string, unknown> = {}) =>
  outcome(mutate(by, 'muteUser', { userId: id, ...more }))
export const unmute = (by: Asker, { id }: Target) => outcome(mutate(by, 'unmuteUser', { userId: id }))

/** A person's page as somebody sees it; null when they do not. */
export const pageOf = async (viewer: Asker, { username }: Pick<Person, 'username'>, selection = 'username') =>
  (await query(viewer, `user(username: $u) { ${selection} }`, { u: username }, '($u: String!)')).user

/** A person as `node` shows them; null when it does not. */
export const nodeOf = async (viewer: Asker, { id }: Target, selection = 'username') =>
  (await query(viewer, `node(id: $id) { ... on User { ${selection} } }`, { id }, '($id: ID!)')).node

export const COUNTS = 'followerCount followingCount'

/** People whose counts differ from what their rows say; nobody in a sound database. */
export async function wrongCounts({ database }: Pick<TestServer, 'database'>): Promise<unknown[]> {
  const { rows } = await database.owner.query<Record<string, unknown>>(
    `with counted as (
       select u.id,
         (select count(*)::int from follows f where f.following_id = u.id and f.unfollowed_at is null and f.withdrawn_at is null) as followers,
         (select count(*)::int from follows f where f.follower_id = u.id and f.unfollowed_at is null and f.withdrawn_at is null) as following
       from users u
     )
     select counted.*, c.follower_count, c.following_count from counted left join user_counters c on c.user_id = counted.id
     where coalesce(c.follower_count, 0) <> followers or coalesce(c.following_count, 0) <> following`,
  )
  return rows
}

/** Followings that last between two of whom one blocks the other; none in a sound database. */
export async function followsAcrossBlocks({ database }: Pick<TestServer, 'database'>): Promise<unknown[]> {
  const { rows } = await database.owner.query<Record<string, unknown>>(
    `select f.* from follows f join blocks b
       on (b.blocker_id, b.blocked_id) in ((f.follower_id, f.following_id), (f.following_id, f.follower_id))
     where f.unfollowed_at is null`,
  )
  return rows
}
