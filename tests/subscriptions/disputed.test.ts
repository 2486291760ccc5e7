import { expect, it } from 'vitest'
import { publish, read } from '../content/posts.js'
import { chargeOf, sandboxOf } from '../payments/paying.js'
import type { Person } from '../support/world.js'
import { DAY, age, factsOf, makeSubscriber, paidPeriods, passPeriod, renew } from './members.js'
import { creator, openSetting, server, world } from './setting.js'

openSetting()

/** Somebody who disputes what they paid for their subscription, and the dispute. */
async function disputing(): Promise<{ fan: Person; dispute: string }> {
  const { fan } = await makeSubscriber(world, creator)
  const dispute = await sandboxOf(server).openDispute(await chargeOf(server, fan))
  await server.drain()
  return { fan, dispute }
}
const close = async (dispute: string, verdict: 'WON' | 'LOST'): Promise<void> => {
  await sandboxOf(server).closeDispute(dispute, verdict)
  await server.drain()
}

it('says so, and is as it was once the dispute is won', async () => {
  const { fan, dispute } = await disputing()
  const { id } = await publish(creator, { visibility: 'SUBSCRIBERS' })
  const opens = async (): Promise<boolean> => (await read(fan, id as string))?.['body'].__typename === 'UnlockedBody'
  expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', paymentHealth: 'DISPUTED', nextChargeAt: null })
  expect(await opens()).toBe(false)
  await close(dispute, 'WON')
  expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', paymentHealth: 'HEALTHY', willRenew: true })
  expect((await factsOf(fan)).nextChargeAt).not.toBeNull()
  expect(await opens()).toBe(true)
})

it('is not renewed while it is disputed, and ends when grace has passed', async () => {
  const { fan, dispute } = await disputing()
  await passPeriod(server, fan)
  expect(await paidPeriods(server, fan)).toBe(1)
  expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', paymentHealth: 'DISPUTED', nextChargeAt: null })
  await age(server, fan, 4 * DAY)
  await renew(server)
  expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'DISPUTED', willRenew: false })
  await close(dispute, 'WON')
  expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'DISPUTED' })
  expect(await paidPeriods(server, fan)).toBe(1)
})

it('is renewed after its period where the dispute is won within grace', async () => {
  const { fan, dispute } = await disputing()
  await passPeriod(server, fan)
  await close(dispute, 'WON')
  await age(server, fan, DAY)
  await renew(server)
  expect(await factsOf(fan)).toMatchObject({
    status: 'ACTIVE',
    paymentHealth: 'HEALTHY',
    graceUntil: null,
    currentPeriod: { number: 2 },
  })
  expect(await paidPeriods(server, fan)).toBe(2)
})
