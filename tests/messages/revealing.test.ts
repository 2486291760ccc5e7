import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import { call, done } from '../comments/calls.js'
import { provenCreator } from '../content/posts.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { send, start } from './calls.js'

const CANARY = 'canaryofwords'
const MESSAGE = `message {
  messageId sender { id } recipient { id } text teaser price { amountMinor } earlierTexts fileCount isSentToMany deletedAt
}`
const REASON = 'Somebody reported it.'

let server: TestServer
let world: World
let creator: Person
let fan: Person
let conversation: string
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  conversation = await start(fan, creator)
})
afterAll(() => server.close())

const reveal = (person: Person, messageId: string, reason = REASON) =>
  call(person, 'revealMessage', { messageId, reason }, MESSAGE)
const codesOf = async (...asked: Parameters<typeof reveal>): Promise<string[]> =>
  (await reveal(...asked)).userErrors.map(({ code }) => code)
const trailOf = async (messageId: string): Promise<Record<string, unknown>[]> =>
  (
    await server.database.owner.query<Record<string, unknown>>(
      `select admin_id, user_id, severity::text, reason, row_to_json(a)::text as everything
       from audit_logs a where action = 'message.revealed' and subject_id = $1 order by created_at`,
      [parseGlobalId(messageId)?.uuid],
    )
  ).rows

describe('staff', () => {
  it('read what somebody wrote to somebody, sold, edited or taken back', async () => {
    const { id: sold } = await send(creator, conversation, `${CANARY} sold`, { priceMinor: '700', teaser: 'Look.' })
    const { id: edited } = await send(fan, conversation, `${CANARY} first`)
    await done(
      fan,
      'editMessage',
      { messageId: edited, body: `${CANARY} second`, expectedVersion: 1 },
      'message { id }',
    )
    await done(fan, 'deleteMessage', { messageId: edited }, 'message { id }')
    const moderator = await world.moderator()
    expect((await reveal(moderator, sold))['message']).toEqual({
      messageId: sold,
      sender: { id: creator.id },
      recipient: { id: fan.id },
      text: `${CANARY} sold`,
      teaser: 'Look.',
      price: { amountMinor: '700' },
      earlierTexts: [],
      fileCount: 0,
      isSentToMany: false,
      deletedAt: null,
    })
    expect((await reveal(moderator, edited))['message']).toMatchObject({
      sender: { id: fan.id },
      recipient: { id: creator.id },
      text: `${CANARY} second`,
      earlierTexts: [`${CANARY} first`],
      deletedAt: expect.any(String) as string,
    })
  })

  it('see its files, from addresses of their own that the trail tells of', async () => {
    const file = await makePicture({ width: 400, height: 300 })
    const mediaId = await uploadMedia(server, creator, file, { purpose: 'MESSAGE', altText: 'A wave' })
    const { id } = await send(creator, conversation, 'For five.', { priceMinor: '500', media: [{ mediaId }] })
    await done(creator, 'deleteMessage', { messageId: id })
    const moderator = await world.moderator()
    const { message } = await call(
      moderator,
      'revealMessage',
      { messageId: id, reason: REASON },
      'message { fileCount media { kind altText url image { url(width: 320) } } }',
    )
    expect(message).toMatchObject({ fileCount: 1, media: [{ kind: 'IMAGE', altText: 'A wave' }] })
    const [{ url, image }] = message.media
    const statuses = async (): Promise<number[]> =>
      Promise.all([url, image.url].map(async (address: string) => (await fetch(address)).status))
    expect(await statuses()).toEqual([200, 200])
    const [row] = await trailOf(id)
    expect(JSON.parse(row!['everything'] as string)).toMatchObject({
      after: { mediaIds: [parseGlobalId(mediaId)?.uuid] },
    })
    await server.database.owner.query(`update users set account_type = 'fan' where id = $1`, [moderator.uuid])
    expect(await statuses()).toEqual([404, 404])
  })

  it('leave each time a row that says who asked and why, and nothing of what was said; the two learn nothing', async () => {
    const { id } = await send(creator, conversation, `${CANARY} again`)
    const told = await fan.watch(`subscription ($id: ID!) { messageReceived(conversationId: $id) { kind } }`, {
      id: conversation,
    })
    const [moderator, admin] = [await world.moderator(), await world.admin()]
    await reveal(moderator, id)
    await reveal(moderator, id)
    await reveal(admin, id, 'A court asks.')
    const trail = await trailOf(id)
    expect(trail).toMatchObject([
      { admin_id: moderator.uuid, user_id: creator.uuid, severity: 'high', reason: REASON },
      { admin_id: moderator.uuid, reason: REASON },
      { admin_id: admin.uuid, reason: 'A court asks.' },
    ])
    expect(JSON.stringify(trail)).not.toContain(CANARY)
    await send(creator, conversation, 'The next thing that happens.')
    await told.next()
    expect(told.events).toHaveLength(1)
    await told.stop()
  })

  it('are refused without a reason, for what is none, for their own, and by any other way; so is everybody else', async () => {
    const { id } = await send(creator, conversation, CANARY)
    const moderator = await world.moderator()
    expect(await codesOf(moderator, id, ' ')).toEqual(['INVALID_INPUT'])
    expect(await codesOf(moderator, globalId('Message', randomUUID()))).toEqual(['NODE_NOT_FOUND'])
    expect(await codesOf(moderator, conversation)).toEqual(['NODE_NOT_FOUND'])
    expect((await moderator.do('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull()
    for (const person of [fan, creator, await world.fan()]) {
      const { data, errors } = await person.request<Record<string, unknown>>(
        `mutation ($input: RevealMessageInput!) { revealMessage(input: $input) { ${MESSAGE} userErrors { code } } }`,
        { input: { messageId: id, reason: REASON } },
      )
      expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['FORBIDDEN'])
      expect(JSON.stringify(data)).not.toContain(CANARY)
    }
    await server.database.owner.query(`update conversations set fan_id = $1 where fan_id = $2`, [
      moderator.uuid,
      fan.uuid,
    ])
    expect(await codesOf(moderator, id)).toEqual(['SELF_ACTION'])
    expect(await trailOf(id)).toEqual([])
  })
})
