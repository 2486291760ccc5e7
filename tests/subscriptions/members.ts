import { provenCreator } from '../content/posts.js'
import { ERRORS, PAYMENT, newKey, saveCard } from '../payments/paying.js'
import type { TestServer } from '../support/server.js'
import type { Person, World } from '../support/world.js'

export const DAY = 86_400_000

/** What the tests ask of a subscription. */
export const FACTS = `id status type nextOffer { type months } willRenew entitledUntil nextChargeAt graceUntil paymentHealth cancelReason stoppedReason
  endedAt endedReason price { amountMinor currency } currentPeriod { number startsAt endsAt }`
const OFFERS = `query ($name: String!) { user(username: $name) { subscriptionOffers { id type months price { amountMinor currency } } } }`
export const UPDATE_OFFER = `mutation ($input: UpdateSubscriptionOfferInput!) {
  updateSubscriptionOffer(input: $input) { offers { id type months price { amountMinor } discountBasisPoints } ${ERRORS} }
}`
export const SUBSCRIBE = `mutation ($input: SubscribeInput!) { subscribe(input: $input) { subscription { ${FACTS} } ${PAYMENT} replayed ${ERRORS} } }`
export const CANCEL = `mutation ($id: ID!, $reason: String) { cancelSubscription(input: { subscriptionId: $id, reason: $reason }) { subscription { ${FACTS} } ${ERRORS} } }`
export const RESUME = `mutation ($id: ID!) { resumeSubscription(input: { subscriptionId: $id }) { subscription { ${FACTS} } ${ERRORS} } }`

/** A creator who offers months, years and access for always. */
export async function memberCreator(world: World): Promise<Person> {
  const person = await provenCreator(world)
  await person.do(UPDATE_OFFER, {
    input: { monthlyPriceMinor: '500', yearlyDiscountBasisPoints: 2_000, lifetimePriceMinor: '30000' },
  })
  return person
}

/** What a creator offers, as anybody sees it. */
export const offersOf = async (creator: Person): Promise<any[]> =>
  (await creator.do(OFFERS, { name: creator.username })).user.subscriptionOffers as any[]

/** Subscribes, and answers what the API answered. */
export async function trySubscribe(
  fan: Person,
  to: Person,
  type = 'MONTHLY',
  more: Record<string, unknown> = {},
): Promise<any> {
  const { id, price } = (await offersOf(to)).find((offer) => offer.type === type)
  const input = { offerId: id, expectedPrice: price, idempotencyKey: newKey(), ...more }
  return (await fan.request(SUBSCRIBE, { input })).data?.['subscribe']
}

/** Somebody new who subscribes with a card. */
export async function makeSubscriber(
  world: World,
  to: Person,
  token = 'pm_card_visa',
): Promise<{ fan: Person; subscription: any }> {
  const fan = await world.fan()
  await saveCard(fan, token)
  return { fan, subscription: (await trySubscribe(fan, to)).subscription }
}

/** Somebody's newest subscription, as they see it. */
export const factsOf = async (fan: Person): Promise<any> =>
  (await fan.do(`{ viewer { subscriptions(first: 1) { nodes { ${FACTS} } } } }`)).viewer.subscriptions.nodes[0]

/** How many periods somebody has paid for. */
export async function paidPeriods({ database }: TestServer, fan: Person): Promise<number> {
  const { rows } = await database.owner.query(
    `select count(*) from transactions where payer_id = $1 and status = 'succeeded' and type = 'subscription'`,
    [fan.uuid],
  )
  return Number(rows[0].count)
}

const FAR_AWAY = `interval '100000 days'`

/** Has somebody's subscriptions be older by `ms`, as if they had begun so much earlier. */
export async function age({ database: { owner } }: TestServer, fan: Person, ms: number): Promise<void> {
  const by = `make_interval(secs => ${String(ms / 1_000)})`
  const shift = (columns: string[]): string => columns.map((name) => `${name} = ${name} - ${by}`).join(', ')
  for (const table of ['subscription_periods', 'entitlement_grants'])
    // by way of another age: one that takes another's place row by row would find it taken
    for (const step of [`${by} + ${FAR_AWAY}`, `- ${FAR_AWAY}`])
      await owner.query(
        `update ${table} set starts_at = starts_at - (${step}), ends_at = ends_at - (${step})
         where subscription_id in (select id from subscriptions where subscriber_id = $1)`,
        [fan.uuid],
      )
  const times = [
    'started_at',
    'anchor_at',
    'period_starts_at',
    'period_ends_at',
    'entitled_until',
    'trial_ends_at',
    'next_charge_at',
    'grace_until',
  ]
  await owner.query(`update subscriptions set ${shift(times)} where subscriber_id = $1`, [fan.uuid])
}

/** Runs the renewals that are due now, asked for `times` times. */
export async function renew(server: TestServer, times = 1): Promise<void> {
  await server.database.owner.query(
    `select graphile_worker.add_job('subscriptions.renew_due', '{}') from generate_series(1, $1)`,
    [times],
  )
  await server.drain()
}

/** Lets the current period end `ms` ago, and renews what is due. */
export async function passPeriod(server: TestServer, fan: Person, { ms = 1_000, times = 1 } = {}): Promise<void> {
  const { currentPeriod } = await factsOf(fan)
  await age(server, fan, new Date(currentPeriod.endsAt).getTime() - Date.now() + ms)
  await renew(server, times)
}

/** The processor's token of the card that somebody saved first. */
export async function tokenOf({ database }: TestServer, fan: Person): Promise<string> {
  const { rows } = await database.owner.query(
    `select token from payment_methods where user_id = $1 order by created_at, id limit 1`,
    [fan.uuid],
  )
  return rows[0].token as string
}
