import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveAccess } from '../../src/content/access.js'
import { explainAccess } from '../../src/content/explaining.js'
import { makeContentLoaders } from '../../src/content/loaders.js'
import { accessTo, readingOf } from '../../src/content/reading.js'
import { databaseNow } from '../../src/lib/db.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { done } from '../comments/calls.js'
import { block, follow, unfollow } from '../social/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { anyStep, factsOf, newModel } from './histories.js'
import type { Cast, Model } from './histories.js'
import { provenCreator, publish } from './posts.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const MINUTE_MS = 60_000

async function newCast(): Promise<Cast> {
  const { database } = server
  const insert = async (sql: string, ...values: unknown[]): Promise<string> =>
    (await database.owner.query<{ id: string }>(`${sql} returning id`, values)).rows[0]?.id ?? ''
  const person = (): Promise<string> =>
    insert(
      `insert into users (username, display_name, erased_at) values ($1, 'Somebody', app_now())`,
      `h.${randomUUID().slice(0, 12)}`,
    )
  const [authorId, viewerId] = [await person(), await person()]
  const contentId = await insert(
    `insert into content (creator_id, type, body, created_at, updated_at) values ($1, 'text', 'A body', app_now(), app_now())`,
    authorId,
  )
  return { database, authorId, viewerId, contentId }
}

/** How the model stood from an instant on. */
interface Moment {
  readonly from: Date
  readonly model: Model
}

const config = { ageGate: 'content' as const }
const asViewer = (userId: string, model: Model): Viewer => ({
  userId,
  sessionId: randomUUID(),
  role: 'FAN',
  status: model.viewerIsBanned ? 'BANNED' : 'ACTIVE',
  isLimited: model.viewerIsBanned,
  hasSecondFactor: false,
  authenticatedAt: new Date(0),
  isAgeVerified: model.isAgeVerified,
})

