import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeExecutableSchema } from '@graphql-tools/schema'
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql'
import type { GraphQLField, GraphQLInputField, GraphQLNamedType, GraphQLObjectType, GraphQLOutputType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readContract } from '../../src/api/schema.js'

const schema = makeExecutableSchema({ typeDefs: readContract() })
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)
const roots = new Set(['Query', 'Mutation', 'Subscription'])
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})

interface Place {
  readonly where: string
  readonly description: string | null | undefined
  readonly deprecationReason?: string | null | undefined
}
function* placesOf(type: GraphQLNamedType): Generator<Place> {
  if (!roots.has(type.name)) yield { where: type.name, description: type.description }
  if (isEnumType(type))
    for (const { name, ...value } of type.getValues()) yield { where: `${type.name}.${name}`, ...value }
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return
  for (const field of Object.values(type.getFields())) {
    const where = `${type.name}.${field.name}`
    yield { where, description: field.description, deprecationReason: field.deprecationReason }
    for (const argument of 'args' in field ? field.args : [])
      yield {
        where: `${where}(${argument.name}:)`,
        description: argument.description,
        deprecationReason: argument.deprecationReason,
      }
  }
}
const places = types.flatMap((type) => [...placesOf(type)])

interface Output {
  readonly type: GraphQLObjectType
  readonly field: GraphQLField<unknown, unknown>
  readonly where: string
}
const outputs: Output[] = types
  .filter(isObjectType)
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ type, field, where: `${type.name}.${field.name}` })),
  )
const inputs = types
  .filter(isInputObjectType)
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ type, field, where: `${type.name}.${field.name}` })),
  )

const unwrapped = (type: GraphQLOutputType): GraphQLOutputType => (isNonNullType(type) ? type.ofType : type)
const isList = (type: GraphQLOutputType): boolean => isListType(unwrapped(type))
const names = (all: readonly { readonly where: string }[]): string[] => all.map(({ where }) => where)

describe('the contract', () => {
  it('describes everything in it', () => {
    expect(names(places.filter(({ description }) => !description?.trim()))).toEqual([])
    const hollow = places.filter(({ description }) => /\b(?:TODO|FIXME|TBD)\b/.test(description ?? ''))
    expect(names(hollow)).toEqual([])
  })

  it('says of what is deprecated why, and since when', () => {
    const vague = places.filter(({ deprecationReason: reason }) => reason && !/\d{4}-\d{2}-\d{2}/.test(reason))
    expect(names(vague)).toEqual([])
  })

  it('keeps to its ways of naming', () => {
    for (const type of types) {
      expect(type.name).toMatch(/^[A-Z][A-Za-z0-9]*$/)
      if (isEnumType(type)) for (const { name } of type.getValues()) expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/)
    }
    for (const { field, where } of [...outputs, ...inputs]) expect(field.name, where).toMatch(/^[a-z][A-Za-z0-9]*$/)
  })
})

describe('money', () => {
  const MONEY = /(?:Minor|amount|price|fee|balance|total|earnings|revenue)$/i

  it('is never a float, and nothing else is', () => {
    const floats = [...outputs, ...inputs].filter(({ field }) => getNamedType(field.type).name === 'Float')
    expect(names(floats)).toEqual([])
    const args = outputs.filter(({ field }) =>
      field.args.some((argument) => getNamedType(argument.type).name === 'Float'),
    )
    expect(names(args)).toEqual([])
  })

  it('is never an Int, which ends at 21 million', () => {
    const small = [...outputs, ...inputs].filter(
      ({ field }) =>
        MONEY.test(field.name) &&
        !['Money', 'MoneyInput', 'BigInt', 'Earnings', 'RevenueDay'].includes(getNamedType(field.type).name),
    )
    expect(names(small)).toEqual([])
  })

  it('has its currency beside it', () => {
    const bare = outputs.filter(({ type, field }) => type.name !== 'Money' && /Minor$/.test(field.name))
    expect(names(bare), 'use Money').toEqual([])
  })
})

