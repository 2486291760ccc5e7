import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Reading } from '../../src/content/content.js'
import { listFeed } from '../../src/discovery/feed-queries.js'
import type { PageRequest } from '../../src/lib/page.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead } from '../support/explain.js'
import type { Explained } from '../support/explain.js'
import { fillScale, personId } from './scale-world.js'
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
  }, 600_000)
  afterAll(() => database.drop())

  const posts = ({ nodes }: Explained) => nodes.filter((node) => node['Relation Name'] === 'content')

  describe(`among ${scale.posts.toLocaleString('en')} posts, the feed of whoever follows 5,000`, () => {
    const readers: [string, Reading][] = [
      ['proven', { viewerId: personId(scale.creators + 1), isAgeVerified: true, isGated: false, now: NOW }],
      ['unproven', { viewerId: personId(scale.creators + 1), isAgeVerified: false, isGated: false, now: NOW }],
    ]
    for (const [age, reading] of readers)
      it.each(pagesFrom(['2026-08-01T00:00:00.000Z', personId(7)]))(
        `reads the newest of each, and what it shows: age ${age}, %s`,
        async (_page, page) => {
          const explained = await explainRead(database, (db) => listFeed(db, page, reading, { withBody: true }))
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
}
