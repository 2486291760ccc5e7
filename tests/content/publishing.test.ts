import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { draft, postMutation, prove, provenCreator, publish, read, refusals } from './posts.js'

let server: TestServer
let world: World
let creator: Person
let fan: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
})
afterAll(() => server.close())

const versionOf = (post: Record<string, any>): number => post['authorView'].version as number

describe('a draft', () => {
  it('is seen by its creator alone, with all that was said', async () => {
    const post = await draft(creator, {
      tags: ['#Night', 'night', 'stars'],
      categories: ['photography'],
      warnings: ['flashing lights'],
      visibility: 'FOLLOWERS',
    })
    expect(post).toMatchObject({
      type: 'TEXT',
      state: 'DRAFT',
      title: 'A title',
      tags: ['night', 'stars'],
      categories: [{ slug: 'photography' }],
      warnings: ['flashing lights'],
      visibility: 'FOLLOWERS',
      publishedAt: null,
      body: { __typename: 'UnlockedBody', text: 'A body' },
      viewerAccess: { isOpen: true, rule: 'OWNER' },
      authorView: { version: 1 },
    })
    expect(await read(fan, post['id'])).toBeNull()
    expect(await read(world.stranger(), post['id'])).toBeNull()
  })

  it('is made once under one key', async () => {
    const input = { type: 'TEXT', body: 'Once', idempotencyKey: 'once' }
    const [one, other] = await Promise.all([1, 2].map(() => creator.do(postMutation('createContent'), { input })))
    expect(one?.['createContent'].content.id).toBe(other?.['createContent'].content.id)
    expect(await refusals(creator, 'createContent', { ...input, body: 'Twice' })).toMatchObject([
      { code: 'IDEMPOTENCY_MISMATCH' },
    ])
  })

  it.each([
    ['INVALID_INPUT', { title: 'x'.repeat(201) }],
    ['INVALID_INPUT', { teaser: 'x'.repeat(1_001) }],
    ['INVALID_INPUT', { body: 'x'.repeat(20_001) }],
    ['INVALID_INPUT', { tags: ['two words'] }],
    // twice as long once it is small
    ['INVALID_INPUT', { tags: ['\u0130'.repeat(26)] }],
    ['INVALID_INPUT', { tags: Array.from({ length: 21 }, (_, index) => `tag${String(index)}`) }],
    ['INVALID_INPUT', { language: 'not a language' }],
    ['CATEGORY_UNKNOWN', { categories: ['no-such'] }],
    ['PRICE_OUT_OF_RANGE', { priceMinor: '0' }],
    ['PRICE_OUT_OF_RANGE', { priceMinor: '-500' }],
    ['PRICE_OUT_OF_RANGE', { priceMinor: '9223372036854775807' }],
    ['PRICE_REQUIRED', { includedInSubscription: true }],
    ['CONTENT_TYPE_INVALID', { type: 'LIVE_STREAM' }],
    ['INVALID_INPUT', { categories: ['adult'] }],
  ])('is refused with %s for %j, and nothing is kept', async (code, input) => {
    const count = () => server.database.owner.query<{ n: string }>('select count(*) as n from content')
    const before = (await count()).rows
    expect(await refusals(creator, 'createContent', { type: 'TEXT', body: 'A body', ...input })).toMatchObject([
      { code },
    ])
    expect((await count()).rows).toEqual(before)
  })

  it('asks for a proven age of whoever wants to earn or show what is for adults', async () => {
    const unproven = await world.creator()
    for (const input of [{ priceMinor: '500' }, { visibility: 'SUBSCRIBERS' }, { isAgeRestricted: true }])
      expect(await refusals(unproven, 'createContent', { type: 'TEXT', body: 'x', ...input })).toMatchObject([
        { code: 'AGE_VERIFICATION_REQUIRED' },
      ])
  })
})