describe('each mutation', () => {
  /** What it makes that must not be made twice; `many`: it moves money or goes to many, so its key is required. */
  const CREATES: Readonly<Record<string, 'one' | 'many'>> = {
    register: 'one',
    submitAgeVerification: 'one',
    announce: 'many',
    createContent: 'one',
    requestMediaUpload: 'one',
    grantAccess: 'one',
    addComment: 'one',
    createWebhookEndpoint: 'one',
    sendTestWebhook: 'one',
    addPaymentMethod: 'many',
    topUpWallet: 'many',
    sendTip: 'many',
    changeSubscription: 'many',
    redeemPromotion: 'many',
    giftSubscription: 'many',
    createPromotion: 'one',
    retrySubscriptionPayment: 'many',
    purchaseContent: 'many',
    purchaseStreamAccess: 'many',
    subscribe: 'many',
    refundTransaction: 'many',
    addPayoutAccount: 'many',
    requestPayout: 'many',
    holdPayouts: 'many',
    sendMessage: 'one',
    sendMassMessage: 'many',
    createFanList: 'one',
    purchaseMessage: 'many',
    scheduleStream: 'one',
    sendStreamChat: 'one',
    submitDisputeEvidence: 'many',
    setFeeRate: 'many',
  }
  /** These set a state, spend what works once, or send what may be sent twice. */
  const CREATES_NOTHING = new Set([
    'approveComment',
    'archiveConversation',
    'addToFanList',
    'cancelMassMessage',
    'removeFromFanList',
    'renameFanList',
    'unsendMassMessage',
    'markConversationRead',
    'muteConversation',
    'pinConversation',
    'setReadReceipts',
    // one for two people, however often it is begun
    'startConversation',
    'becomeCreator',
    'changeEmail',
    'changePassword',
    'completeMediaUpload',
    'confirmTotp',
    'deleteAccount',
    'deleteComment',
    'deleteContent',
    'deleteMedia',
    'deleteMessage',
    'editMessage',
    'setTyping',
    'updateMessagingSettings',
    'disableTotp',
    'editComment',
    'likeComment',
    'likeContent',
    'login',
    'logout',
    'logoutEverywhere',
    'hideComment',
    'pinComment',
    'publishContent',
    'markNotificationsRead',
    'reauthenticate',
    'refreshSession',
    'requestPasswordReset',
    'resendVerification',
    'resetPassword',
    'restoreAccount',
    'restoreContent',
    'reviewAgeVerification',
    'revokeGrant',
    'revokeSession',
    'saveContent',
    'scheduleContent',
    'setAccountStatus',
    'setAccountType',
    'setCreatorCategories',
    'setCommentsClosed',
    'startTotp',
    'unlikeComment',
    'unlikeContent',
    'unpublishContent',
    'unsaveContent',
    'updateCommentSettings',
    'updateContent',
    'updateNotificationPreferences',
    'updateNotificationSettings',
    'updateMedia',
    'updateProfile',
    'verifyEmail',
    'deleteWebhookEndpoint',
    'redeliverWebhook',
    'rotateWebhookSecret',
    'updateWebhookEndpoint',
    'replayWebhookEvent',
    'cancelSubscription',
    'previewSubscription',
    'endPromotion',
    'startStream',
    'joinStream',
    'deleteStreamChat',
    'updateStreamChat',
    'muteInStream',
    'unmuteInStream',
    'banInStream',
    'unbanInStream',
    'liftStreamSanction',
    'heartbeatStream',
    'leaveStream',
    'endStream',
    'cancelStream',
    'rotateStreamKey',
    'revokeStreamKey',
    'closeFinanceCase',
    'decidePayout',
    'releasePayoutHold',
    'removePayoutAccount',
    'setDefaultPayoutAccount',
    'resumeSubscription',
    'revealTipSender',
    'revealMessage',
    'updateSubscriptionOffer',
    // states, set as often as one likes
    'removePaymentMethod',
    'setDefaultPaymentMethod',
    'cancelPayment',
    'blockUser',
    'followUser',
    'muteUser',
    'setAvatar',
    'setBanner',
    'unblockUser',
    'unfollowUser',
    'unmuteUser',
    'updateFollowPreferences',
  ])
  const SESSION_PAYLOADS = new Set(['register', 'login', 'refreshSession'])
  const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

  it('takes one input and answers one payload, named after it', () => {
    for (const { name, args, type } of mutations) {
      expect(
        args.map((argument) => `${argument.name}: ${String(argument.type)}`),
        name,
      ).toEqual([`input: ${capital(name)}Input!`])
      expect(String(type), name).toBe(SESSION_PAYLOADS.has(name) ? 'SessionPayload!' : `${capital(name)}Payload!`)
    }
  })

  it('answers user errors, and can be empty beside them', () => {
    for (const { name, type } of mutations) {
      const payload = getNamedType(type) as GraphQLObjectType
      for (const field of Object.values(payload.getFields())) {
        if (field.name === 'userErrors') continue
        const canBeEmpty =
          !isNonNullType(field.type) || isList(field.type) || /^(Boolean|Int)!$/.test(String(field.type))
        expect(canBeEmpty, `${name}: ${field.name}`).toBe(true)
      }
      expect(String(payload.getFields()['userErrors']?.type), name).toBe('[UserError!]!')
    }
  })

  it('can be retried under a key where it makes something, and must be where money or many are concerned', () => {
    for (const { name, args } of mutations) {
      const input = getNamedType(args[0]?.type as GraphQLInputField['type'])
      const key = isInputObjectType(input) ? input.getFields()['idempotencyKey'] : undefined
      expect(name in CREATES || CREATES_NOTHING.has(name), `${name} is on neither list`).toBe(true)
      const wanted = { one: ['ID', 'ID!'], many: ['ID!'], none: ['undefined'] }[CREATES[name] ?? 'none']
      expect(wanted, name).toContain(String(key?.type))
    }
    const known = new Set(mutations.map(({ name }) => name))
    expect([...Object.keys(CREATES), ...CREATES_NOTHING].filter((name) => !known.has(name))).toEqual([])
  })

  it('has an input that is used by nothing else', () => {
    const used = mutations.map(({ args }) => getNamedType(args[0]?.type as GraphQLInputField['type']).name)
    expect(new Set(used).size).toBe(used.length)
  })
})

