import type { Reading } from '../content/content.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { mutes } from '../social/social.js'

/** The rows of several queries. */
export const together = ([first, ...others]: readonly Fragment[]): Fragment =>
  others.reduce((all, other) => fragment`${all} union all ${other}`, first ?? fragment`select where false`)

/** A cursor of a number and an id. */
export const numberAndId = ([number = '', id = '']: readonly string[]): Fragment =>
  fragment`${number}::bigint, ${id}::uuid`

/** True where the viewer does not mute whoever the column names; always for a stranger. */
export const notMuted = ({ viewerId, now }: Reading, column: Fragment): Fragment =>
  viewerId === null ? fragment`true` : fragment`not ${mutes(viewerId, column, now)}`
