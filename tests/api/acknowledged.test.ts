import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { transaction } from '../../src/lib/db.js'
import { emit } from '../../src/lib/events.js'
import { PAYMENT_CHANGED, paymentsOf } from '../../src/payments/types.js'
import { served } from '../../src/served.js'
import { subscriptionsOf } from '../../src/subscriptions/types.js'
import { done } from '../comments/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { send, start } from '../messages/calls.js'
import { newKey } from '../payments/paying.js'
import { goLive, join, say, streamMutation } from '../streams/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { connect } from './laboratory.js'

const ROUNDS = 12

let server: TestServer
let world: World
let fan: Person
let creator: Person
let conversationId: string
let streamId: string
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  conversationId = await start(fan, creator)
  await send(fan, conversationId)
  streamId = (await goLive(creator))['id'] as string
  await done(fan, 'updateMessagingSettings', { sharesPresence: false })
})
afterAll(() => server.close())

/** Something that can be subscribed to. */
interface Told {
  readonly field: () => string | Promise<string>
  readonly who?: () => Person
  /** The table that beginning looks at. */
  readonly table: string
  /** Whether a state is told at once, before any event. */
  readonly hasState?: true
  /** Commits what is to be told. */
  readonly tell: (round: number) => Promise<unknown>
}

const emitted = (stream: string, type: string, payload: Record<string, string>) =>
  transaction({ db: server.database.db, actorId: null, sessionId: null, requestId: 'test' }, (tx, now) =>
    emit(tx, { stream, type, payload }, now),
  )
let massMessageId: string
let postId: string | undefined
const inAnHour = async (): Promise<string> => new Date((await server.now()).getTime() + 3_600_000).toISOString()

const TOLD: Readonly<Record<string, Told>> = {
  viewerChanged: {
    field: () => 'viewerChanged { sequence }',
    table: 'event_streams',
    tell: (round) => done(fan, 'updateProfile', { bio: `Round ${String(round)}.` }),
  },
  notificationReceived: {
    field: () => 'notificationReceived { sequence }',
    table: 'notification_inboxes',
    tell: () =>
      server.database.owner.query(
        `with inbox as (
          insert into notification_inboxes (user_id, last_sequence) values ($1, 1)
          on conflict (user_id) do update set last_sequence = notification_inboxes.last_sequence + 1
          returning last_sequence
        ), told as (
          insert into notifications (created_at, user_id, sequence, type, payload)
          select app_now(), $1, last_sequence, 'account', '{"kind": "age_approved"}' from inbox
        )
        select pg_notify('signals', 'notifications ' || $1::text)`,
        [fan.uuid],
      ),
  },
  messageReceived: {
    field: () => `messageReceived(conversationId: "${conversationId}") { sequence }`,
    table: 'conversations',
    tell: () => send(creator, conversationId),
  },
  conversationUpdated: {
    field: () => 'conversationUpdated { id }',
    table: 'conversation_participants',
    tell: () => send(creator, conversationId),
  },
  typing: {
    field: () => `typing(conversationId: "${conversationId}") { isTyping }`,
    table: 'conversations',
    tell: () => done(creator, 'setTyping', { conversationId, typing: true }),
  },
  presence: {
    field: () => `presence(conversationId: "${conversationId}") { status }`,
    who: () => creator,
    table: 'messaging_settings',
    hasState: true,
    tell: (round) => done(fan, 'updateMessagingSettings', { sharesPresence: round % 2 === 0 }),
  },
  massMessageProgress: {
    field: async () => {
      const order = { segment: 'FOLLOWERS', body: 'To all.', idempotencyKey: newKey(), sendAt: await inAnHour() }
      massMessageId = (await done(creator, 'sendMassMessage', order, 'massMessage { id }'))['massMessage'].id as string
      return `massMessageProgress(massMessageId: "${massMessageId}") { state }`
    },
    who: () => creator,
    table: 'mass_messages',
    hasState: true,
    tell: () => done(creator, 'cancelMassMessage', { massMessageId }),
  },
  contentAccessChanged: {
    field: async () => {
      postId ??= (await publish(creator, { visibility: 'FOLLOWERS' }))['id'] as string
      return `contentAccessChanged(contentId: "${postId}") { viewerAccess { isOpen } }`
    },
    table: 'follows',
    hasState: true,
    tell: (round) => done(fan, round % 2 === 0 ? 'followUser' : 'unfollowUser', { userId: creator.id }),
  },
  paymentChanged: {
    field: () => 'paymentChanged { sequence }',
    table: 'event_streams',
    tell: () => emitted(paymentsOf(fan.uuid), PAYMENT_CHANGED, { paymentId: fan.uuid }),
  },
  subscriptionChanged: {
    field: () => 'subscriptionChanged { sequence }',
    table: 'event_streams',
    tell: () => emitted(subscriptionsOf(fan.uuid), 'subscription.changed', { subscriptionId: fan.uuid }),
  },
  streamChat: {
    field: () => `streamChat(streamId: "${streamId}") { sequence line { text } }`,
    table: 'event_streams',
    tell: () => say(creator, streamId),
  },
  streamUpdated: {
    field: () => `streamUpdated(streamId: "${streamId}") { kind }`,
    table: 'event_streams',
    tell: (round) =>
      creator.do(streamMutation('updateStreamChat'), {
        input: { streamId, chat: { slowModeSeconds: round % 2 === 0 ? 5 : 10 } },
      }),
  },
  streamViewerCount: {
    field: () => `streamViewerCount(streamId: "${streamId}") { viewerCount }`,
    table: 'live_streams',
    hasState: true,
    tell: async () => join(await world.fan(), streamId),
  },
}
const FIELDS = Object.entries(TOLD).map(([name, told]) => ({ name, told }))

