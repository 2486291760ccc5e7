import { randomUUID } from 'node:crypto'
import { GraphQLObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import type { NodeType } from '../../src/lib/ids.js'
import { served } from '../../src/served.js'
import type { Answer } from '../support/client.js'
import { openRawSocket } from '../support/raw-socket.js'
import { say } from '../comments/calls.js'
import { draft, provenCreator, publish } from '../content/posts.js'
import { send as sendMessage, start as startConversation } from '../messages/calls.js'
import { saveCard, tip, topUp } from '../payments/paying.js'
import { goLive, join, rotate, say as sayInStream, schedule, streamMutation } from '../streams/calls.js'
import { makePicture, requestUpload, sendUpload } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, PASSWORD } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const ROLES = ['stranger', 'fan', 'creator', 'otherCreator', 'moderator', 'admin', 'limited', 'weakStaff'] as const
type Role = (typeof ROLES)[number]
/** What the API says: `ok`, a reason of refusal, or `user:CODE` where the input is the caller's to mend. */
type Verdicts = Readonly<Record<Role, string>>

let server: TestServer
let world: World
let people: Record<Role, Person>
let victim: Person
const plain = { isEmailVerified: false }
const make: Record<Role, () => Promise<Person>> = {
  stranger: () => Promise.resolve(world.stranger() as Person),
  fan: () => world.fan(plain),
  creator: () => world.creator(plain),
  otherCreator: () => world.creator({ ...plain, currency: 'USD' }),
  moderator: () => world.moderator(plain),
  admin: () => world.admin(plain),
  limited: () => world.suspended(plain),
  weakStaff: () => world.staffWithoutSecondFactor(),
}
beforeAll(async () => {
  // each of the cast asks for more than anybody may in a minute
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
  const entries: [Role, Person][] = []
  for (const role of ROLES) entries.push([role, await make[role]()])
  people = Object.fromEntries(entries) as Record<Role, Person>
  victim = await world.fan()
})
afterAll(() => server.close())

const all = (verdict: string, others: Partial<Verdicts> = {}): Verdicts => ({
  ...(Object.fromEntries(ROLES.map((role) => [role, verdict])) as Verdicts),
  ...others,
})
const PUBLIC = all('ok')
const SESSION = all('ok', { stranger: 'not_signed_in' })
const SIGNED_IN = all('ok', { stranger: 'not_signed_in', limited: 'account_limited' })
const STAFF = all('role_required', {
  stranger: 'not_signed_in',
  limited: 'account_limited',
  moderator: 'ok',
  admin: 'ok',
  weakStaff: 'second_factor_required',
})
const CREATORS = all('role_required', {
  stranger: 'not_signed_in',
  limited: 'account_limited',
  creator: 'ok',
  otherCreator: 'ok',
})
const ADMIN: Verdicts = { ...STAFF, moderator: 'role_required', weakStaff: 'role_required' }

interface Row {
  readonly verdicts: Verdicts
  /** The field with its arguments and selection; valid, so that a refusal is one of permission. */
  readonly call: (asker: Person, role: Role) => Promise<Call> | Call
  /** Whoever may call it is not the same afterwards: each gets somebody of their own. */
  readonly isDestructive?: true
}
interface Call {
  readonly field: string
  readonly input?: Record<string, unknown>
}

const withInput = (name: string, input: Record<string, unknown> = {}): Call => ({ field: name, input })
const aSecret = 'x'.repeat(43)
const factorOf = async (asker: Person): Promise<object> => (asker.totpSecret ? { code: await asker.code() } : {})
const aPendingVerification = async (): Promise<string> => {
  const person = await world.fan(plain)
  const { submitAgeVerification } = await person.do(
    `mutation ($input: SubmitAgeVerificationInput!) { submitAgeVerification(input: $input) { ageVerification { id } userErrors { code } } }`,
    { input: { countryCode: 'DE', birthDate: '1990-05-17', documentToken: 'for-people' } },
  )
  return submitAgeVerification.ageVerification.id as string
}
/** What `creator` gives away is for them and staff to give; for others there is no such thing. */
const GIVERS = all('user:NODE_NOT_FOUND', {
  stranger: 'not_signed_in',
  limited: 'account_limited',
  creator: 'ok',
  moderator: 'ok',
  admin: 'ok',
})
const aGift = async (): Promise<string> => {
  const { grantAccess } = await people.creator.do(
    `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { grant { id } userErrors { code } } }`,
    { input: { userId: victim.id, contentId: await aPost(), reason: 'Won a prize.' } },
  )
  return grantAccess.grant.id as string
}
const inADay = (): { localTime: string; timeZone: string } => ({
  localTime: new Date(Date.now() + 86_400_000).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length),
  timeZone: 'UTC',
})
/** A draft of the asker's own, where they may have one. */
const aDraft = async (asker: Person, role: Role): Promise<string> =>
  mayCall(CREATORS, role) ? ((await draft(asker))['id'] as string) : globalId('Content', randomUUID())
const aPost = async (): Promise<string> => (await publish(people.creator))['id'] as string
/** A file of the asker's; a stranger's and a limited person's is somebody else's. */
const aFile = async (asker: Person, role: Role, isSent = false): Promise<string> => {
  const owner = role === 'stranger' || role === 'limited' ? victim : asker
  const bytes = await makePicture()
  if (isSent) return await sendUpload(owner, bytes)
  return (await requestUpload(owner, bytes)).data?.requestMediaUpload.media?.id ?? ''
}
/** A comment of the asker's, or for a stranger `victim`'s, under a post of `creator`. */
const aCommentOf = async ({ uuid }: Person): Promise<string> => {
  const contentId = parseGlobalId(await aPost())?.uuid ?? ''
  return globalId('Comment', await say(server, { contentId, authorId: uuid || victim.uuid }))
}
/** An address for webhooks of the asker's own, where they may have one, or what it was sent. */
const aWebhook = async (asker: Person, role: Role): Promise<{ endpointId: string; deliveryId: string }> => {
  const none = { endpointId: globalId('WebhookEndpoint', randomUUID()), deliveryId: '' }
  if (!mayCall(CREATORS, role)) return { ...none, deliveryId: globalId('WebhookDelivery', randomUUID()) }
  const { createWebhookEndpoint: made } = await asker.do(
    `mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { endpoint { id } userErrors { code } } }`,
    { input: { url: 'https://tools.example.org', eventTypes: [] } },
  )
  const endpointId = made.endpoint.id as string
  const { sendTestWebhook: sent } = await asker.do(
    `mutation ($input: SendTestWebhookInput!) { sendTestWebhook(input: $input) { delivery { id } userErrors { code } } }`,
    { input: { endpointId } },
  )
  return { endpointId, deliveryId: sent.delivery.id as string }
}
/** A way to pay of the asker's, where they may have one. */
const aNewCard = (asker: Person, role: Role): Promise<string> =>
  mayCall(SIGNED_IN, role) ? saveCard(asker) : Promise.resolve(globalId('PaymentMethod', randomUUID()))
