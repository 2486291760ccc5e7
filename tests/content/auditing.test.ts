import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { jobs } from '../../src/content/jobs.js'
import { announceDueJob, purgeDeletedJob } from '../../src/content/types.js'
import { done, uuidIn } from '../comments/calls.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { draft, postMutation, provenCreator, publish } from './posts.js'

const DAY_MS = 86_400_000

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
})
afterEach(() => world.setClock(0))
afterAll(() => server.close())

const run = (wanted: string) => jobs.find(({ name }) => name === wanted)?.run({}, server.jobs, '1')
/** What the trail says of something, the newest first. */
const entriesOf = async (subjectId: string) =>
  (
    await server.database.owner.query<Record<string, any>>(
      `select action, actor_id as "actorId", user_id as "userId", before, after from audit_logs where subject_id = $1
       order by created_at desc, id desc`,
      [subjectId],
    )
  ).rows
const update = async (post: Record<string, any>, change: object) => {
  const expectedVersion = post['authorView'].version as number
  const { updateContent } = await creator.do(postMutation('updateContent'), {
    input: { contentId: post['id'], expectedVersion, ...change },
  })
  return updateContent.content as Record<string, any>
}
const newest = async (id: string) => (await entriesOf(uuidIn(id)))[0]

describe('the trail of a post', () => {
  it('says what changed of it, before and after, and nothing that did not', async () => {
    const pictures = await Promise.all(
      [1, 2].map(async () =>
        uploadMedia(server, creator, await makePicture({ width: 40, height: 30 }), { purpose: 'CONTENT' }),
      ),
    )
    let post = await draft(creator, {
      tags: ['sea', 'night'],
      categories: ['photography'],
      warnings: ['flashing lights'],
      media: [{ mediaId: pictures[0]! }],
    })
    expect(await newest(post['id'])).toMatchObject({
      action: 'content.created',
      before: null,
      after: {
        type: 'TEXT',
        visibility: 'PUBLIC',
        isPremium: false,
        body: '[set]',
        tags: '[set]',
        categories: ['photography'],
        media: [uuidIn(pictures[0]!)],
        teaserMedia: [],
      },
    })
    post = await update(post, { title: 'Another', tags: ['night', 'sea'], categories: ['photography'], language: null })
    expect(await newest(post['id'])).toMatchObject({ before: { title: '[set]' }, after: { title: '[changed]' } })
    expect(Object.keys((await newest(post['id']))?.['after'] as object)).toEqual(['title'])
    post = await update(post, {
      visibility: 'FOLLOWERS',
      tags: [],
      categories: ['music'],
      warnings: ['noise'],
      language: 'de',
      media: [{ mediaId: pictures[1]!, isTeaser: true }],
    })
    expect(await newest(post['id'])).toMatchObject({
      before: {
        visibility: 'PUBLIC',
        tags: '[set]',
        categories: ['photography'],
        warnings: '[set]',
        language: null,
        media: [uuidIn(pictures[0]!)],
        teaserMedia: [],
      },
      after: {
        visibility: 'FOLLOWERS',
        tags: [],
        categories: ['music'],
        warnings: '[changed]',
        language: '[changed]',
        media: [uuidIn(pictures[1]!)],
        teaserMedia: [uuidIn(pictures[1]!)],
      },
    })
  })

  it('says what goes with a price', async () => {
    const post = await draft(creator, { priceMinor: '500', includedInSubscription: true })
    await update(post, { priceMinor: null })
    const entry = await newest(post['id'])
    expect(entry).toMatchObject({
      before: { priceMinor: '500', isPremium: true, includedInSubscription: true },
      after: { priceMinor: null, isPremium: false, includedInSubscription: false },
    })
  })

  it('says that a job destroyed it', async () => {
    const { id } = await publish(creator)
    await done(creator, 'deleteContent', { contentId: id })
    await world.setClock(31 * DAY_MS)
    await run(purgeDeletedJob)
    expect(await newest(id)).toMatchObject({ action: 'content.purged', actorId: null, userId: creator.uuid })
  })

  it('says how it came back, and what of its schedule did not', async () => {
    const author = await provenCreator(world)
    const { id } = await publish(author)
    const { id: overdue } = await draft(author)
    const localTime = new Date((await server.now()).getTime() + 3_600_000).toISOString().slice(0, 16)
    await done(author, 'scheduleContent', { contentId: overdue, localTime, timeZone: 'UTC' })
    for (const contentId of [id, overdue]) await done(author, 'deleteContent', { contentId })
    await world.setClock(2 * 3_600_000)
    await author.signIn()
    for (const contentId of [id, overdue]) await done(author, 'restoreContent', { contentId })
    const restored = { action: 'content.restored', before: { status: 'DELETED' } }
    expect(await newest(id)).toMatchObject({ ...restored, after: { status: 'PUBLISHED' } })
    expect(await newest(overdue)).toMatchObject({
      before: { status: 'DELETED', publishAt: `${localTime}:00.000Z` },
      after: { status: 'DRAFT', publishAt: null },
    })
  })

  it('says that it was given up with the account that made it', async () => {
    const leaving = await provenCreator(world)
    const { id } = await publish(leaving)
    await done(leaving, 'deleteAccount', { password: leaving.password })
    await world.setClock(31 * DAY_MS)
    for (const job of ['accounts.erase', 'content.purge_deleted']) {
      await server.database.owner.query(`select graphile_worker.add_job($1, '{}'::json)`, [job])
      await server.drain()
    }
    const [purged, surrendered] = await entriesOf(uuidIn(id))
    expect(purged).toMatchObject({ action: 'content.purged' })
    expect(surrendered).toMatchObject({
      action: 'content.surrendered',
      actorId: null,
      userId: leaving.uuid,
      after: { purgeAfter: expect.any(String) as string },
    })
  })

  it('says that a job made a draft of it again', async () => {
    const staff = await world.moderator()
    const scheduled = async () => {
      const author = await provenCreator(world)
      const { id } = await draft(author)
      const localTime = new Date((await server.now()).getTime() + 3_600_000).toISOString().slice(0, 16)
      await done(author, 'scheduleContent', { contentId: id, localTime, timeZone: 'UTC' })
      const suspendedUntil = new Date((await server.now()).getTime() + DAY_MS).toISOString()
      await done(staff, 'setAccountStatus', {
        userId: author.id,
        status: 'SUSPENDED',
        reason: 'For a day.',
        suspendedUntil,
      })
      return { author, id: id as string }
    }
    const [due, reinstated] = [await scheduled(), await scheduled()]
    await world.setClock(2 * 3_600_000)
    await run(announceDueJob)
    const expected = {
      action: 'content.unscheduled',
      actorId: null,
      before: { publishAt: expect.any(String) as string },
      after: { publishAt: null },
    }
    expect(await newest(due.id)).toMatchObject({ ...expected, userId: due.author.uuid })
    await server.database.owner.query(
      `update content set publish_at = app_now() - interval '1 hour', scheduled_local_time = '2026-01-01T09:00',
       scheduled_time_zone = 'UTC' where id = $1`,
      [uuidIn(reinstated.id)],
    )
    await staff.signIn()
    await done(staff, 'setAccountStatus', { userId: reinstated.author.id, status: 'ACTIVE', reason: 'Enough.' })
    await server.drain()
    expect(await newest(reinstated.id)).toMatchObject({ ...expected, userId: reinstated.author.uuid })
  })
})

