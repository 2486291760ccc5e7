/** The front door: the listings that people look around in. */
export { setCreatorCategories } from './creators.js'
export { listingsFollowStanding, rankAllCreators, scoreRecentPosts } from './ranking.js'