/** A payment of the asker's that waits for them. */
async function aWaitingPayment(asker: Person, role: Role): Promise<string> {
  if (!mayCall(SIGNED_IN, role)) return globalId('Payment', randomUUID())
  const paymentMethodId = await saveCard(asker, 'pm_card_authenticationRequired')
  const payWith = { paymentMethodId, returnUrl: 'https://app.example.com' }
  return (await topUp(asker, '1000', 'EUR', { payWith })).data?.['topUpWallet'].payment.id as string
}
const cards = new Map<Person, Promise<string>>()
/** A way to pay of the asker's that stays: how many one may save in an hour is limited. */
const aCard = (asker: Person, role: Role): Promise<string> => {
  const card = cards.get(asker) ?? aNewCard(asker, role)
  cards.set(asker, card)
  return card
}
let earner: Promise<Person> | undefined
/** A creator who may earn. */
const anEarner = (): Promise<Person> => (earner ??= provenCreator(world))
/** What `victim` gave to a creator who may earn. */
const aTip = async (): Promise<string> => {
  await aCard(victim, 'fan')
  const { data } = await tip(victim, await anEarner())
  return (data?.['sendTip'] as { tip: { id: string } }).tip.id
}
/** Something that `victim` paid to a creator who may earn. */
const aSale = async (): Promise<string> => {
  const { rows } = await server.database.owner.query<{ id: string }>(
    `select t.id from transactions t join tips p on p.id = t.tip_id where p.id = $1`,
    [parseGlobalId(await aTip())?.uuid],
  )
  return globalId('Transaction', rows[0]?.id ?? '')
}
/** Another creator each time: nobody subscribes twice to one. */
const anOffer = async (): Promise<string> => {
  const creator = await provenCreator(world)
  const { updateSubscriptionOffer } = await creator.do(
    `mutation { updateSubscriptionOffer(input: { monthlyPriceMinor: "500" }) { offers { id } userErrors { code } } }`,
  )
  return updateSubscriptionOffer.offers[0].id as string
}
/** A subscription of the asker's own, where they may have one. */
const aSubscription = async (asker: Person, role: Role): Promise<string> => {
  if (!mayCall(SIGNED_IN, role)) return globalId('CreatorSubscription', randomUUID())
  const { subscribe } = await asker.do(
    `mutation ($input: SubscribeInput!) { subscribe(input: $input) { subscription { id } userErrors { code } } }`,
    {
      input: {
        offerId: await anOffer(),
        expectedPrice: { amountMinor: '500', currency: 'EUR' },
        payWith: { paymentMethodId: await aCard(asker, role) },
        idempotencyKey: randomUUID(),
      },
    },
  )
  return subscribe.subscription.id as string
}
const aStreamOf = async (creator: Person): Promise<string> => (await schedule(creator))['id'] as string
/** A stream of the asker's own, where they may have one. */
const aStream = async (asker: Person, role: Role, { isOnAir = false } = {}): Promise<string> => {
  if (!mayCall(CREATORS, role)) return globalId('LiveStream', randomUUID())
  const { id } = isOnAir ? await goLive(asker) : await schedule(asker)
  return id as string
}
/** Somebody muted in a stream of the asker's, where they may have one. */
const aSanction = async (asker: Person, role: Role): Promise<string> => {
  if (!mayCall(CREATORS, role)) return globalId('StreamSanction', randomUUID())
  await asker.do(streamMutation('muteInStream'), {
    input: { streamId: await aStreamOf(asker), userId: victim.id },
  })
  const { viewer } = await asker.do('{ viewer { streamSanctions(first: 1) { nodes { id } } } }')
  return viewer.streamSanctions.nodes[0].id as string
}
let aired: Promise<string> | undefined
/** A stream that is on air. */
const anAiredStream = (): Promise<string> =>
  (aired ??= provenCreator(world).then(async (creator) => (await goLive(creator))['id'] as string))
const aHold = async (): Promise<string> => {
  const { holdPayouts } = await people.admin.do(
    `mutation ($input: HoldPayoutsInput!) { holdPayouts(input: $input) { hold { id } userErrors { code } } }`,
    { input: { creatorId: people.creator.id, reason: 'A reason.', idempotencyKey: randomUUID() } },
  )
  return holdPayouts.hold.id as string
}
/** A processor's message that could not be applied. */
const aMessage = async (): Promise<string> => {
  const { rows } = await server.database.owner.query<{ id: string }>(
    `insert into webhook_events (processor, event_id, type, occurred_at, payload, state)
     values ('sandbox', gen_random_uuid()::text, 'charge.failed', now(), '{}', 'dead') returning id`,
  )
  return globalId('WebhookEvent', rows[0]?.id ?? '')
}
/** A message of two others. */
const aMessageOfTwo = async (): Promise<string> => {
  const sender = await anEarner()
  return (await sendMessage(sender, await startConversation(await world.fan(), sender))).id
}
/** A conversation of the asker's, where they may have one. */
const aConversation = async (asker: Person, role: Role): Promise<string> =>
  mayCall(SIGNED_IN, role) ? startConversation(asker, await anEarner()) : globalId('Conversation', randomUUID())
/** A message of the asker's, where they may have one. */
const aMessageOf = async (asker: Person, role: Role): Promise<string> =>
  mayCall(SIGNED_IN, role)
    ? (await sendMessage(asker, await aConversation(asker, role))).id
    : globalId('Message', randomUUID())
/** A list of the asker's, where they may have one. */
const aList = async (asker: Person, role: Role): Promise<string> => {
  if (!mayCall(CREATORS, role)) return globalId('FanList', randomUUID())
  const { createFanList } = await asker.do(
    `mutation ($input: CreateFanListInput!) { createFanList(input: $input) { list { id } userErrors { code } } }`,
    { input: { name: randomUUID() } },
  )
  return createFanList.list.id as string
}
/** A mass message of the asker's, where they may have one, that waits for its time. */
const aMassMessage = async (asker: Person, role: Role): Promise<string> => {
  if (!mayCall(CREATORS, role)) return globalId('MassMessage', randomUUID())
  const sendAt = new Date(Date.now() + 86_400_000).toISOString()
  const { sendMassMessage: ordered } = await asker.do(
    `mutation ($input: SendMassMessageInput!) { sendMassMessage(input: $input) { massMessage { id } userErrors { code } } }`,
    { input: { segment: 'FOLLOWERS', body: 'To all.', sendAt, idempotencyKey: randomUUID() } },
  )
  return ordered.massMessage.id as string
}
const mayCall = (verdicts: Verdicts, role: Role): boolean => verdicts[role] === 'ok'