describe('a published post', () => {
  it('is seen by everybody at once, and again after it was taken back', async () => {
    const post = await publish(creator)
    expect(post).toMatchObject({ state: 'PUBLISHED', authorView: { version: 2 } })
    expect(await read(fan, post['id'])).toMatchObject({ body: { text: 'A body' }, authorView: null })
    await creator.do(postMutation('publishContent'), { input: { contentId: post['id'] } })
    await creator.do(postMutation('unpublishContent'), { input: { contentId: post['id'] } })
    expect(await read(fan, post['id'])).toBeNull()
    expect(await read(creator, post['id'])).toMatchObject({ state: 'UNPUBLISHED' })
    const { publishContent } = await creator.do(postMutation('publishContent'), { input: { contentId: post['id'] } })
    expect(publishContent.content.publishedAt).toBe(post['publishedAt'])
    const { rows } = await server.database.owner.query<{ type: string }>(
      `select type from outbox_events where payload->>'creatorId' = $1 and stream like 'content:%' order by id desc limit 3`,
      [creator.uuid],
    )
    expect(rows.map(({ type }) => type)).toEqual(['content.changed', 'content.unpublished', 'content.published'])
  })

  it('is not there by an id of something else, nor by what is no id', async () => {
    const { id } = await publish(creator)
    for (const wrong of [globalId('Content', randomUUID()), creator.id, `${String(id)}A`, 'x', ''])
      expect(await read(creator, wrong), wrong).toBeNull()
  })

  it('keeps how it was before each change, and refuses a change of what was not seen', async () => {
    const post = await publish(creator, { title: 'First' })
    const change = { contentId: post['id'], expectedVersion: versionOf(post), title: 'Second' }
    const { updateContent } = await creator.do(postMutation('updateContent'), { input: change })
    expect(updateContent.content).toMatchObject({
      title: 'Second',
      body: { text: 'A body' },
      authorView: { version: 3 },
    })
    expect(await refusals(creator, 'updateContent', { ...change, title: 'Third' })).toMatchObject([
      { code: 'VERSION_CONFLICT', currentVersion: 3 },
    ])
    const { content } = await creator.do(
      `query ($id: ID!) { content(id: $id) { editedAt authorView { versions { nodes { version title text } } } } }`,
      { id: post['id'] },
    )
    expect(content.editedAt).not.toBeNull()
    expect(content.authorView.versions.nodes).toEqual([
      { version: 2, title: 'First', text: 'A body' },
      { version: 1, title: 'First', text: 'A body' },
    ])
  })

  it('has another version when its tags, subjects or files change, and none when they stay', async () => {
    const post = await publish(creator, { tags: ['sea', 'night'], categories: ['photography'] })
    const stale = { contentId: post['id'], expectedVersion: versionOf(post) }
    const update = async (change: object): Promise<number> => {
      const expectedVersion = versionOf((await read(creator, post['id']))!)
      const { updateContent } = await creator.do(postMutation('updateContent'), {
        input: { contentId: post['id'], expectedVersion, ...change },
      })
      return versionOf(updateContent.content)
    }
    expect(await update({ tags: ['night', '#sea'], categories: ['photography'], media: [] })).toBe(versionOf(post))
    expect(await update({ tags: ['day'] })).toBe(versionOf(post) + 1)
    expect(await update({ categories: [] })).toBe(versionOf(post) + 2)
    expect(await refusals(creator, 'updateContent', { ...stale, tags: ['dawn'] })).toMatchObject([
      { code: 'VERSION_CONFLICT' },
    ])
    const { content } = await creator.do(
      `query ($id: ID!) { content(id: $id) { authorView { versions(first: 2) { nodes { tags } } } } }`,
      { id: post['id'] },
    )
    expect(content.authorView.versions.nodes).toEqual([{ tags: ['day'] }, { tags: ['night', 'sea'] }])
    const { rows } = await server.database.owner.query<{ was: unknown }>(
      `select snapshot->'categories' as was from content_versions where content_version = $1
       and content_id = (select id from content order by created_at desc limit 1)`,
      [versionOf(post) + 1],
    )
    expect(rows).toEqual([{ was: ['photography'] }])
  })

  it('has another version when other files are in it, or others of them are for everybody', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(async () => uploadMedia(server, creator, await makePicture(), { purpose: 'CONTENT' })),
    )
    const post = await publish(creator, { type: 'IMAGE', media: [{ mediaId: one! }] })
    const first = versionOf(post)
    const put = async (expectedVersion: number, media: object[]): Promise<number> => {
      const input = { contentId: post['id'], expectedVersion, media }
      return versionOf((await creator.do(postMutation('updateContent'), { input }))['updateContent'].content)
    }
    const whole = [{ mediaId: one }, { mediaId: two }]
    const withTeaser = [{ mediaId: one, isTeaser: true }, { mediaId: two }]
    expect(await put(first, [{ mediaId: one }])).toBe(first)
    expect(await put(first, whole)).toBe(first + 1)
    expect(await put(first + 1, withTeaser)).toBe(first + 2)
    const stale = { contentId: post['id'], expectedVersion: first + 1, media: whole }
    expect(await refusals(creator, 'updateContent', stale)).toMatchObject([{ code: 'VERSION_CONFLICT' }])
    expect(await put(first + 2, [...withTeaser].reverse())).toBe(first + 3)
  })

  it('takes one of two changes at the same time', async () => {
    const post = await publish(creator)
    const input = (title: string) => ({ contentId: post['id'], expectedVersion: versionOf(post), title })
    const answers = await Promise.all(['A', 'B'].map((title) => refusals(creator, 'updateContent', input(title))))
    expect(answers.map((errors) => errors.map(({ code }) => code as string)).sort()).toEqual([[], ['VERSION_CONFLICT']])
  })

  it('is nobody else’s to change', async () => {
    const post = await publish(creator)
    const other = await provenCreator(world)
    for (const [name, more] of [
      ['updateContent', { expectedVersion: 2, title: 'Mine' }],
      ['publishContent', {}],
      ['unpublishContent', {}],
      ['deleteContent', {}],
      ['restoreContent', {}],
      ['scheduleContent', { localTime: '2030-01-01T09:00', timeZone: 'UTC' }],
    ] as const)
      expect(await refusals(other, name, { contentId: post['id'], ...more })).toMatchObject([
        { code: 'NODE_NOT_FOUND' },
      ])
    expect(await read(fan, post['id'])).toMatchObject({ title: 'A title', state: 'PUBLISHED' })
  })

  it('refuses to be published empty', async () => {
    for (const body of [null, '', ' \n ']) {
      const { id } = await draft(creator, { body })
      expect(await refusals(creator, 'publishContent', { contentId: id })).toMatchObject([
        { code: 'NOTHING_TO_PUBLISH' },
      ])
    }
  })

  it('takes an empty text for none', async () => {
    const input = { type: 'TEXT', title: '', teaser: ' ', body: '', language: '' }
    const { createContent } = await creator.do(postMutation('createContent'), { input })
    expect(createContent.content).toMatchObject({ title: null, body: { text: null } })
    const post = await draft(creator)
    const change = { contentId: post['id'], expectedVersion: versionOf(post), title: '', teaser: '' }
    const { updateContent } = await creator.do(postMutation('updateContent'), { input: change })
    expect(updateContent.content).toMatchObject({ title: null, body: { text: 'A body' } })
  })

  it('of an age restricted kind shows neither title nor teaser to whoever has not proven their age', async () => {
    const post = await publish(creator, { isAgeRestricted: true, tags: ['secret'] })
    const veiled = { title: null, teaser: null, tags: [], body: { __typename: 'LockedBody', teaser: null } }
    const reason = 'AGE_VERIFICATION_REQUIRED'
    expect(await read(fan, post['id'])).toMatchObject({
      ...veiled,
      body: { reason, offers: [{ kind: 'VERIFY_AGE' }] },
    })
    expect(await read(world.stranger(), post['id'])).toMatchObject({
      ...veiled,
      body: { offers: [{ kind: 'SIGN_IN' }] },
    })
    const adult = await world.fan()
    await prove(adult)
    expect(await read(adult, post['id'])).toMatchObject({ title: 'A title', body: { text: 'A body' } })
  })
})

