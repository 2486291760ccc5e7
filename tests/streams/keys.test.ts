import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { errorsOf, rotate } from './calls.js'

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await world.creator()
})
afterAll(() => server.close())

const KEYS = '{ viewer { streamKeys { id prefix state expiresAt revokedAt } } }'
const statesOf = async (person: Person): Promise<string[]> =>
  (await person.do(KEYS)).viewer.streamKeys.map(({ state }: { state: string }) => state)

describe('a key for encoders', () => {
  it('is answered once, and kept as a hash', async () => {
    const { id, key } = await rotate(creator)
    expect(key).toMatch(/^live_[\w-]{43}$/)
    const { viewer } = await creator.do(KEYS)
    expect(viewer.streamKeys).toMatchObject([{ id, prefix: key.slice(0, 9), state: 'VALID' }])
    const { rows } = await server.database.owner.query(
      `select encode(key_hash, 'hex') = encode(sha256(convert_to($1::text, 'UTF8')), 'hex') as "isHash", stream_keys::text like '%' || $1::text || '%' as "isClear" from stream_keys`,
      [key],
    )
    expect(rows).toEqual([{ isHash: true, isClear: false }])
    const { rows: trail } = await server.database.owner.query(
      `select action from audit_logs where subject_table = 'stream_keys' and audit_logs::text not like '%' || $1::text || '%'`,
      [key.slice(5)],
    )
    expect(trail).toEqual([{ action: 'stream_key.rotated' }])
  })

  it('works on beside the next one for a while, and there are never more than two', async () => {
    const person = await world.creator()
    for (let n = 0; n < 4; n += 1) await rotate(person)
    expect(await statesOf(person)).toEqual(['VALID', 'EXPIRING', 'EXPIRED', 'EXPIRED'])
    await rotate(person, 0)
    expect(await statesOf(person)).toEqual(['VALID', 'EXPIRED', 'EXPIRED', 'EXPIRED', 'EXPIRED'])
  })

  it('leaves one that goes on, of two made at once', async () => {
    const person = await world.creator()
    await Promise.all([rotate(person), rotate(person)])
    expect((await statesOf(person)).sort()).toEqual(['EXPIRING', 'VALID'])
  })

  it('is revoked at once, by whose it is', async () => {
    const { id } = await rotate(creator)
    expect(await errorsOf(await world.creator(), 'revokeStreamKey', { streamKeyId: id })).toEqual(['NODE_NOT_FOUND'])
    expect(await errorsOf(creator, 'revokeStreamKey', { streamKeyId: id })).toEqual([])
    expect(await errorsOf(creator, 'revokeStreamKey', { streamKeyId: id })).toEqual([])
    expect((await statesOf(creator))[0]).toBe('REVOKED')
    const { node } = await creator.do(`{ node(id: "${id}") { ... on StreamKey { state } } }`)
    expect(node.state).toBe('REVOKED')
    expect((await world.stranger().request(`{ node(id: "${id}") { id } }`)).data).toEqual({ node: null })
  })
})