/** One row per root field. A field without one, and a row without a field, fail below. */
const MATRIX: Readonly<Record<string, Row>> = {
  'Query.viewer': { verdicts: PUBLIC, call: () => ({ field: 'viewer { email isLimited }' }) },
  'Query.user': { verdicts: PUBLIC, call: () => ({ field: `user(username: "${victim.username}") { displayName }` }) },
  'Query.node': { verdicts: PUBLIC, call: () => ({ field: `node(id: "${victim.id}") { id }` }) },
  'Query.nodes': { verdicts: PUBLIC, call: () => ({ field: `nodes(ids: ["${victim.id}"]) { id }` }) },
  'Query.users': { verdicts: STAFF, call: () => ({ field: 'users(first: 2) { nodes { username } }' }) },
  'Query.webhookEvents': { verdicts: ADMIN, call: () => ({ field: 'webhookEvents(first: 2) { nodes { id } }' }) },
  'Query.payouts': { verdicts: ADMIN, call: () => ({ field: 'payouts(first: 2) { nodes { id } }' }) },
  'Query.disputes': { verdicts: STAFF, call: () => ({ field: 'disputes(first: 2) { nodes { id } }' }) },
  'Query.financeCases': { verdicts: ADMIN, call: () => ({ field: 'financeCases(first: 2) { nodes { id } }' }) },
  'Query.feeRates': { verdicts: ADMIN, call: () => ({ field: 'feeRates { basisPoints }' }) },
  'Query.transaction': {
    verdicts: SIGNED_IN,
    call: () => ({ field: `transaction(id: "${globalId('Transaction', randomUUID())}") { id }` }),
  },
  'Query.previewRefund': {
    verdicts: { ...all('node_not_found'), stranger: 'not_signed_in', limited: 'account_limited', admin: 'ok' },
    call: async () => ({ field: `previewRefund(transactionId: "${await aSale()}") { revokesAccess }` }),
  },
  'Query.conversation': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => ({
      field: `conversation(id: "${await aConversation(asker, role)}") { lastSequence }`,
    }),
  },
  'Query.content': { verdicts: PUBLIC, call: async () => ({ field: `content(id: "${await aPost()}") { title }` }) },
  'Query.explainAccess': {
    verdicts: SIGNED_IN,
    call: async () => ({ field: `explainAccess(contentId: "${await aPost()}") { rule }` }),
  },
  'Query.feed': { verdicts: SIGNED_IN, call: () => ({ field: 'feed(first: 2) { nodes { title } }' }) },
  'Query.explore': { verdicts: PUBLIC, call: () => ({ field: 'explore(first: 2) { nodes { title } }' }) },
  'Query.creators': { verdicts: PUBLIC, call: () => ({ field: 'creators(first: 2) { nodes { username } }' }) },
  'Query.search': {
    verdicts: PUBLIC,
    call: () => ({ field: 'search(text: "a") { users(first: 2) { nodes { username } } }' }),
  },
  'Query.tags': { verdicts: PUBLIC, call: () => ({ field: 'tags(first: 2) { nodes { name } }' }) },
  'Query.categories': { verdicts: PUBLIC, call: () => ({ field: 'categories { slug name }' }) },
  'Query.notifications': { verdicts: SIGNED_IN, call: () => ({ field: 'notifications(first: 2) { nodes { text } }' }) },
  'Query.stream': {
    verdicts: PUBLIC,
    call: async () => ({ field: `stream(id: "${await aStreamOf(people.creator)}") { state }` }),
  },
  'Query.liveStreams': { verdicts: PUBLIC, call: () => ({ field: 'liveStreams(first: 2) { nodes { state } }' }) },
  'Subscription.viewerChanged': { verdicts: SESSION, call: () => ({ field: 'viewerChanged { kind }' }) },
  'Subscription.paymentChanged': { verdicts: SESSION, call: () => ({ field: 'paymentChanged { sequence }' }) },
  'Subscription.subscriptionChanged': {
    verdicts: SESSION,
    call: () => ({ field: 'subscriptionChanged { sequence }' }),
  },
  'Subscription.contentAccessChanged': {
    verdicts: SIGNED_IN,
    call: async () => ({ field: `contentAccessChanged(contentId: "${await aPost()}") { id }` }),
  },
  'Subscription.streamViewerCount': {
    verdicts: PUBLIC,
    call: async () => ({ field: `streamViewerCount(streamId: "${await anAiredStream()}") { viewerCount }` }),
  },
  'Subscription.streamUpdated': {
    verdicts: PUBLIC,
    call: async () => ({ field: `streamUpdated(streamId: "${await anAiredStream()}") { kind }` }),
  },
  'Subscription.streamChat': {
    verdicts: PUBLIC,
    call: async () => ({ field: `streamChat(streamId: "${await anAiredStream()}") { kind }` }),
  },
  'Subscription.notificationReceived': {
    verdicts: SIGNED_IN,
    call: () => ({ field: 'notificationReceived { sequence }' }),
  },

  'Subscription.messageReceived': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => ({
      field: `messageReceived(conversationId: "${await aConversation(asker, role)}") { sequence }`,
    }),
  },
  'Subscription.massMessageProgress': {
    verdicts: CREATORS,
    call: async (asker, role) => ({
      field: `massMessageProgress(massMessageId: "${await aMassMessage(asker, role)}") { sentCount }`,
    }),
  },
  'Subscription.conversationUpdated': { verdicts: SIGNED_IN, call: () => ({ field: 'conversationUpdated { id }' }) },
  'Subscription.typing': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => ({
      field: `typing(conversationId: "${await aConversation(asker, role)}") { isTyping }`,
    }),
  },
  'Subscription.presence': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => ({
      field: `presence(conversationId: "${await aConversation(asker, role)}") { status }`,
    }),
  },

  'Mutation.register': {
    verdicts: PUBLIC,
    call: () => {
      const username = `new.${randomUUID().slice(0, 8)}`
      return withInput('register', { username, email: `${username}@example.org`, password: PASSWORD })
    },
  },
  'Mutation.login': {
    verdicts: PUBLIC,
    call: () => withInput('login', { email: victim.email, password: victim.password }),
  },
  'Mutation.refreshSession': {
    verdicts: PUBLIC,
    call: async () => withInput('refreshSession', { refreshToken: (await victim.elsewhere()).refreshToken }),
  },
  'Mutation.requestPasswordReset': {
    verdicts: PUBLIC,
    call: () => withInput('requestPasswordReset', { email: `${randomUUID()}@example.org` }),
  },
  'Mutation.resetPassword': {
    verdicts: all('user:TOKEN_INVALID'),
    call: () => withInput('resetPassword', { token: aSecret, newPassword: 'another-Horse-8-battery' }),
  },
  'Mutation.verifyEmail': {
    verdicts: all('user:TOKEN_INVALID'),
    call: () => withInput('verifyEmail', { token: aSecret }),
  },

  'Mutation.logout': { verdicts: SESSION, call: () => withInput('logout'), isDestructive: true },
  'Mutation.logoutEverywhere': { verdicts: SESSION, call: () => withInput('logoutEverywhere'), isDestructive: true },
  'Mutation.revokeSession': {
    verdicts: SESSION,
    call: async (asker, role) => {
      const owner = role === 'stranger' ? victim : asker
      const { viewer } = await owner.do('{ viewer { session { id } } }')
      return withInput('revokeSession', { sessionId: viewer.session.id })
    },
    isDestructive: true,
  },
  'Mutation.reauthenticate': {
    verdicts: SIGNED_IN,
    call: async (asker) => withInput('reauthenticate', { password: PASSWORD, ...(await factorOf(asker)) }),
    isDestructive: true,
  },
  'Mutation.changePassword': {
    verdicts: SIGNED_IN,
    call: () => withInput('changePassword', { currentPassword: PASSWORD, newPassword: 'another-Horse-8-battery' }),
    isDestructive: true,
  },
  'Mutation.changeEmail': {
    verdicts: SIGNED_IN,
    call: () => withInput('changeEmail', { newEmail: `${randomUUID()}@example.org` }),
    isDestructive: true,
  },
  'Mutation.resendVerification': { verdicts: SIGNED_IN, call: () => withInput('resendVerification') },
  'Mutation.updateProfile': { verdicts: SIGNED_IN, call: () => withInput('updateProfile', { bio: 'Hello.' }) },
  'Mutation.setCreatorCategories': {
    verdicts: CREATORS,
    call: () => withInput('setCreatorCategories', { categories: ['music'] }),
  },
  'Mutation.startTotp': {
    verdicts: { ...SIGNED_IN, moderator: 'user:TOTP_ALREADY_CONFIRMED', admin: 'user:TOTP_ALREADY_CONFIRMED' },
    call: () => withInput('startTotp'),
  },
  'Mutation.confirmTotp': {
    verdicts: {
      ...all('user:WRONG_CODE', { stranger: 'not_signed_in', limited: 'account_limited' }),
      moderator: 'user:TOTP_ALREADY_CONFIRMED',
      admin: 'user:TOTP_ALREADY_CONFIRMED',
    },
    call: async (asker) => {
      await asker.request('mutation { startTotp(input: {}) { secret } }')
      return withInput('confirmTotp', { code: 'no code' })
    },
    isDestructive: true,
  },
  'Mutation.disableTotp': {
    verdicts: {
      ...all('user:TOTP_NOT_CONFIRMED', { stranger: 'not_signed_in', limited: 'account_limited' }),
      moderator: 'ok',
      admin: 'ok',
    },
    call: async (asker) => withInput('disableTotp', { code: '000000', ...(await factorOf(asker)) }),
    isDestructive: true,
  },
  'Mutation.becomeCreator': {
    verdicts: { ...SIGNED_IN, moderator: 'user:NOT_A_FAN', admin: 'user:NOT_A_FAN', weakStaff: 'user:NOT_A_FAN' },
    call: (_asker, role) => withInput('becomeCreator', { currency: role === 'otherCreator' ? 'USD' : 'EUR' }),
    isDestructive: true,
  },
  'Mutation.submitAgeVerification': {
    verdicts: SIGNED_IN,
    call: () =>
      withInput('submitAgeVerification', {
        countryCode: 'DE',
        birthDate: '1990-05-17',
        documentToken: 'sandbox-approve',
      }),
    isDestructive: true,
  },
  'Mutation.deleteAccount': {
    verdicts: SIGNED_IN,
    call: async (asker) => withInput('deleteAccount', { password: PASSWORD, ...(await factorOf(asker)) }),
    isDestructive: true,
  },
  'Mutation.restoreAccount': {
    verdicts: { ...SESSION, limited: 'user:NOT_DELETED' },
    call: () => withInput('restoreAccount'),
  },

  'Mutation.createContent': {
    verdicts: CREATORS,
    call: () => withInput('createContent', { type: 'TEXT', body: 'A body' }),
  },
  'Mutation.updateContent': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('updateContent', { contentId: await aDraft(asker, role), expectedVersion: 1, title: 'Another' }),
  },
  'Mutation.publishContent': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('publishContent', { contentId: await aDraft(asker, role) }),
  },
  'Mutation.unpublishContent': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('unpublishContent', { contentId: await aDraft(asker, role) }),
  },
  'Mutation.scheduleContent': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('scheduleContent', { contentId: await aDraft(asker, role), ...inADay() }),
  },
  'Mutation.deleteContent': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('deleteContent', { contentId: await aDraft(asker, role) }),
  },
  'Mutation.restoreContent': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('restoreContent', { contentId: await aDraft(asker, role) }),
  },
  'Mutation.saveContent': {
    verdicts: SIGNED_IN,
    call: async () => withInput('saveContent', { contentId: await aPost() }),
  },
  'Mutation.unsaveContent': {
    verdicts: SIGNED_IN,
    call: async () => withInput('unsaveContent', { contentId: await aPost() }),
  },
  'Mutation.likeContent': {
    verdicts: { ...SIGNED_IN, creator: 'user:SELF_ACTION' },
    call: async () => withInput('likeContent', { contentId: await aPost() }),
  },
  'Mutation.unlikeContent': {
    verdicts: SIGNED_IN,
    call: async () => withInput('unlikeContent', { contentId: await aPost() }),
  },
  'Mutation.createWebhookEndpoint': {
    verdicts: CREATORS,
    call: () => withInput('createWebhookEndpoint', { url: 'https://tools.example.org', eventTypes: [] }),
  },
  'Mutation.updateWebhookEndpoint': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('updateWebhookEndpoint', { endpointId: (await aWebhook(asker, role)).endpointId }),
  },
  'Mutation.deleteWebhookEndpoint': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('deleteWebhookEndpoint', { endpointId: (await aWebhook(asker, role)).endpointId }),
  },
  'Mutation.rotateWebhookSecret': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('rotateWebhookSecret', { endpointId: (await aWebhook(asker, role)).endpointId }),
  },
  'Mutation.sendTestWebhook': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('sendTestWebhook', { endpointId: (await aWebhook(asker, role)).endpointId }),
  },
  'Mutation.redeliverWebhook': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('redeliverWebhook', { deliveryId: (await aWebhook(asker, role)).deliveryId }),
  },
  'Mutation.addPaymentMethod': {
    verdicts: SIGNED_IN,
    call: () => withInput('addPaymentMethod', { token: 'pm_card_visa', idempotencyKey: randomUUID() }),
  },
  'Mutation.removePaymentMethod': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('removePaymentMethod', { paymentMethodId: await aNewCard(asker, role) }),
  },
  'Mutation.setDefaultPaymentMethod': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('setDefaultPaymentMethod', { paymentMethodId: await aNewCard(asker, role) }),
  },
  'Mutation.cancelPayment': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('cancelPayment', { paymentId: await aWaitingPayment(asker, role) }),
  },
  'Mutation.topUpWallet': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('topUpWallet', {
        amountMinor: '1000',
        currency: 'EUR',
        payWith: { paymentMethodId: await aCard(asker, role) },
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.sendTip': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('sendTip', {
        creatorId: (await anEarner()).id,
        amountMinor: '500',
        currency: 'EUR',
        payWith: { paymentMethodId: await aCard(asker, role) },
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.revealTipSender': {
    verdicts: STAFF,
    call: async () => withInput('revealTipSender', { tipId: await aTip(), reason: 'A court asks.' }),
  },
  'Mutation.revealMessage': {
    verdicts: STAFF,
    call: async () => withInput('revealMessage', { messageId: await aMessageOfTwo(), reason: 'Somebody reported it.' }),
  },
  'Mutation.purchaseContent': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('purchaseContent', {
        contentId: (await publish(await anEarner(), { priceMinor: '500' }))['id'],
        expectedPrice: { amountMinor: '500', currency: 'EUR' },
        payWith: { paymentMethodId: await aCard(asker, role) },
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.scheduleStream': {
    verdicts: CREATORS,
    call: () => withInput('scheduleStream', { title: 'Tonight' }),
  },
  'Mutation.startStream': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('startStream', { streamId: await aStream(asker, role) }),
    isDestructive: true,
  },
  'Mutation.endStream': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('endStream', { streamId: await aStream(asker, role, { isOnAir: true }) }),
    isDestructive: true,
  },
  'Mutation.cancelStream': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('cancelStream', { streamId: await aStream(asker, role) }),
  },
  'Mutation.joinStream': {
    verdicts: SIGNED_IN,
    call: async () => withInput('joinStream', { streamId: await anAiredStream() }),
  },
  'Mutation.heartbeatStream': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => {
      const streamId = await anAiredStream()
      if (mayCall(SIGNED_IN, role)) await join(asker, streamId)
      return withInput('heartbeatStream', { streamId })
    },
  },
  'Mutation.leaveStream': {
    verdicts: SIGNED_IN,
    call: async () => withInput('leaveStream', { streamId: await anAiredStream() }),
  },
  'Mutation.purchaseStreamAccess': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('purchaseStreamAccess', {
        streamId: (await schedule(await anEarner(), { priceMinor: '500', plannedMinutes: 60 }))['id'],
        expectedPrice: { amountMinor: '500', currency: 'EUR' },
        payWith: { paymentMethodId: await aCard(asker, role) },
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.sendStreamChat': {
    verdicts: SIGNED_IN,
    call: async () => withInput('sendStreamChat', { streamId: await anAiredStream(), text: 'Hello.' }),
  },
  'Mutation.deleteStreamChat': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => {
      const lineId = mayCall(SIGNED_IN, role)
        ? ((await sayInStream(asker, await anAiredStream()))['line'].id as string)
        : globalId('StreamChatLine', randomUUID())
      return withInput('deleteStreamChat', { lineId })
    },
  },
  'Mutation.updateStreamChat': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('updateStreamChat', { streamId: await aStream(asker, role), chat: {} }),
  },
  'Mutation.muteInStream': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('muteInStream', { streamId: await aStream(asker, role), userId: victim.id }),
  },
  'Mutation.unmuteInStream': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('unmuteInStream', { streamId: await aStream(asker, role), userId: victim.id }),
  },
  'Mutation.banInStream': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('banInStream', { streamId: await aStream(asker, role), userId: victim.id }),
  },
  'Mutation.unbanInStream': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('unbanInStream', { streamId: await aStream(asker, role), userId: victim.id }),
  },
  'Mutation.liftStreamSanction': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('liftStreamSanction', { sanctionId: await aSanction(asker, role) }),
  },
  'Mutation.rotateStreamKey': { verdicts: CREATORS, call: () => withInput('rotateStreamKey') },
  'Mutation.revokeStreamKey': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('revokeStreamKey', {
        streamKeyId: mayCall(CREATORS, role) ? (await rotate(asker)).id : globalId('StreamKey', randomUUID()),
      }),
  },
  'Mutation.updateSubscriptionOffer': {
    verdicts: {
      ...CREATORS,
      creator: 'user:AGE_VERIFICATION_REQUIRED',
      otherCreator: 'user:AGE_VERIFICATION_REQUIRED',
    },
    call: () => withInput('updateSubscriptionOffer', { monthlyPriceMinor: '500' }),
  },
  'Mutation.subscribe': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('subscribe', {
        offerId: await anOffer(),
        expectedPrice: { amountMinor: '500', currency: 'EUR' },
        payWith: { paymentMethodId: await aCard(asker, role) },
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.giftSubscription': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('giftSubscription', {
        offerId: await anOffer(),
        recipientId: globalId('User', (await world.fan()).uuid),
        expectedPrice: { amountMinor: '500', currency: 'EUR' },
        payWith: { paymentMethodId: await aCard(asker, role) },
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.cancelSubscription': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('cancelSubscription', { subscriptionId: await aSubscription(asker, role) }),
  },
  'Mutation.createPromotion': {
    verdicts: CREATORS,
    call: () => withInput('createPromotion', { code: `C-${randomUUID()}`, basisPoints: 1_000 }),
  },
  'Mutation.endPromotion': {
    verdicts: { ...CREATORS, creator: 'user:NODE_NOT_FOUND', otherCreator: 'user:NODE_NOT_FOUND' },
    call: () => withInput('endPromotion', { promotionId: globalId('Promotion', randomUUID()) }),
  },
  'Mutation.redeemPromotion': {
    verdicts: all('user:PROMOTION_NOT_VALID', { stranger: 'not_signed_in', limited: 'account_limited' }),
    call: async () =>
      withInput('redeemPromotion', {
        offerId: await anOffer(),
        code: 'NOWHERE',
        expectedPrice: { amountMinor: '500', currency: 'EUR' },
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.previewSubscription': {
    verdicts: all('user:NOT_SUBSCRIBED', { stranger: 'not_signed_in', limited: 'account_limited' }),
    call: async () => withInput('previewSubscription', { offerId: await anOffer() }),
  },
  'Mutation.changeSubscription': {
    verdicts: all('user:NODE_NOT_FOUND', { stranger: 'not_signed_in', limited: 'account_limited' }),
    call: () =>
      withInput('changeSubscription', {
        previewId: globalId('SubscriptionPreview', randomUUID()),
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.retrySubscriptionPayment': {
    verdicts: all('user:NO_PAYMENT_DUE', { stranger: 'not_signed_in', limited: 'account_limited' }),
    call: async (asker, role) =>
      withInput('retrySubscriptionPayment', {
        subscriptionId: await aSubscription(asker, role),
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.resumeSubscription': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('resumeSubscription', { subscriptionId: await aSubscription(asker, role) }),
  },
  'Mutation.refundTransaction': {
    verdicts: {
      ...all('user:NODE_NOT_FOUND'),
      stranger: 'not_signed_in',
      limited: 'account_limited',
      admin: 'ok',
    },
    call: async () =>
      withInput('refundTransaction', {
        transactionId: await aSale(),
        reason: 'A mistake.',
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.addPayoutAccount': {
    verdicts: CREATORS,
    call: () =>
      withInput('addPayoutAccount', {
        countryCode: 'DE',
        returnUrl: 'https://app.example.com',
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.removePayoutAccount': {
    verdicts: { ...CREATORS, creator: 'user:NODE_NOT_FOUND', otherCreator: 'user:NODE_NOT_FOUND' },
    call: () => withInput('removePayoutAccount', { payoutAccountId: globalId('PayoutAccount', randomUUID()) }),
  },
  'Mutation.setDefaultPayoutAccount': {
    verdicts: { ...CREATORS, creator: 'user:NODE_NOT_FOUND', otherCreator: 'user:NODE_NOT_FOUND' },
    call: () => withInput('setDefaultPayoutAccount', { payoutAccountId: globalId('PayoutAccount', randomUUID()) }),
  },
  'Mutation.requestPayout': {
    verdicts: {
      ...CREATORS,
      creator: 'user:NODE_NOT_FOUND',
      otherCreator: 'user:NODE_NOT_FOUND',
    },
    call: () =>
      withInput('requestPayout', {
        payoutAccountId: globalId('PayoutAccount', randomUUID()),
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.decidePayout': {
    verdicts: { ...ADMIN, admin: 'user:NODE_NOT_FOUND' },
    call: () =>
      withInput('decidePayout', { payoutId: globalId('Payout', randomUUID()), isApproved: true, reason: 'A reason.' }),
  },
  'Mutation.holdPayouts': {
    verdicts: ADMIN,
    call: () =>
      withInput('holdPayouts', { creatorId: people.creator.id, reason: 'A reason.', idempotencyKey: randomUUID() }),
  },
  'Mutation.releasePayoutHold': {
    verdicts: ADMIN,
    call: async () => withInput('releasePayoutHold', { holdId: await aHold(), reason: 'A reason.' }),
  },
  'Mutation.submitDisputeEvidence': {
    verdicts: { ...STAFF, moderator: 'user:NODE_NOT_FOUND', admin: 'user:NODE_NOT_FOUND' },
    call: () =>
      withInput('submitDisputeEvidence', {
        disputeId: globalId('Dispute', randomUUID()),
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.closeFinanceCase': {
    verdicts: { ...ADMIN, admin: 'user:NODE_NOT_FOUND' },
    call: () =>
      withInput('closeFinanceCase', { caseId: globalId('FinanceCase', randomUUID()), resolution: 'A reason.' }),
  },
  'Mutation.setFeeRate': {
    verdicts: ADMIN,
    call: () =>
      withInput('setFeeRate', {
        creatorId: people.creator.id,
        type: 'TIP',
        basisPoints: 2000,
        reason: 'A reason.',
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.replayWebhookEvent': {
    verdicts: ADMIN,
    call: async () => withInput('replayWebhookEvent', { webhookEventId: await aMessage() }),
  },
  'Mutation.startConversation': {
    verdicts: SIGNED_IN,
    call: async () => withInput('startConversation', { userId: (await anEarner()).id }),
  },
  'Mutation.sendMessage': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('sendMessage', {
        conversationId: await aConversation(asker, role),
        body: 'Said.',
        idempotencyKey: randomUUID(),
      }),
  },
  'Mutation.markConversationRead': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('markConversationRead', { conversationId: await aConversation(asker, role), upTo: '0' }),
  },
  'Mutation.archiveConversation': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('archiveConversation', { conversationId: await aConversation(asker, role) }),
  },
  'Mutation.muteConversation': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('muteConversation', { conversationId: await aConversation(asker, role) }),
  },
  'Mutation.pinConversation': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('pinConversation', { conversationId: await aConversation(asker, role) }),
  },
  'Mutation.purchaseMessage': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => {
      const conversationId = await aConversation(asker, role)
      const messageId = mayCall(SIGNED_IN, role)
        ? (await sendMessage(await anEarner(), conversationId, 'Sold.', { priceMinor: '500' })).id
        : globalId('Message', randomUUID())
      return withInput('purchaseMessage', {
        messageId,
        expectedPrice: { amountMinor: '500', currency: 'EUR' },
        payWith: { paymentMethodId: await aCard(asker, role) },
        idempotencyKey: randomUUID(),
      })
    },
  },
  'Mutation.sendMassMessage': {
    verdicts: CREATORS,
    call: () => withInput('sendMassMessage', { segment: 'FOLLOWERS', body: 'To all.', idempotencyKey: randomUUID() }),
  },
  'Mutation.cancelMassMessage': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('cancelMassMessage', { massMessageId: await aMassMessage(asker, role) }),
  },
  'Mutation.unsendMassMessage': {
    verdicts: { ...CREATORS, creator: 'user:MASS_MESSAGE_STATE', otherCreator: 'user:MASS_MESSAGE_STATE' },
    call: async (asker, role) =>
      withInput('unsendMassMessage', {
        massMessageId: await aMassMessage(asker, role),
      }),
  },
  'Mutation.createFanList': {
    verdicts: CREATORS,
    call: () => withInput('createFanList', { name: randomUUID() }),
  },
  'Mutation.renameFanList': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('renameFanList', { listId: await aList(asker, role), name: randomUUID() }),
  },
  'Mutation.addToFanList': {
    verdicts: CREATORS,
    call: async (asker, role) => withInput('addToFanList', { listId: await aList(asker, role), userIds: [victim.id] }),
  },
  'Mutation.removeFromFanList': {
    verdicts: CREATORS,
    call: async (asker, role) =>
      withInput('removeFromFanList', { listId: await aList(asker, role), userIds: [victim.id] }),
  },
  'Mutation.editMessage': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('editMessage', { messageId: await aMessageOf(asker, role), body: 'Other.', expectedVersion: 1 }),
  },
  'Mutation.deleteMessage': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('deleteMessage', { messageId: await aMessageOf(asker, role) }),
  },
  'Mutation.setTyping': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('setTyping', { conversationId: await aConversation(asker, role) }),
  },
  'Mutation.updateMessagingSettings': {
    verdicts: SIGNED_IN,
    call: () => withInput('updateMessagingSettings', { sharesPresence: false }),
  },
  'Mutation.setReadReceipts': {
    verdicts: SIGNED_IN,
    call: async (asker, role) =>
      withInput('setReadReceipts', { conversationId: await aConversation(asker, role), enabled: true }),
  },
  'Mutation.addComment': {
    verdicts: SIGNED_IN,
    call: async () => withInput('addComment', { contentId: await aPost(), body: 'Said.' }),
  },
  'Mutation.editComment': {
    verdicts: { ...SIGNED_IN, limited: 'account_limited' },
    call: async (asker) =>
      withInput('editComment', { commentId: await aCommentOf(asker), body: 'Other.', expectedVersion: 1 }),
  },
  'Mutation.deleteComment': {
    verdicts: SIGNED_IN,
    call: async (asker) => withInput('deleteComment', { commentId: await aCommentOf(asker) }),
  },
  'Mutation.likeComment': {
    verdicts: SIGNED_IN,
    call: async () => withInput('likeComment', { commentId: await aCommentOf(victim) }),
  },
  'Mutation.unlikeComment': {
    verdicts: SIGNED_IN,
    call: async () => withInput('unlikeComment', { commentId: await aCommentOf(victim) }),
  },
  'Mutation.pinComment': {
    verdicts: { ...CREATORS, otherCreator: 'user:NOT_ALLOWED' },
    call: async () => withInput('pinComment', { commentId: await aCommentOf(victim) }),
  },
  'Mutation.hideComment': {
    verdicts: { ...CREATORS, otherCreator: 'user:NOT_ALLOWED' },
    call: async () => withInput('hideComment', { commentId: await aCommentOf(victim) }),
  },
  'Mutation.approveComment': {
    verdicts: { ...CREATORS, otherCreator: 'user:NOT_ALLOWED' },
    call: async () => withInput('approveComment', { commentId: await aCommentOf(victim) }),
  },
  'Mutation.updateCommentSettings': {
    verdicts: CREATORS,
    call: () => withInput('updateCommentSettings', { slowModeSeconds: 0 }),
  },
  'Mutation.setCommentsClosed': {
    verdicts: { ...CREATORS, otherCreator: 'user:NODE_NOT_FOUND' },
    call: async () => withInput('setCommentsClosed', { contentId: await aPost(), closed: false }),
  },
  'Mutation.grantAccess': {
    verdicts: GIVERS,
    call: async () => withInput('grantAccess', { userId: victim.id, contentId: await aPost(), reason: 'Won a prize.' }),
  },
  'Mutation.revokeGrant': {
    verdicts: GIVERS,
    call: async () => withInput('revokeGrant', { grantId: await aGift(), reason: 'The wrong one.' }),
  },
  'Mutation.followUser': { verdicts: SIGNED_IN, call: () => withInput('followUser', { userId: victim.id }) },
  'Mutation.unfollowUser': { verdicts: SIGNED_IN, call: () => withInput('unfollowUser', { userId: victim.id }) },
  'Mutation.updateFollowPreferences': {
    verdicts: SIGNED_IN,
    call: async (asker) => {
      await asker.request('mutation ($id: ID!) { followUser(input: { userId: $id }) { userErrors { code } } }', {
        id: victim.id,
      })
      return withInput('updateFollowPreferences', { userId: victim.id, notificationsEnabled: true })
    },
  },
  'Mutation.requestMediaUpload': {
    verdicts: SIGNED_IN,
    call: () =>
      withInput('requestMediaUpload', { kind: 'IMAGE', purpose: 'AVATAR', contentType: 'image/png', sizeBytes: 1_000 }),
  },
  'Mutation.completeMediaUpload': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('completeMediaUpload', { mediaId: await aFile(asker, role, true) }),
  },
  'Mutation.updateMedia': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('updateMedia', { mediaId: await aFile(asker, role), altText: 'A cat.' }),
  },
  'Mutation.deleteMedia': {
    verdicts: SIGNED_IN,
    call: async (asker, role) => withInput('deleteMedia', { mediaId: await aFile(asker, role) }),
  },
  'Mutation.setAvatar': { verdicts: SIGNED_IN, call: () => withInput('setAvatar', { mediaId: null }) },
  'Mutation.setBanner': { verdicts: SIGNED_IN, call: () => withInput('setBanner', { mediaId: null }) },

  'Mutation.blockUser': {
    verdicts: SIGNED_IN,
    call: async () => withInput('blockUser', { userId: (await world.fan(plain)).id }),
  },
  'Mutation.unblockUser': { verdicts: SIGNED_IN, call: () => withInput('unblockUser', { userId: victim.id }) },
  'Mutation.muteUser': { verdicts: SIGNED_IN, call: () => withInput('muteUser', { userId: victim.id }) },
  'Mutation.unmuteUser': { verdicts: SIGNED_IN, call: () => withInput('unmuteUser', { userId: victim.id }) },

  'Mutation.reviewAgeVerification': {
    verdicts: STAFF,
    call: async () =>
      withInput('reviewAgeVerification', {
        ageVerificationId: await aPendingVerification(),
        isApproved: true,
        reason: 'The document is in order.',
      }),
  },
  'Mutation.setAccountStatus': {
    verdicts: STAFF,
    call: async () =>
      withInput('setAccountStatus', { userId: (await world.fan(plain)).id, status: 'BANNED', reason: 'Sells spam.' }),
  },
  'Mutation.setAccountType': {
    verdicts: ADMIN,
    call: async () =>
      withInput('setAccountType', {
        userId: (await world.fan(plain)).id,
        accountType: 'MODERATOR',
        reason: 'Joins the team.',
      }),
  },
  'Mutation.announce': {
    verdicts: ADMIN,
    call: () => withInput('announce', { title: 'Hello', body: 'Everybody.', idempotencyKey: randomUUID() }),
  },
  'Mutation.markNotificationsRead': {
    verdicts: SIGNED_IN,
    call: () => withInput('markNotificationsRead', { upTo: '0' }),
  },
  'Mutation.updateNotificationPreferences': {
    verdicts: SIGNED_IN,
    call: () =>
      withInput('updateNotificationPreferences', {
        preferences: [{ type: 'TIP', channel: 'PUSH', isEnabled: false }],
      }),
  },
  'Mutation.updateNotificationSettings': {
    verdicts: SIGNED_IN,
    call: () =>
      withInput('updateNotificationSettings', {
        timeZone: 'Europe/Berlin',
        quietHours: { from: '22:00', to: '07:00' },
      }),
  },
}

const rootFields = (['Query', 'Mutation', 'Subscription'] as const).flatMap((name) => {
  const type = served.schema.getType(name)
  return type instanceof GraphQLObjectType ? Object.keys(type.getFields()).map((field) => `${name}.${field}`) : []
})

/** Calls a root field as somebody, and says what came of it. */
async function verdictOf(place: string, asker: Person, { field, input }: Call): Promise<string> {
  const [root = '', name = ''] = place.split('.')
  if (root === 'Subscription') return await verdictOfSubscription(asker, field)
  const document =
    root === 'Mutation'
      ? `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { userErrors { code message } } }`
      : `{ ${field} }`
  return verdictIn(name, await asker.request(document, input ? { input } : {}))
}

function verdictIn(name: string, { data, errors }: Answer<Record<string, any>>): string {
  const [error] = errors
  if (error) return String(error.extensions['reason'] ?? error.extensions['code'])
  const [userError] = (data?.[name]?.userErrors ?? []) as { code: string }[]
  return userError ? `user:${userError.code}` : 'ok'
}

async function verdictOfSubscription(asker: Person, field: string): Promise<string> {
  const socket = await openRawSocket(server.url, { headers: { 'x-forwarded-for': asker.ip } })
  const payload = asker.token ? { authorization: `Bearer ${asker.token}` } : {}
  socket.send({ type: 'connection_init', payload })
  await socket.next('connection_ack')
  socket.send({ id: '1', type: 'subscribe', payload: { query: `subscription { ${field} }` } })
  const refused = await socket.next({ id: '1', type: 'error' }, 400).catch(() => null)
  socket.destroy()
  return refused ? String(refused.payload[0].extensions.reason) : 'ok'
}

describe('the authorization matrix', () => {
  it('has a row for every root field, and no other', () => {
    expect(rootFields.filter((field) => !(field in MATRIX))).toEqual([])
    expect(Object.keys(MATRIX).filter((field) => !rootFields.includes(field))).toEqual([])
  })

  it('lets strangers call what is public, and nothing else', () => {
    const open = Object.entries(MATRIX).filter(([, { verdicts }]) => verdicts.stranger !== 'not_signed_in')
    expect(open.map(([field]) => field).sort()).toEqual([
      'Mutation.login',
      'Mutation.refreshSession',
      'Mutation.register',
      'Mutation.requestPasswordReset',
      'Mutation.resetPassword',
      'Mutation.verifyEmail',
      'Query.categories',
      'Query.content',
      'Query.creators',
      'Query.explore',
      'Query.liveStreams',
      'Query.node',
      'Query.nodes',
      'Query.search',
      'Query.stream',
      'Query.tags',
      'Query.user',
      'Query.viewer',
      'Subscription.streamChat',
      'Subscription.streamUpdated',
      'Subscription.streamViewerCount',
    ])
  })

  for (const [field, { verdicts, call, isDestructive }] of Object.entries(MATRIX))
    it(`holds for ${field}`, async () => {
      const said: Partial<Record<Role, string>> = {}
      for (const role of ROLES) {
        const asker = isDestructive && mayCall(verdicts, role) ? await make[role]() : people[role]
        said[role] = await verdictOf(field, asker, await call(asker, role))
      }
      expect(said).toEqual(verdicts)
    })

  const ageProofs = (minutes: number) =>
    server.database.owner.query(
      `update user_sessions set authenticated_at = authenticated_at - $2 * interval '1 minute' where user_id = $1`,
      [people.fan.uuid, minutes],
    )

  it('asks for a fresh proof of identity where the account itself is at stake', { timeout: 180_000 }, async () => {
    // the proof is aged, not the clock moved: tokens end with it
    await ageProofs(6)
    try {
      const stale = ['changePassword', 'changeEmail', 'startTotp', 'confirmTotp', 'disableTotp']
      for (const name of rootFields.filter((field) => field.startsWith('Mutation.')).map((field) => field.slice(9))) {
        const row = MATRIX[`Mutation.${name}`]
        if (
          !row ||
          row.verdicts.fan.match(/^(?:role_required|not_signed_in)$/) ||
          row.verdicts.stranger !== 'not_signed_in'
        )
          continue
        if (!stale.includes(name) && row.isDestructive) continue
        const verdict = await verdictOf(`Mutation.${name}`, people.fan, await row.call(people.fan, 'fan'))
        expect(verdict === 'reauthentication_required', `${name}: ${verdict}`).toBe(stale.includes(name))
      }
    } finally {
      await ageProofs(-6)
    }
  })
})

describe('what is somebody else’s', () => {
  const random = (type: NodeType): string => globalId(type, randomUUID())
  const sessionOf = async (person: Person): Promise<string> =>
    (await person.do('{ viewer { session { id } } }'))['viewer'].session.id as string
  /** What a client can tell two answers apart by. */
  const shown = ({ status, data, errors }: Answer<Record<string, any>>): unknown => ({
    status,
    data,
    errors: errors.map(({ message, path, extensions: { code, reason } }) => ({ message, path, code, reason })),
  })

  it('looks like what does not exist: node and nodes', async () => {
    const noticeId = await (async () => {
      const person = await world.suspended()
      await server.drain()
      const { viewer } = await person.do('{ viewer { notices { nodes { id } } } }')
      return viewer.notices.nodes[0].id as string
    })()
    const notificationId = globalId('Notification', parseGlobalId(noticeId)?.uuid ?? '')
    const { announce } = await people.admin.do(
      `mutation ($input: AnnounceInput!) { announce(input: $input) { announcement { id } userErrors { code } } }`,
      { input: { title: 'T', body: 'B', audience: 'ADMIN', idempotencyKey: randomUUID() } },
    )
    const foreign: Record<string, { id: string; type: NodeType; readers: readonly Role[] }> = {
      session: { id: await sessionOf(victim), type: 'Session', readers: [] },
      verification: { id: await aPendingVerification(), type: 'AgeVerification', readers: ['moderator', 'admin'] },
      notice: { id: noticeId, type: 'Notice', readers: [] },
      notification: { id: notificationId, type: 'Notification', readers: [] },
      announcement: { id: announce.announcement.id as string, type: 'Announcement', readers: ['admin'] },
    }
    for (const [what, { id, type, readers }] of Object.entries(foreign))
      for (const role of ROLES) {
        const ask = (asked: string) =>
          people[role].request('query ($id: ID!) { node(id: $id) { __typename id } nodes(ids: [$id]) { id } }', {
            id: asked,
          })
        const [theirs, nobodys] = [await ask(id), await ask(random(type))]
        if (readers.includes(role))
          expect(theirs.data?.['node'], `${what}, ${role}`).toMatchObject({ __typename: type, id })
        else expect(shown(theirs), `${what}, ${role}`).toEqual(shown(nobodys))
        expect(nobodys.data, `${what}, ${role}`).toEqual({ node: null, nodes: [null] })
      }
  })

  it('looks like what does not exist: every id that a mutation takes', async () => {
    const theirSession = await sessionOf(victim)
    const revoke =
      'mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { session { id } userErrors { __typename code message path } } }'
    const odd = [
      '',
      'x',
      theirSession.slice(0, -2),
      `${theirSession}=`,
      victim.id,
      victim.uuid,
      `Session:${randomUUID()}`,
      random('User'),
      '../../etc/passwd',
    ]
    for (const role of ['fan', 'creator', 'moderator', 'admin', 'limited'] as const) {
      const expected = shown(await people[role].request(revoke, { id: random('Session') }))
      expect(expected).toMatchObject({
        data: { revokeSession: { session: null, userErrors: [{ code: 'NODE_NOT_FOUND' }] } },
      })
      for (const id of [theirSession, ...odd])
        expect(shown(await people[role].request(revoke, { id })), `${role}: ${id}`).toEqual(expected)
    }
    await victim.do('{ viewer { email } }')
    const decisions: Record<string, [string, NodeType]> = {
      setAccountStatus: [
        'mutation ($id: ID!) { setAccountStatus(input: { userId: $id, status: BANNED, reason: "A test." }) { userErrors { code message path } } }',
        'User',
      ],
      setAccountType: [
        'mutation ($id: ID!) { setAccountType(input: { userId: $id, accountType: FAN, reason: "A test." }) { userErrors { code message path } } }',
        'User',
      ],
      reviewAgeVerification: [
        'mutation ($id: ID!) { reviewAgeVerification(input: { ageVerificationId: $id, isApproved: true, reason: "A test." }) { userErrors { code message path } } }',
        'AgeVerification',
      ],
    }
    for (const [name, [document, type]] of Object.entries(decisions)) {
      const expected = shown(await people.admin.request(document, { id: random(type) }))
      expect(expected, name).toMatchObject({ data: { [name]: { userErrors: [{ code: 'NODE_NOT_FOUND' }] } } })
      const others: NodeType[] = ['Session', 'User', 'AgeVerification', 'Notice', 'Announcement', 'Notification']
      for (const other of others.filter((each) => each !== type))
        expect(shown(await people.admin.request(document, { id: random(other) })), `${name}: ${other}`).toEqual(
          expected,
        )
      expect(shown(await people.admin.request(document, { id: 'nonsense' })), name).toEqual(expected)
    }
  })

  it('takes as long to refuse as what does not exist', async () => {
    const theirs = await sessionOf(victim)
    const timeOf = async (id: string): Promise<number> => {
      const startedMs = performance.now()
      await people.fan.request('query ($id: ID!) { node(id: $id) { id } }', { id })
      return performance.now() - startedMs
    }
    const medianOf = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
    const [foreign, missing]: [number[], number[]] = [[], []]
    // by turns, so that whatever else the machine does falls on both
    for (let n = 0; n < 100; n += 1) {
      foreign.push(await timeOf(theirs))
      missing.push(await timeOf(random('Session')))
    }
    const [a, b] = [medianOf(foreign), medianOf(missing)]
    expect(Math.abs(a - b) / Math.max(a, b), `${String(a)} and ${String(b)} ms`).toBeLessThan(0.3)
  })

  it('cannot be acted on: nobody decides about themselves, nor moderators about staff', async () => {
    const ban =
      'mutation ($id: ID!) { setAccountStatus(input: { userId: $id, status: BANNED, reason: "A test." }) { userErrors { code } } }'
    const retype =
      'mutation ($id: ID!) { setAccountType(input: { userId: $id, accountType: FAN, reason: "A test." }) { userErrors { code } } }'
    const refused = async (asker: Person, document: string, target: Person): Promise<string> => {
      const name = document.includes('setAccountType') ? 'setAccountType' : 'setAccountStatus'
      return verdictIn(name, await asker.request(document, { id: target.id }))
    }
    expect(await refused(people.moderator, ban, people.moderator)).toBe('self_action')
    expect(await refused(people.admin, ban, people.admin)).toBe('self_action')
    expect(await refused(people.admin, retype, people.admin)).toBe('self_action')
    expect(await refused(people.moderator, ban, people.admin)).toBe('staff_target')
    expect(await refused(people.moderator, ban, people.weakStaff)).toBe('staff_target')
  })
})

describe('fields for staff, and for oneself', () => {
  const document = `query ($username: String!) { user(username: $username) {
    viewerIsSelf
    staffView { email status hasTotp ageVerifications { id } }
    profile { preferences age characteristics audiences { age } location { city countryCode } socialLinks { url } }
  } }`
  const secret = { preferences: { theme: 'dark-canary' }, characteristics: { eyes: 'green-canary' } }
  let owner: Person
  const setAudience = (audience: string): Promise<unknown> =>
    owner.do(
      `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { userErrors { code message } } }`,
      {
        input: {
          ...secret,
          birthDate: '1990-05-17',
          location: { countryCode: 'DE', city: 'Leipzig-canary' },
          socialLinks: [{ platform: 'mastodon', url: 'https://social.example/@canary' }],
          audiences: { location: audience, age: audience, characteristics: audience, socialLinks: audience },
        },
      },
    )
  beforeAll(async () => {
    owner = await world.fan()
    await server.database.owner.query(`insert into follows (follower_id, following_id) values ($1, $2)`, [
      people.creator.uuid,
      owner.uuid,
    ])
  })

  it('show an e-mail address to staff with a second factor only', async () => {
    for (const role of ROLES) {
      const { data, errors } = await people[role].request(document, { username: owner.username })
      if (role === 'moderator' || role === 'admin') {
        expect(data?.['user'].staffView).toMatchObject({ email: owner.email, status: 'ACTIVE' })
        continue
      }
      expect(data?.['user'].staffView, role).toBeNull()
      expect(errors, role).toMatchObject([
        { path: ['user', 'staffView'], extensions: { reason: MATRIX['Query.users']?.verdicts[role] } },
      ])
      expect(JSON.stringify({ data, errors }), role).not.toContain(owner.email)
    }
  })

  const READERS: Readonly<Record<string, readonly Role[]>> = {
    PUBLIC: ROLES,
    FOLLOWERS: ['creator'],
    SUBSCRIBERS: [],
    STAFF: ['moderator', 'admin'],
    SELF: [],
  }
  for (const [audience, readers] of Object.entries(READERS))
    it(`show a part for ${audience} to ${readers.length > 0 ? readers.join(', ') : 'nobody else'}`, async () => {
      await setAudience(audience)
      for (const role of ROLES) {
        const { data } = await people[role].request(document, { username: owner.username })
        const text = JSON.stringify(data)
        const { profile } = data?.['user'] as { profile: Record<string, unknown> }
        expect([profile['preferences'], profile['audiences']], role).toEqual([null, null])
        expect(text, role).not.toContain('dark-canary')
        const sees = readers.includes(role)
        for (const canary of ['green-canary', 'Leipzig-canary', '@canary'])
          expect(text.includes(canary), `${role}: ${canary}`).toBe(sees)
        expect(profile['age'] !== null, role).toBe(sees)
      }
      const { user } = await owner.do(document.replace(/staffView \{.*\n/, '\n'), { username: owner.username })
      expect(user).toMatchObject({ viewerIsSelf: true, profile: { ...secret, location: { city: 'Leipzig-canary' } } })
    })
})
