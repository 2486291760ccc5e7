/** The front door: posts, who may open them, and the pieces of SQL that lists of them share. */
export { resolveAccess } from './access.js'
export { contentColumns, contentJoins, listed, toContentRow } from './queries.js'
export { accessTo, findVisibleContent, readingOf } from './reading.js'
