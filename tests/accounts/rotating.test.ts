import { afterAll, beforeAll, expect, it } from 'vitest'
import { jobs } from '../../src/keys/jobs.js'
import { openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { RESUME_ROTATIONS } from '../../src/keys/types.js'
import { masterKey } from '../keys/person.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { World } from '../support/world.js'
import { mutate, query } from './calls.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

it('goes on serving people while the master key is exchanged, and after the old one is gone', async () => {
  const { config, database } = server.services
  const next = masterKey('next')
  const [person, second] = [await world.fan(), await world.fan()]
  await mutate(person, 'updateProfile', { characteristics: { height: 180 }, legalName: 'Somebody Else' })

  openKeyring([next, ...config.masterKeys])
  await verifyKeys(database.db)
  await person.signIn()
  const register = (email: string) =>
    mutate(world.stranger(), 'register', { username: `r${Date.now().toString(36)}`, email, password: person.password })
  expect((await register(person.email)).codes).toEqual(['EMAIL_TAKEN'])
  const newcomer = await world.fan()
  expect((await register(newcomer.email)).codes).toEqual(['EMAIL_TAKEN'])

  await jobs.find(({ name }) => name === RESUME_ROTATIONS)?.run({}, server.jobs, '1')
  await server.drain()
  openKeyring([next])
  await verifyKeys(database.db)
  for (const each of [person, second, newcomer]) {
    await each.signIn()
    expect((await query(each, 'viewer { email }')).viewer.email).toBe(each.email)
    expect((await register(each.email)).codes).toEqual(['EMAIL_TAKEN'])
  }
  const { profile } = (await query(person, 'viewer { user { profile { characteristics } } }')).viewer.user
  expect(profile.characteristics).toEqual({ height: 180 })
})