it('is looked at for whatever can be subscribed to', () => {
  expect(Object.keys(TOLD).sort()).toEqual(Object.keys(served.schema.getSubscriptionType()?.getFields() ?? {}).sort())
})

/** Holds a table, so that whoever looks at it waits. */
async function hold(table: string): Promise<{ readonly isAwaited: () => Promise<boolean>; release(): Promise<void> }> {
  const holder = new pg.Client(server.database.ownerUrl)
  await holder.connect()
  await holder.query(`begin; lock table ${table} in access exclusive mode`)
  return {
    isAwaited: async () =>
      (await holder.query(`select 1 from pg_locks where relation = '${table}'::regclass and not granted`)).rows.length >
      0,
    release: async () => {
      await holder.query('commit')
      await holder.end()
    },
  }
}

describe.each(FIELDS)('a pong behind a subscription to $name', ({ told: { field, who, table, hasState, tell } }) => {
  it('comes once it listens, and not before', async () => {
    const socket = await connect(server.url, (who?.() ?? fan).token)
    const query = `subscription { ${await field()} }`
    const held = await hold(table)
    try {
      socket.subscribe('1', query)
      await until(held.isAwaited)
      socket.send({ type: 'ping' })
      // the answer to what was said after the ping
      socket.subscribe('2', '{ nothing')
      expect((await socket.next('2')).type).toBe('error')
      expect(socket.messages).toEqual([])
    } finally {
      await held.release()
    }
    await socket.next('pong')
    expect(socket.messages.filter(({ type }) => type !== 'next')).toEqual([])
    socket.socket.close()
    await socket.closed
  })

  it(`comes before nothing that is not told, ${String(ROUNDS)} times`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const watching = await (who?.() ?? fan).watch(`subscription { ${await field()} }`)
      if (hasState) await watching.next()
      await tell(round)
      await watching.next()
      expect(watching.errors).toEqual([])
      await watching.stop()
      await watching.closed
    }
  })

  it('leaves nothing behind when its subscription is given up at once, and its id taken up again', async () => {
    const query = `subscription { ${await field()} }`
    const socket = await connect(server.url, (who?.() ?? fan).token)
    socket.subscribe('1', query)
    socket.send({ type: 'complete', id: '1' })
    socket.subscribe('1', query)
    socket.send({ type: 'ping' })
    await socket.next('pong')
    await tell(ROUNDS)
    await socket.next('1')
    socket.socket.terminate()
    await until(() => server.server.sockets === 0 && server.services.bus.streams === 0)
  })
})
