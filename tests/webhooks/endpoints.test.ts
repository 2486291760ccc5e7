import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { call as callAddress } from '../../src/webhooks/calling.js'
import { checkedUrl } from '../../src/webhooks/addresses.js'
import { call, codes, done } from '../comments/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { countStatements } from '../../src/lib/db.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { deliveriesOf, endpointOf, listen, sendAll, startReceiver, test, verify } from './receiver.js'
import type { Receiver } from './receiver.js'

let server: TestServer
let world: World
let creator: Person
let other: Person
let receiver: Receiver
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
})
afterAll(() => server.close())
beforeEach(async () => {
  await server.database.setClock(0)
  ;[creator, other] = [await provenCreator(world), await provenCreator(world)]
  receiver = await startReceiver()
})
afterEach(async () => {
  await server.database.owner.query('delete from webhook_endpoints')
  await receiver.close()
})

const sql = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
  (await server.database.owner.query<Row>(text, values)).rows

const URL = 'https://tools.example.org/hooks'

describe('an address for webhooks', () => {
  it('is made once per key, with a secret that is shown once and stored encrypted', async () => {
    const input = { url: URL, eventTypes: ['COMMENT_ADDED', 'COMMENT_ADDED', 'FOLLOWER_GAINED'], idempotencyKey: 'one' }
    const answer = 'endpoint { id url eventTypes state disabledAt disabledReason } secret'
    const first = await done(creator, 'createWebhookEndpoint', input, answer)
    expect(first['secret']).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/)
    expect(first['endpoint']).toEqual({
      id: expect.any(String),
      url: URL,
      eventTypes: ['COMMENT_ADDED', 'FOLLOWER_GAINED'],
      state: 'ENABLED',
      disabledAt: null,
      disabledReason: null,
    })
    const again = await done(creator, 'createWebhookEndpoint', input, answer)
    expect(again).toMatchObject({ secret: null, endpoint: { id: first['endpoint'].id } })
    const { viewer } = await creator.do('{ viewer { webhookEndpoints { id } } }')
    expect(viewer.webhookEndpoints).toHaveLength(1)
    expect(await codes(creator, 'createWebhookEndpoint', { ...input, eventTypes: [] })).toEqual([
      'IDEMPOTENCY_MISMATCH',
    ])

    const secret = (first['secret'] as string).slice('whsec_'.length)
    const tables = await sql<{ name: string }>(
      `select table_schema || '.' || table_name as name from information_schema.tables
       where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
    )
    for (const { name } of tables) {
      const dump = JSON.stringify(await sql(`select t::text as row from ${name} t`))
      expect(dump.includes(secret) || dump.includes(Buffer.from(secret).toString('hex')), name).toBe(false)
    }
  })

  it('is refused where it is not a public one by https', () => {
    const production = { isLocalAllowed: false }
    const good = [
      'https://example.org',
      'https://example.org:8443/a?b=c',
      'https://example.org:9000',
      'https://1.1.1.1/',
    ]
    for (const url of good) expect(checkedUrl(url, production)).toBe(new globalThis.URL(url).href)
    const bad = [
      'http://example.org',
      'ftp://example.org',
      'not an address',
      'https://user:word@example.org',
      'https://example.org:22',
      'https://127.0.0.1',
      'https://2130706433',
      'https://0x7f.1',
      'https://0',
      'https://10.1.2.3',
      'https://172.31.0.1',
      'https://192.168.1.1',
      'https://100.64.0.1',
      'https://169.254.169.254/latest/meta-data',
      'https://224.0.0.1',
      'https://255.255.255.255',
      'https://[::]',
      'https://[::1]',
      'https://[::ffff:127.0.0.1]',
      'https://[::ffff:8.8.8.8]',
      'https://[::127.0.0.1]',
      'https://[64:ff9b::7f00:1]',
      'https://[fc00::1]',
      'https://[fe80::1]',
      'https://[fd00:ec2::254]',
      'https://[ff02::1]',
      'https://[2002:7f00:1::]',
      'https://[2001::1]',
      'https://[2001:db8::1]',
      `https://example.org/${'x'.repeat(2_000)}`,
    ]
    for (const url of bad) expect(() => checkedUrl(url, production), url).toThrow('An address for webhooks')
    expect(checkedUrl('http://127.0.0.1:8080/', { isLocalAllowed: true })).toBe('http://127.0.0.1:8080/')
    expect(checkedUrl('https://[2606:4700::1111]/', production)).toBe('https://[2606:4700::1111]/')
    expect(() => checkedUrl('http://192.168.1.1:8080/', { isLocalAllowed: true })).toThrow()
  })

  it('is refused to those who ask for what is private', async () => {
    expect(await codes(creator, 'createWebhookEndpoint', { url: 'https://10.0.0.1', eventTypes: [] })).toEqual([
      'WEBHOOK_URL_INVALID',
    ])
    const { id } = await listen(creator, URL)
    expect(await codes(creator, 'updateWebhookEndpoint', { endpointId: id, url: 'https://[fe80::1]' })).toEqual([
      'WEBHOOK_URL_INVALID',
    ])
  })

  it('is not called where its name leads to a private address, were it one of many', async () => {
    const port = new globalThis.URL(receiver.url).port
    const send = (addresses: string[], isLocalAllowed: boolean) =>
      callAddress(
        { url: `${isLocalAllowed ? 'http' : 'https'}://tools.example.org:${port}/`, headers: {}, body: '{}' },
        { isLocalAllowed, resolve: () => Promise.resolve(addresses) },
      )
    const refused = { status: null, error: 'the address is not allowed' }
    expect(await send(['127.0.0.1'], false)).toEqual(refused)
    expect(await send(['1.1.1.1', '127.0.0.1'], false)).toEqual(refused)
    expect(await send(['::ffff:127.0.0.1'], false)).toEqual(refused)
    expect(await send(['169.254.169.254'], true)).toEqual(refused)
    expect(await send(['10.0.0.1'], true)).toEqual(refused)
    expect(await send([], true)).toEqual(refused)
    expect(receiver.received).toHaveLength(0)
    // the name is looked up, and led here
    expect(await send(['127.0.0.1'], true)).toEqual({ status: 204, error: null })
    expect(receiver.received).toHaveLength(1)
  })

  it('tells in words of its own why nobody answered', async () => {
    const { url } = receiver
    await receiver.close()
    const calling = { isLocalAllowed: true }
    expect(await callAddress({ url, headers: {}, body: '{}' }, calling)).toEqual({
      status: null,
      error: 'the connection was refused',
    })
    const notFound = { ...calling, resolve: () => Promise.reject(new Error('NXDOMAIN of ns1.inside.example')) }
    expect(await callAddress({ url: 'https://nowhere.example.org', headers: {}, body: '{}' }, notFound)).toEqual({
      status: null,
      error: 'the host was not found',
    })
  })

  it('is one of at most ten', async () => {
    for (let count = 0; count < 9; count += 1) await listen(creator, `${URL}/${String(count)}`)
    const both = await Promise.all(
      [9, 10].map((count) =>
        codes(creator, 'createWebhookEndpoint', { url: `${URL}/${String(count)}`, eventTypes: [] }),
      ),
    )
    expect(both.flat()).toEqual(['WEBHOOK_LIMIT_REACHED'])
  })

  it('is changed, disabled and enabled by its owner, and what waited goes then', async () => {
    const { id } = await listen(creator, receiver.url)
    const change = (input: object) =>
      done(creator, 'updateWebhookEndpoint', { endpointId: id, ...input }, 'endpoint { state eventTypes disabledAt }')
    await change({ state: 'DISABLED' })
    await publish(creator)
    await server.drain()
    expect(receiver.received).toHaveLength(0)
    expect(await codes(creator, 'sendTestWebhook', { endpointId: id })).toEqual(['WEBHOOK_DISABLED'])
    expect(await change({ state: 'ENABLED', eventTypes: ['FOLLOWER_GAINED'] })).toMatchObject({
      endpoint: { state: 'ENABLED', eventTypes: ['FOLLOWER_GAINED'], disabledAt: null },
    })
    await publish(creator)
    await test(creator, id)
    await server.drain()
    expect(receiver.received.map(({ message }) => message)).toEqual([
      { type: 'webhook.test', timestamp: expect.any(String), data: { endpointId: id } },
    ])
    await done(creator, 'deleteWebhookEndpoint', { endpointId: id }, 'endpointId')
    expect(await endpointOf(creator, id)).toBeNull()
    expect(await sql('select from webhook_deliveries')).toEqual([])
  })

  it('is nobody else’s: neither it nor what it was sent is there for others', async () => {
    const { id } = await listen(creator, receiver.url)
    const delivery = await test(creator, id)
    const admin = await world.admin()
    for (const person of [other, await world.fan(), admin])
      expect(
        (await person.do('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [id, delivery['id']] }))['nodes'],
      ).toEqual([null, null])
    for (const [mutation, input] of [
      ['updateWebhookEndpoint', { endpointId: id, state: 'DISABLED' }],
      ['deleteWebhookEndpoint', { endpointId: id }],
      ['rotateWebhookSecret', { endpointId: id }],
      ['sendTestWebhook', { endpointId: id }],
      ['redeliverWebhook', { deliveryId: delivery['id'] }],
    ] as const)
      expect(await codes(other, mutation, input), mutation).toEqual(['NODE_NOT_FOUND'])
    expect((await other.do('{ viewer { webhookEndpoints { id } } }'))['viewer'].webhookEndpoints).toEqual([])
    expect((await endpointOf(creator, id))?.['state']).toBe('ENABLED')
  })

  it('needs somebody who has just proved who they are, to be made and to get another secret', async () => {
    const { id } = await listen(creator, URL)
    await server.database.setClock(6 * 60_000)
    expect(await codes(creator, 'createWebhookEndpoint', { url: URL, eventTypes: [] })).toEqual([
      'reauthentication_required',
    ])
    expect(await codes(creator, 'rotateWebhookSecret', { endpointId: id })).toEqual(['reauthentication_required'])
    await done(creator, 'updateWebhookEndpoint', { endpointId: id, state: 'DISABLED' })
  })

  it('is audited, without its address', async () => {
    const { id } = await listen(creator, URL)
    await done(creator, 'rotateWebhookSecret', { endpointId: id })
    await done(creator, 'updateWebhookEndpoint', { endpointId: id, url: `${URL}/other` })
    await done(creator, 'updateWebhookEndpoint', { endpointId: id, url: `${URL}/other` })
    await done(creator, 'deleteWebhookEndpoint', { endpointId: id })
    const rows = await sql<{ action: string; all: string }>(
      `select action, a::text as all from audit_logs a where user_id = $1 and action like 'webhook%' order by created_at, id`,
      creator.uuid,
    )
    expect(rows.map(({ action }) => action).sort()).toEqual(
      ['created', 'secret_rotated', 'changed', 'deleted'].map((what) => `webhook_endpoint.${what}`).sort(),
    )
    expect(JSON.stringify(rows)).not.toContain('tools.example.org')
  })
})

describe('a secret that was exchanged', () => {
  it('goes on signing for a day beside the new one', async () => {
    const { id, secret: old } = await listen(creator, receiver.url)
    const rotate = async (): Promise<string> =>
      (await done(creator, 'rotateWebhookSecret', { endpointId: id }, 'secret'))['secret'] as string
    const lost = await rotate()
    const current = await rotate()
    await test(creator, id)
    await server.drain()
    const [received] = receiver.received
    expect((received?.headers['webhook-signature'] as string).split(' ')).toHaveLength(3)
    for (const secret of [old, lost, current]) verify(secret, received!)

    await server.database.setClock(25 * 3_600_000)
    await creator.signIn()
    await test(creator, id)
    await sendAll(server)
    const later = receiver.received[1]!
    verify(current, later)
    expect(() => verify(old, later)).toThrow()
    expect(later.headers['webhook-signature']).not.toContain(' ')
  })
})

describe('what an address was sent', () => {
  it('is read by pages, of several addresses at once by one statement', async () => {
    const [one, two] = [await listen(creator, receiver.url), await listen(creator, receiver.url)]
    for (let count = 0; count < 5; count += 1) await test(creator, one.id)
    await test(creator, two.id)
    await server.drain()
    const pages: string[] = []
    let after: string | null = null
    do {
      const { node }: Record<string, any> = await creator.do(
        `query ($id: ID!, $after: String) { node(id: $id) { ... on WebhookEndpoint {
          deliveries(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } } }`,
        { id: one.id, after },
      )
      pages.push(...node.deliveries.nodes.map(({ id }: { id: string }) => id))
      after = node.deliveries.pageInfo.hasNextPage ? node.deliveries.pageInfo.endCursor : null
    } while (after)
    expect(pages).toEqual((await deliveriesOf(creator, one.id)).map(({ id }) => id as string))
    expect(pages).toHaveLength(5)
    const { result, statements } = await countStatements(() =>
      creator.do('{ viewer { webhookEndpoints { deliveries(first: 3) { nodes { id state } } } } }'),
    )
    expect(result['viewer'].webhookEndpoints.map(({ deliveries }: any) => deliveries.nodes.length)).toEqual([3, 1])
    expect(statements).toBeLessThan(8)
  })

  it('is a test no more often than thirty times an hour, and once per key', async () => {
    const { id } = await listen(creator, receiver.url)
    const keyed = { endpointId: id, idempotencyKey: 'one' }
    const ids = [
      await done(creator, 'sendTestWebhook', keyed, 'delivery { id }'),
      await done(creator, 'sendTestWebhook', keyed, 'delivery { id }'),
    ]
    expect(ids[0]).toEqual(ids[1])
    for (let count = 2; count < 30; count += 1) await call(creator, 'sendTestWebhook', keyed)
    expect(await codes(creator, 'sendTestWebhook', keyed)).toEqual(['rate_limited'])
    await server.drain()
    expect(receiver.received).toHaveLength(1)
  })

  it('is gone after thirty days', async () => {
    const { id } = await listen(creator, receiver.url)
    await test(creator, id)
    await server.drain()
    await server.database.setClock(31 * 86_400_000)
    await sql(`select graphile_worker.add_job('webhooks.clean', '{}')`)
    await server.drain()
    expect(await sql('select from webhook_deliveries')).toEqual([])
  })
})

describe('an account that is erased', () => {
  it('leaves no address behind', async () => {
    await listen(creator, receiver.url)
    await done(creator, 'deleteAccount', { password: creator.password })
    await publish(other)
    await server.database.setClock(31 * 86_400_000)
    await sql(`select graphile_worker.add_job('accounts.erase', '{}')`)
    await server.drain()
    expect(await sql('select from webhook_endpoints where owner_id = $1', creator.uuid)).toEqual([])
  })
})
