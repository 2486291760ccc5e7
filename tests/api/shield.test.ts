import { rule } from 'graphql-shield'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSchema } from '../../src/api/schema.js'
import { anyone } from '../../src/lib/rules.js'
import { connect, laboratorySchema, openLaboratory, rules, SDL, sources } from './laboratory.js'
import type { Laboratory } from './laboratory.js'

let lab: Laboratory
beforeAll(async () => (lab = await openLaboratory()))
afterAll(() => lab.close())

const never = rule('never', { cache: 'no_cache' })(() => false)
const build = (changed: object) => buildSchema({ typeDefs: [SDL], resolvers: {}, rules: { ...rules, ...changed } })

describe('rules', () => {
  it('are asked for each argument anew, also under aliases of one request', async () => {
    const { data, errors } = await lab.ask('{ a: owned(id: "mine") b: owned(id: "yours") c: owned(id: "mine") }')
    expect(data).toEqual({ a: 'the secret of mine', b: null, c: 'the secret of mine' })
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN', reason: 'not_allowed' } }])
  })

  it('that crash are bugs, not denials', async () => {
    const { errors } = await lab.ask('{ brokenRule }')
    expect(errors[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR')
  })

  it('do not take a bug in a resolver for a denial', async () => {
    const { errors } = await lab.ask('{ crash }')
    expect(errors[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR')
  })

  it('say what is missing: a session, a role, a second factor, good standing', async () => {
    const as = async (token: string | undefined, field: string) =>
      (await lab.ask(`{ ${field} }`, {}, token)).errors[0]?.extensions
    const { sessions } = lab
    expect(await as(undefined, 'signedIn')).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'not_signed_in' })
    expect(await as(sessions.open('suspended', { isLimited: true }), 'signedIn')).toMatchObject({
      code: 'FORBIDDEN',
      reason: 'account_limited',
    })
    expect(await as(sessions.open('fan'), 'staffOnly')).toMatchObject({ code: 'FORBIDDEN', reason: 'role_required' })
    expect(await as(sessions.open('careless', { role: 'ADMIN' }), 'staffOnly')).toMatchObject({
      reason: 'second_factor_required',
    })
    expect(await as(sessions.open('staff', { role: 'ADMIN', hasSecondFactor: true }), 'staffOnly')).toBeUndefined()
  })

  it('guard fields of listed types wherever they are reached, and cost others nothing', async () => {
    const { data, errors } = await lab.ask('{ person { name secret best { secret } } }')
    expect(data).toEqual({ person: { name: 'Person 0', secret: null, best: { secret: null } } })
    expect(errors.map(({ path }) => path)).toEqual([
      ['person', 'secret'],
      ['person', 'best', 'secret'],
    ])
    expect(laboratorySchema().getQueryType()?.getFields()['hello']?.resolve?.name).toContain('hello')
  })

  it('keep a denied subscription from ever starting', async () => {
    const { started } = sources
    const socket = await connect(lab.url)
    socket.subscribe('1', 'subscription { deniedTicks { sequence } }')
    const { type, payload } = await socket.next('1')
    expect({ type, payload }).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] })
    socket.subscribe('2', 'subscription { privateTicks { sequence } }')
    expect((await socket.next('2')).payload).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED', reason: 'not_signed_in' } },
    ])
    expect(sources.started).toBe(started)
    socket.socket.close()
  })
})

describe('a schema is not built', () => {
  it('with a root field that has no rule', () => {
    const others = Object.fromEntries(Object.entries(rules.Query).filter(([name]) => name !== 'hello'))
    expect(() => build({ Query: others })).toThrow('Query.hello has no rule')
    expect(() => build({ Subscription: {} })).toThrow('Subscription.ticks has no rule')
  })

  it('with a rule for what is no field', () => {
    expect(() => build({ Person: { sercet: never } })).toThrow('Person.sercet has a rule but is no field')
    expect(() => build({ Persom: { secret: never } })).toThrow('Persom.secret has a rule but is no field')
  })

  it('with a payload that cannot be empty', () => {
    const typeDefs = [SDL.replace('isDone: Boolean!', 'isDone: Person!')]
    expect(() => buildSchema({ typeDefs, resolvers: { Mutation: { do: () => null } }, rules })).toThrow(
      'DoPayload.isDone must be nullable',
    )
  })

  it('with a resolver for what is no field', () => {
    expect(() =>
      buildSchema({
        typeDefs: [SDL],
        resolvers: { Query: { helo: () => '' } },
        rules: { ...rules, Query: { ...rules.Query, hello: anyone } },
      }),
    ).toThrow('helo')
  })
})
