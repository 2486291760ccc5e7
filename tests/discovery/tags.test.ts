import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listTagsByUse } from '../../src/discovery/tag-queries.js'
import type { TagRow } from '../../src/discovery/types.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { World } from '../support/world.js'
import { readAll } from './pages.js'

const NOW = new Date('2026-11-25T12:00:00.000Z')

describe('tags', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
    // few counts, so that many tags share one
    await database.owner.query(
      `insert into tags (name, post_count, open_post_count) select 'tag' || to_char(n, 'fm000'), n % 5, (n % 5) / 2 from generate_series(1, 500) n`,
    )
    await database.owner.query(
      `insert into tags (name, post_count, open_post_count) values ('Übung', 3, 3), ('_x', 9, 9), ('100%', 9, 0)`,
    )
  })
  afterAll(() => database.drop())

  const read = (
    prefix: string | null,
    isAgeVerified: boolean,
    isBackward: boolean,
    between?: () => Promise<void>,
  ): Promise<TagRow[]> =>
    readAll<TagRow>(
      {
        parts: ['number', 'text'],
        read: (page) =>
          listTagsByUse(database.db, prefix, page, { viewerId: null, isAgeVerified, isGated: false, now: NOW }),
        keyOf: ({ name, postCount }) => [String(postCount), name],
      },
      7,
      isBackward,
      between,
    )

  const expected = (isAgeVerified: boolean): string[] =>
    Array.from({ length: 500 }, (_none, index) => index + 1)
      .map((n) => ({
        name: `tag${String(n).padStart(3, '0')}`,
        count: isAgeVerified ? n % 5 : Math.floor((n % 5) / 2),
      }))
      .filter(({ count }) => count > 0)
      .sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1))
      .map(({ name }) => name)

  it.each([true, false])(
    'are in order of use, then of name, each once, both ways; age proven: %s',
    async (isAgeVerified) => {
      for (const prefix of ['t', 'tag', 'TAG'.toLowerCase()])
        for (const isBackward of [false, true])
          expect((await read(prefix, isAgeVerified, isBackward)).map(({ name }) => name)).toEqual(
            expected(isAgeVerified),
          )
      const all = await read(null, isAgeVerified, false)
      expect(all.map(({ name }) => name).filter((name) => name.startsWith('tag'))).toEqual(expected(isAgeVerified))
      expect(await read(null, isAgeVerified, true)).toEqual(all)
    },
  )

  it('are each shown once while others come and go', async () => {
    const between = async (): Promise<void> => {
      await database.owner.query(`delete from tags where name like 'tagx%'`)
      await database.owner.query(
        `insert into tags (name, post_count, open_post_count) select 'tagx' || gen_random_uuid(), 3, 1 from generate_series(1, 3)`,
      )
    }
    for (const isBackward of [false, true]) {
      const names = (await read('tag', true, isBackward, between)).map(({ name }) => name)
      expect(names.filter((name) => !name.startsWith('tagx'))).toEqual(expected(true))
      expect(new Set(names).size).toBe(names.length)
      await database.owner.query(`delete from tags where name like 'tagx%'`)
    }
  })

  it('are found by what they begin with, to the letter', async () => {
    const found = async (prefix: string) => (await read(prefix, true, false)).map(({ name }) => name)
    expect(await found('ü')).toEqual(['Übung'])
    expect(await found('_')).toEqual(['_x'])
    expect(await found('100%')).toEqual(['100%'])
    expect(await found('%')).toEqual([])
    expect(await found('ag0')).toEqual([])
  })
})

describe('asking for tags', () => {
  let server: TestServer
  let world: World
  beforeAll(async () => {
    server = await startServer()
    world = makeWorld(server)
  })
  afterAll(() => server.close())

  it.each(['', '  ', '#', 'x'.repeat(41), 'a\u0007'])('refuses the prefix %j', async (prefix) => {
    const { errors } = await world
      .stranger()
      .request('query ($prefix: String) { tags(prefix: $prefix) { nodes { name } } }', { prefix })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'invalid_input' })
  })
})
