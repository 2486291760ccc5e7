import { expect, it } from 'vitest'
import { canSee, yearsSince } from '../../src/accounts/profile-view.js'
import type { FieldAudience, Relation } from '../../src/accounts/types.js'

const nobody: Relation = { isSelf: false, isStaff: false, follows: false, subscribes: false }
const ALL: FieldAudience[] = ['PUBLIC', 'FOLLOWERS', 'SUBSCRIBERS', 'SELF', 'STAFF']

it.each<[string, Partial<Relation>, FieldAudience[]]>([
  ['a stranger', {}, ['PUBLIC']],
  ['a follower', { follows: true }, ['PUBLIC', 'FOLLOWERS']],
  ['a subscriber', { subscribes: true }, ['PUBLIC', 'FOLLOWERS', 'SUBSCRIBERS']],
  ['staff', { isStaff: true }, ['PUBLIC', 'STAFF']],
  ['the person', { isSelf: true }, ALL],
])('shows %s what is for them', (_who, relation, seen) => {
  expect(ALL.filter((audience) => canSee({ ...nobody, ...relation }, audience))).toEqual(seen)
})

it.each([
  ['2000-03-01', '2018-02-28T23:59:59Z', 17],
  ['2000-03-01', '2018-03-01T00:00:00Z', 18],
  ['2004-02-29', '2022-02-28T12:00:00Z', 17],
  ['2004-02-29', '2022-03-01T00:00:00Z', 18],
  ['2000-12-31', '2018-12-31T00:00:00Z', 18],
])('counts whole years from %s to %s', (birthDate, now, years) => {
  expect(yearsSince(birthDate, new Date(now))).toBe(years)
})