describe('the trail of a grant', () => {
  it('says what it opens and how long, and when it was taken back', async () => {
    const fan = await world.fan()
    const { id: contentId } = await publish(creator, { priceMinor: '500' })
    const endsAt = new Date((await server.now()).getTime() + DAY_MS).toISOString()
    const order = { userId: fan.id, contentId, endsAt, reason: 'A gift.' }
    const { grant } = await done(creator, 'grantAccess', order, 'grant { id }')
    const terms = { userId: fan.uuid, creatorId: creator.uuid, contentId: uuidIn(contentId), source: 'GIFT', endsAt }
    expect(await newest(grant.id)).toMatchObject({ action: 'grant.given', before: null, after: terms })
    await done(creator, 'revokeGrant', { grantId: grant.id, reason: 'Over.' })
    expect(await newest(grant.id)).toMatchObject({
      action: 'grant.revoked',
      before: { revokedAt: null },
      after: { revokedAt: expect.any(String) as string },
    })
  })
})

describe('the trail of how comments are wanted', () => {
  it('says how they were wanted before', async () => {
    await done(creator, 'updateCommentSettings', { holdFirst: true, slowModeSeconds: 30 })
    await done(creator, 'updateCommentSettings', { holdFirst: false, slowModeSeconds: 30, forbiddenWords: ['canary'] })
    expect(
      (await entriesOf(creator.uuid)).filter(({ action }) => action === 'comments.settings_changed'),
    ).toMatchObject([
      { before: { holdFirst: true, forbiddenWords: [] }, after: { holdFirst: false, forbiddenWords: '[changed]' } },
      { before: { holdFirst: false, slowModeSeconds: 0 }, after: { holdFirst: true, slowModeSeconds: 30 } },
    ])
  })
})
