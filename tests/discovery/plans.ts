import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Reading } from '../../src/content/content.js'
import { listCreators } from '../../src/discovery/creator-queries.js'
import { listExplored } from '../../src/discovery/explore-queries.js'
import type { Exploring } from '../../src/discovery/explore-queries.js'
import { listFeed } from '../../src/discovery/feed-queries.js'
import { searchPeople } from '../../src/discovery/people-queries.js'
import { searchPosts } from '../../src/discovery/search-queries.js'
import { listTagsByUse } from '../../src/discovery/tag-queries.js'
import type { Db } from '../../src/lib/db.js'
import type { PageRequest } from '../../src/lib/page.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead } from '../support/explain.js'
import type { Explained } from '../support/explain.js'
import { wrongListings } from './random-world.js'
import { fillScale, personId, TAGS } from './scale-world.js'
import type { Scale } from './scale-world.js'

const NOW = new Date('2027-01-01T00:00:00.000Z')
const LIMIT = 20

const pagesFrom = (cursor: readonly string[]): [string, PageRequest][] => [
  ['the first page', { limit: LIMIT, isBackward: false, cursor: null, filterHash: '' }],
  ['a page further on', { limit: LIMIT, isBackward: false, cursor, filterHash: '' }],
  ['a page backwards', { limit: LIMIT, isBackward: true, cursor, filterHash: '' }],
]

