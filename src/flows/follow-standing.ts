import { commentsFollowStanding, forgetSaidOfErased, likesFollowStanding } from '../comments/comments.js'
import { contentFollowsStanding, forgetPostsOfErased } from '../content/content.js'
import { listingsFollowStanding } from '../discovery/discovery.js'
import type { Origin } from '../lib/db.js'
import { streamsFollowStanding } from '../streams/streams.js'
import { forgetMessagesOfErased } from '../messages/messages.js'
import { followsFollowStanding, forgetBondsOfErased } from '../social/social.js'

/**
 * Takes away what a deleted or banned person did, or brings it back with them, by how they stand when it runs; of an erased
 * person deletes what is only theirs. Each step commits in batches and agrees with the present standing whenever it ends, so
 * that it may run again, beside itself, or after a crash.
 */
export async function followStanding(origin: Origin, userId: string): Promise<void> {
  for (const step of STEPS) await step(origin, userId)
}

/** What follows a person's standing, each domain's part of it. */
const STEPS: readonly ((origin: Origin, userId: string) => Promise<void>)[] = [
  followsFollowStanding,
  contentFollowsStanding,
  streamsFollowStanding,
  listingsFollowStanding,
  likesFollowStanding,
  commentsFollowStanding,
  forgetBondsOfErased,
  forgetSaidOfErased,
  forgetPostsOfErased,
  forgetMessagesOfErased,
]