describe('each list', () => {
  const PAGE = ['after', 'before', 'first', 'last']

  it('is bounded: a page, or at most so many as its description says', () => {
    const unbounded = outputs.filter(({ type, field, where }) => {
      if (!isList(field.type)) return false
      if (field.name === 'userErrors' || where === 'InvalidInputError.path') return false
      if (/(?:UserError|Error)$/.test(type.name) && field.name === 'path') return false
      if (/Connection$/.test(type.name) && (field.name === 'nodes' || field.name === 'edges')) return false
      const words = `${field.description ?? ''} ${type.description ?? ''} ${field.args.map((argument) => argument.description ?? '').join(' ')}`
      return !/\bat most (?:\d|ten|five|three)|\bten\b|\bWhat may answer\b/i.test(words)
    })
    expect(names(unbounded)).toEqual([])
  })

  it('is taken in no larger than its description says', () => {
    const isListInput = (field: GraphQLInputField): boolean => String(field.type).includes('[')
    const unbounded = inputs.filter(({ field }) => isListInput(field) && !/\bat most \d/i.test(field.description ?? ''))
    expect(names(unbounded)).toEqual([])
  })

  it('that is paged, is paged as all are', () => {
    const connections = outputs.filter(({ field }) => /Connection$/.test(getNamedType(field.type).name))
    expect(connections.length).toBeGreaterThan(2)
    for (const { field, where } of connections) {
      const paging = field.args.filter(({ name }) => PAGE.includes(name))
      expect(paging.map(({ name }) => name).sort(), where).toEqual(PAGE)
      const first = paging.find(({ name }) => name === 'first')
      // a default would stand in the way of `last`
      expect(first?.defaultValue, where).toBeUndefined()
      expect(first?.description, where).toMatch(/At most 100; 20 when neither/)
      for (const argument of paging) expect(String(argument.type), where).toMatch(/^(Int|String)$/)
    }
    for (const type of types.filter((each) => /Connection$/.test(each.name))) {
      const fields = (type as GraphQLObjectType).getFields()
      const node = type.name.replace(/Connection$/, '')
      expect(String(fields['edges']?.type)).toBe(`[${node}Edge!]!`)
      // an edge may say more of its node than others do, as where the words of a search are in it
      const edge = schema.getType(`${node}Edge`) as GraphQLObjectType
      expect(String(fields['nodes']?.type)).toBe(`[${String(edge.getFields()['node']?.type)}]!`)
      expect(String(fields['pageInfo']?.type)).toBe('PageInfo!')
    }
  })
})

