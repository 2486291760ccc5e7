import type { ContentRow } from '../content/types.js'
import { jobName } from '../lib/jobs.js'

/** The scope of explore's listings that has every post and every creator in it; others are ids of subjects and tags. */
export const EVERYTHING = '00000000-0000-0000-0000-000000000000'

/** A word that posts are found by. */
export interface TagRow {
  readonly id: string
  readonly name: string
  /** Posts found under it by whoever is of the viewer's age. */
  readonly postCount: number
}

/** What is searched for. */
export interface SearchAsked {
  readonly text: string
}

/** A post that was found, and what for. */
export interface FoundEdge {
  readonly cursor: string
  readonly node: ContentRow
  readonly text: string
}

/** Looks again at the posts whose time has come. */
export const lookAheadJob = jobName<Record<string, never>>('discovery.look_ahead')

/** Works out how popular the posts of late are. */
export const scorePostsJob = jobName<Record<string, never>>('discovery.score_posts')

/** Works out how many follow each creator, and how fast they became more. */
export const rankCreatorsJob = jobName<Record<string, never>>('discovery.rank_creators')
