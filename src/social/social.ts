/** The front door: who follows, blocks and mutes whom. */
export { follows, isBlockedEitherWay, mutes, notBlocked } from './bond-queries.js'