/** How the lists of discovery are read in a database of this size, whatever the parameters. */
export function testPlans(scale: Scale): void {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
    await fillScale(database, scale)
  }, 900_000)
  afterAll(() => database.drop())

  it('is asked of listings as the triggers would have made them', async () => {
    expect(await wrongListings(database)).toEqual([])
  })

  const [viewerId, cursorId] = [personId(scale.creators + 1), personId(7)]
  const readers: [string, Reading][] = [
    ['proven', { viewerId, isAgeVerified: true, isGated: false, now: NOW }],
    ['unproven', { viewerId, isAgeVerified: false, isGated: false, now: NOW }],
  ]
  const posts = ({ nodes }: Explained) => nodes.filter((node) => node['Relation Name'] === 'content')

  describe(`among ${scale.posts.toLocaleString('en')} posts, the feed of whoever follows 5,000`, () => {
    for (const [age, reading] of readers)
      it.each(pagesFrom(['2026-08-01T00:00:00.000Z', cursorId]))(
        `reads the newest of each, and what it shows: age ${age}, %s`,
        async (_page, page) => {
          const explained = await explainRead(database, (db) =>
            listFeed(db, page, reading, { withBody: true, comments: 3 }),
          )
          expect(explained.scanned).not.toContain('content')
          expect(posts(explained).length).toBeGreaterThan(1)
          for (const node of posts(explained)) {
            // of one creator, where it is read once for each
            expect(node['Actual Rows']).toBeLessThanOrEqual(LIMIT + 1)
            expect(node['Rows Removed by Filter'] ?? 0).toBe(0)
          }
          for (const node of explained.nodes.filter((node) => node['Node Type'] === 'Sort'))
            expect(node['Actual Rows']).toBeLessThanOrEqual(LIMIT + 1)
        },
      )
  })

  /** Nothing is read from end to end, nor sorted but what is shown, and no more read than that, of either kind. */
  const expectInOrder = ({ scanned, nodes }: Explained): void => {
    expect(scanned.filter((table) => !SMALL.has(table))).toEqual([])
    for (const node of nodes.filter((node) => !SMALL.has(node['Relation Name'] ?? ''))) {
      expect(node['Actual Rows'] ?? 0, node['Node Type']).toBeLessThanOrEqual(2 * (LIMIT + 1))
      expect(node['Rows Removed by Filter'] ?? 0, node['Node Type']).toBe(0)
    }
  }

  describe(`among ${scale.posts.toLocaleString('en')} posts, what is explored`, () => {
    const lists: [string, Partial<Exploring>][] = [
      ['everything', {}],
      ['films', { type: 'VIDEO' }],
      ['streams, of which there are none', { type: 'LIVE_STREAM' }],
      ['a subject', { category: 'photography' }],
      ['pictures of a subject', { category: 'photography', type: 'IMAGE' }],
      ['a tag of many', { tag: 'a00002' }],
      ['a tag of few', { tag: 'topic19999' }],
    ]
    for (const [age, reading] of readers)
      for (const sort of ['NEW', 'POPULAR'] as const)
        for (const [list, what] of lists)
          it(`is read in order, ${sort}, age ${age}: ${list}`, async () => {
            const exploring = { type: null, category: null, tag: null, sort, ...what }
            for (const [, page] of pagesFrom([sort === 'NEW' ? '2026-08-01T00:00:00.000Z' : '10000000', cursorId])) {
              const read = (db: Db) => listExplored(db, exploring, page, reading, { withBody: false, comments: null })
              expectInOrder(await explainRead(database, read))
            }
          })
  })

  describe(`among ${scale.creators.toLocaleString('en')} creators`, () => {
    for (const [age, reading] of readers)
      for (const sort of ['NEW', 'POPULAR', 'RISING'] as const)
        for (const category of [null, 'photography'])
          it(`a page is read in order, ${sort}, age ${age}, subject ${String(category)}`, async () => {
            for (const [, page] of pagesFrom([sort === 'NEW' ? '2026-08-01T00:00:00.000Z' : '100', cursorId]))
              expectInOrder(
                await explainRead(database, (db) => listCreators(db, { category, sort, text: null }, page, reading)),
              )
          })
  })

  describe(`among ${scale.posts.toLocaleString('en')} posts and ${scale.creators.toLocaleString('en')} people, a search`, () => {
    const texts = [
      'm',
      'ma',
      'maker',
      'maker_1f',
      'mkaer 77',
      'zzz',
      'post',
      'number 4711',
      '-post',
      '"the text of" -which',
      'a',
    ]
    for (const [age, reading] of readers)
      it.each(texts)(`costs no more than a few thousand rows, whatever is looked for: %j, age ${age}`, async (text) => {
        for (const [, page] of pagesFrom(['9', '2026-08-01T00:00:00.000Z', cursorId])) {
          const read = (db: Db) =>
            searchPosts(db, { text, type: null }, page, reading, { withBody: true, comments: null })
          expectBounded(await explainRead(database, read))
        }
        for (const [, page] of pagesFrom(['30000', cursorId]))
          expectBounded(await explainRead(database, (db) => searchPeople(db, text, page, reading)))
      })
  })

  /** However often the word is found: what is fetched for it is not more than the limits say. */
  const expectBounded = ({ scanned, nodes }: Explained): void => {
    expect(scanned.filter((table) => !SMALL.has(table))).toEqual([])
    for (const node of nodes.filter((node) => !/Bitmap Index Scan/.test(node['Node Type'])))
      expect((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0), node['Node Type']).toBeLessThanOrEqual(
        10_000,
      )
  }

  describe(`among ${TAGS.toLocaleString('en')} tags`, () => {
    for (const [age, reading] of readers) {
      it(`a page is read in order: age ${age}`, async () => {
        for (const [, page] of pagesFrom(['3', 'topic10001']))
          expectInOrder(await explainRead(database, (db) => listTagsByUse(db, null, page, reading)))
      })
      it.each(['a', 'topic0001'])(
        `those that begin with %s are found among so many at most: age ${age}`,
        async (prefix) => {
          for (const [, page] of pagesFrom(['3', 'a10001'])) {
            const { scanned, nodes } = await explainRead(database, (db) => listTagsByUse(db, prefix, page, reading))
            expect(scanned).toEqual([])
            for (const node of nodes) expect(node['Actual Rows'] ?? 0).toBeLessThanOrEqual(10_000)
          }
        },
      )
    }
  })
}

/** Tables of a few rows, which are read as they are. */
const SMALL = new Set([
  'comments',
  'categories',
  'mutes',
  'blocks',
  'likes',
  'saved_content',
  'entitlement_grants',
  'follows',
])