describe('a deleted post', () => {
  it('is out of sight at once and comes back as it was within 30 days', async () => {
    const post = await publish(creator, { tags: ['back'] })
    await creator.do(postMutation('deleteContent'), { input: { contentId: post['id'] } })
    expect(await read(fan, post['id'])).toBeNull()
    expect(await refusals(creator, 'publishContent', { contentId: post['id'] })).toMatchObject([
      { code: 'CONTENT_STATE' },
    ])
    await creator.do(postMutation('restoreContent'), { input: { contentId: post['id'] } })
    expect(await read(fan, post['id'])).toMatchObject({
      title: 'A title',
      tags: ['back'],
      publishedAt: post['publishedAt'],
    })
  })
})

describe('saving a post', () => {
  it('sets a state, counts people, and shows what was saved last first', async () => {
    const posts = [await publish(creator, { title: 'One' }), await publish(creator, { title: 'Two' })]
    for (const { id } of [...posts, ...posts]) await fan.do(postMutation('saveContent'), { input: { contentId: id } })
    expect(await read(fan, posts[0]?.['id'])).toMatchObject({ saveCount: 1, viewerHasSaved: true })
    const saved = `{ viewer { savedContents(first: 1) { nodes { title } pageInfo { hasNextPage } } } }`
    expect((await fan.do(saved))['viewer']).toEqual({
      savedContents: { nodes: [{ title: 'Two' }], pageInfo: { hasNextPage: true } },
    })
    await creator.do(postMutation('unpublishContent'), { input: { contentId: posts[1]?.['id'] } })
    expect((await fan.do(saved))['viewer'].savedContents.nodes).toEqual([{ title: 'One' }])
    for (const { id } of posts) await fan.do(postMutation('unsaveContent'), { input: { contentId: id } })
    expect(await read(fan, posts[0]?.['id'])).toMatchObject({ saveCount: 0, viewerHasSaved: false })
  })
  it('stops at 10,000 of them, however many are saved at once', async () => {
    const keen = await world.fan()
    const { owner } = server.database
    await owner.query(
      `with made as (
         insert into content (creator_id, type, body) select $1, 'text', 'Kept ' || n from generate_series(1, 9999) n returning id
       ) insert into saved_content (user_id, content_id) select $2, id from made`,
      [creator.uuid, keen.uuid],
    )
    const posts = [await publish(creator), await publish(creator)]
    const save = (id: unknown) => refusals(keen, 'saveContent', { contentId: id })
    const answers = await Promise.all(posts.map(({ id }) => save(id)))
    expect(answers.map((errors) => errors.map(({ code }) => code as string)).sort()).toEqual([[], ['TOO_MANY_SAVED']])
    // saving what is saved changes nothing
    const saved = posts[answers.findIndex((errors) => errors.length === 0)]
    expect(await save(saved?.['id'])).toEqual([])
  })

  it('is decided where it is written: a block or a suspension that was first is not overtaken', async () => {
    const keen = await world.fan()
    const { id } = await publish(creator)
    const { owner } = server.database
    for (const first of [
      `insert into blocks (blocker_id, blocked_id) values ('${creator.uuid}', '${keen.uuid}')`,
      `update users set account_status = 'suspended', suspended_until = app_now() + interval '1 day', status_reason = 'x'
       where id = '${keen.uuid}'`,
    ]) {
      await owner.query('begin')
      await owner.query(`select from users where id = $1 for update`, [keen.uuid])
      await owner.query(first)
      const saving = keen.request(postMutation('saveContent'), { input: { contentId: id } })
      await setTimeout(300)
      await owner.query('commit')
      const { data, errors } = await saving
      expect(data?.['saveContent']?.userErrors[0]?.code ?? errors[0]?.extensions['reason']).toMatch(
        /^(NODE_NOT_FOUND|account_limited)$/,
      )
      await owner.query('delete from blocks where blocked_id = $1', [keen.uuid])
    }
    const { rowCount } = await owner.query('select from saved_content where user_id = $1', [keen.uuid])
    expect(rowCount).toBe(0)
  })
})

describe('a limited account', () => {
  it('has no posts to show, and an answer all the same', async () => {
    const [staff, leaving] = [await world.moderator(), await provenCreator(world)]
    const { id, authorView } = await publish(leaving)
    const input = { contentId: id, expectedVersion: authorView.version, title: 'Another' }
    await leaving.do(postMutation('updateContent'), { input })
    const { content } = await leaving.do(
      `query ($id: ID!) { content(id: $id) { authorView { versions { nodes { id } } } } }`,
      { id },
    )
    const version = { id: content.authorView.versions.nodes[0].id as string }
    const find = `query ($id: ID!) { node(id: $id) { id } }`
    expect(await leaving.do(find, version)).toEqual({ node: version })
    await staff.do(
      `mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }`,
      {
        input: { userId: leaving.id, status: 'BANNED', reason: 'As it must be.' },
      },
    )
    await leaving.signIn()
    expect(
      await leaving.do(
        `{ viewer { isLimited contents { nodes { id body { __typename } } } savedContents { nodes { id } } } }`,
      ),
    ).toEqual({ viewer: { isLimited: true, contents: { nodes: [] }, savedContents: { nodes: [] } } })
    expect(await leaving.do(find, version)).toEqual({ node: null })
  })
})
