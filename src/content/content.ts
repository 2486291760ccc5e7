/** The front door: posts, who may open them, and the pieces of SQL that lists of them share. */
export { resolveAccess } from './access.js'
export { noSuchContent } from './authoring.js'
export { contentGates } from './gates.js'
export { contentFollowsStanding } from './publishing.js'
export { contentColumns, contentJoins, listed, parted, toContentRow } from './queries.js'
export type { FlatContentRow, Reading, Wanted } from './queries.js'
export { accessTo, findVisibleContent, primed, readingOf, wantedOf } from './reading.js'
export type { ContentAsking } from './reading.js'