describe('what is kept from clients', () => {
  /** Handed out on purpose, to the person themselves, once. */
  const HANDED_OUT = [
    'LoginChallenge.token',
    'SessionPayload.accessToken',
    'SessionPayload.refreshToken',
    'StartTotpPayload.secret',
    'ConfirmTotpPayload.recoveryCodes',
    'CreateWebhookEndpointPayload.secret',
    'RotateWebhookSecretPayload.secret',
    'StreamPlayback.token',
    // a name of what draws a placeholder, and no hash of anything
    'MediaImage.thumbhash',
  ]

  it('has no field that answers it', () => {
    const SECRET =
      /password|passwd|hash|secret|token|salt|recoveryCodes$|totpSecret|^ip$|ipAddress|userAgent|birthDate|legalName|phone/i
    const answered = outputs.filter(
      ({ type, field, where }) => !roots.has(type.name) && SECRET.test(field.name) && !HANDED_OUT.includes(where),
    )
    expect(names(answered)).toEqual([])
  })

  it('shows an e-mail address to its owner and to staff only', () => {
    const emails = outputs.filter(({ field }) => /^e?mail(Address)?$/i.test(field.name))
    expect(names(emails).sort()).toEqual(['UserStaffView.email', 'Viewer.email'])
  })
})

describe('ids', () => {
  it('are opaque: every field named id belongs to a Node, and every Node has one', () => {
    const loose = outputs.filter(
      ({ type, field }) => field.name === 'id' && !type.getInterfaces().some(({ name }) => name === 'Node'),
    )
    expect(names(loose)).toEqual([])
    const uuids = [...outputs, ...inputs].filter(({ field }) => getNamedType(field.type).name === 'UUID')
    expect(names(uuids)).toEqual([])
  })
})

describe('reasons', () => {
  const codes = (schema.getType('UserErrorCode') as unknown as { getValues(): { name: string }[] })
    .getValues()
    .map(({ name }) => name)
  const sources = readdirSync(join(import.meta.dirname, '../../src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('generated'))
    .map((name) => readFileSync(join(import.meta.dirname, '../../src', name), 'utf8'))
    .join('\n')

  it('are all used: each code is thrown somewhere', () => {
    expect(codes.filter((code) => !sources.includes(`'${code.toLowerCase()}'`))).toEqual([])
  })

  it('are all documented: each reason that is thrown has a code', () => {
    const thrown = [...sources.matchAll(/new AppError\(\s*'[A-Z_]+',\s*'([a-z_]+)'/g)].map(([, reason]) => reason ?? '')
    expect(thrown.length).toBeGreaterThan(20)
    expect([...new Set(thrown)].filter((reason) => !codes.includes(reason.toUpperCase()))).toEqual([])
  })
})