describe('how access was decided', () => {
  let offsetMs = 0

  it('is a replay of any history at any instant, and what is decided now is its last instant', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.tuple(anyStep, fc.integer({ min: 1, max: 90 })), { minLength: 3, maxLength: 30 }),
      async (steps) => {
        const cast = await newCast()
        const { db } = server.database
        const model = newModel()
        const moments: Moment[] = [{ from: await databaseNow(db), model: structuredClone(model) }]
        for (const [{ run }, pause] of steps) {
          offsetMs += pause * MINUTE_MS
          await server.database.setClock(offsetMs)
          const now = await databaseNow(db)
          await run(model, cast, now)
          moments.push({ from: await databaseNow(db), model: structuredClone(model) })
        }
        offsetMs += MINUTE_MS
        await server.database.setClock(offsetMs)
        for (const [index, { from, model: then }] of moments.entries()) {
          const next = moments[index + 1]?.from.getTime() ?? from.getTime() + MINUTE_MS
          // right after the step, and somewhere before the next one's pause is over
          for (const asOf of [
            new Date(from.getTime() + 1),
            new Date(from.getTime() + Math.floor((next - from.getTime()) * 0.9)),
          ]) {
            const expected = resolveAccess(factsOf(then, cast, asOf), asOf)
            const explained = await explainAccess(
              { db, viewer: asViewer(cast.authorId, newModel()), config },
              { contentId: cast.contentId, userId: cast.viewerId, asOf },
              true,
            )
            expect(explained).toMatchObject({
              isVisible: expected.isVisible,
              isOpen: expected.isOpen,
              rule: expected.rule,
              reason: expected.reason,
              grantId: expected.grant?.id ?? null,
            })
          }
        }
        const now = await databaseNow(db)
        const viewer = asViewer(cast.viewerId, model)
        const row = await makeContentLoaders(db, () => readingOf({ viewer, now, config })).content.load(cast.contentId)
        expect(row && accessTo(row, { viewer, now, config })).toEqual(resolveAccess(factsOf(model, cast, now), now))
      },
    )
    await fc.assert(property, {
      numRuns: Number(process.env['RUNS'] ?? 25),
      ...(process.env['SEED'] ? { seed: Number(process.env['SEED']) } : {}),
    })
  }, 600_000)

  it('is told to the post’s creator and staff alone, and not of the future', async () => {
    const creator = await provenCreator(world)
    const fan = await world.fan()
    const moderator = await world.moderator()
    const { id } = await publish(creator, { visibility: 'SUBSCRIBERS' })
    const ask = `query ($id: ID!, $userId: ID, $asOf: DateTime) { explainAccess(contentId: $id, userId: $userId, asOf: $asOf) {
      isVisible isOpen rule reason contentVersion state followed blocked ageVerified grant { source isLive }
    } }`
    const expected = {
      explainAccess: {
        isVisible: true,
        isOpen: false,
        rule: 'LOCKED',
        reason: 'SUBSCRIBERS_ONLY',
        contentVersion: 2,
        state: 'PUBLISHED',
        followed: false,
        blocked: false,
        ageVerified: false,
        grant: null,
      },
    }
    expect(await moderator.do(ask, { id, userId: fan.id })).toEqual(expected)
    expect(await creator.do(ask, { id })).toEqual(expected)
    // nobody to the creator, who neither follows nor was given anything
    expect(await creator.do(ask, { id, userId: fan.id })).toEqual({ explainAccess: null })
    expect(await creator.do(ask, { id, userId: moderator.id })).toEqual({ explainAccess: null })
    expect(await fan.do(ask, { id, userId: fan.id })).toEqual({ explainAccess: null })
    // what is no id, or another thing's, is as what is not there
    for (const wrong of ['nonsense', moderator.id])
      expect(await moderator.do(ask, { id: wrong })).toEqual({ explainAccess: null })
    for (const wrong of ['nonsense', id])
      expect(await moderator.do(ask, { id, userId: wrong })).toEqual({ explainAccess: null })
    await creator.do(
      `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { userErrors { code message } } }`,
      { input: { userId: fan.id, creatorId: creator.id, reason: 'A prize.' } },
    )
    expect(await creator.do(ask, { id, userId: fan.id })).toMatchObject({
      explainAccess: { isOpen: true, rule: 'CREATOR_GRANT', grant: { source: 'GIFT', isLive: true } },
    })
    const before = (await server.now()).toISOString()
    await fan.do(`mutation ($input: BlockUserInput!) { blockUser(input: $input) { userErrors { code } } }`, {
      input: { userId: creator.id },
    })
    for (const then of [null, before]) {
      expect(await creator.do(ask, { id, userId: fan.id, asOf: then })).toEqual({ explainAccess: null })
      expect((await moderator.do(ask, { id, userId: fan.id, asOf: then }))['explainAccess']).toMatchObject({
        blocked: then === null,
      })
    }
    // nor is the creator told afterwards that they were blocked
    const during = (await server.now()).toISOString()
    await fan.do(`mutation ($input: UnblockUserInput!) { unblockUser(input: $input) { userErrors { code } } }`, {
      input: { userId: creator.id },
    })
    const { id: open } = await publish(creator)
    for (const [post, rule] of [
      [id, 'CREATOR_GRANT'],
      [open, 'PUBLIC'],
    ] as const)
      expect(await creator.do(ask, { id: post, userId: fan.id })).toMatchObject({
        explainAccess: { rule, blocked: false },
      })
    const { explainAccess: toCreator } = await creator.do(ask, { id, userId: fan.id, asOf: during })
    expect(toCreator).toMatchObject({ rule: 'CREATOR_GRANT', blocked: false })
    const { explainAccess: toStaff } = await moderator.do(ask, { id, userId: fan.id, asOf: during })
    expect(toStaff).toMatchObject({ blocked: true })
    const asOf = new Date((await server.now()).getTime() + MINUTE_MS).toISOString()
    const { errors } = await creator.request(ask, { id, asOf })
    expect(errors).toMatchObject([{ extensions: { reason: 'instant_in_future' } }])
  })

  it('is told to a creator of whoever follows, not of whoever only used to, and of whoever once held a grant', async () => {
    const creator = await provenCreator(world)
    const [follower, holder] = [await world.fan(), await world.fan()]
    const { id } = await publish(creator, { visibility: 'FOLLOWERS' })
    const explained = async (person: Person) =>
      (
        await creator.do(
          `query ($id: ID!, $userId: ID) { explainAccess(contentId: $id, userId: $userId) { rule followed blocked } }`,
          { id, userId: person.id },
        )
      )['explainAccess'] as unknown
    expect(await follow(follower, creator)).toEqual([])
    expect(await explained(follower)).toEqual({ rule: 'FOLLOWER', followed: true, blocked: false })
    expect(await unfollow(follower, creator)).toEqual([])
    expect(await explained(follower)).toBeNull()

    const { grant } = await done(
      creator,
      'grantAccess',
      { userId: holder.id, contentId: id, reason: 'A gift.' },
      'grant { id }',
    )
    await done(creator, 'revokeGrant', { grantId: grant.id, reason: 'Over.' })
    expect(await explained(holder)).toEqual({ rule: 'LOCKED', followed: false, blocked: false })
    // a block of the creator's own is known to them
    await block(creator, holder)
    expect(await explained(holder)).toEqual({ rule: 'HIDDEN', followed: false, blocked: true })
  })
})
