import type {
  MutationResolvers,
  ViewerResolvers,
  WebhookDeliveryResolvers,
  WebhookEndpointResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import type { Reach } from './addresses.js'
import { REDELIVERIES, redeliver, sendTest, TESTS } from './deliveries.js'
import type { WebhooksLoaders } from './loaders.js'
import { listEndpointsOf } from './queries.js'
import type { DeliveryRow, EndpointRow } from './types.js'
import { changeEndpoint, createEndpoint, removeEndpoint, rotateSecret } from './webhooks.js'

interface WebhooksAsking {
  readonly loaders: WebhooksLoaders
}

const reachOf = ({ config }: { readonly config: { readonly isProduction: boolean } }): Reach => ({
  isLocalAllowed: !config.isProduction,
})

const endpointOf = ({ endpointId }: { readonly endpointId: string }): string =>
  uuidOf('WebhookEndpoint', endpointId, ['input', 'endpointId'])

export const Mutation = {
  createWebhookEndpoint: async (_parent, { input }, context) => {
    const request = { ...input, idempotencyKey: input.idempotencyKey ?? null }
    const { endpointId, secret } = await transaction(context, (tx, now) =>
      createEndpoint(tx, signedIn(context), request, { reach: reachOf(context), now }),
    )
    return { endpoint: await reloadedEndpoint(endpointId, context), secret, userErrors: [] }
  },

  updateWebhookEndpoint: async (_parent, { input }, context) => {
    const endpointId = endpointOf(input)
    const wishes = {
      url: input.url ?? undefined,
      eventTypes: input.eventTypes ?? undefined,
      isEnabled: input.state ? input.state === 'ENABLED' : undefined,
    }
    await transaction(context, (tx, now) =>
      changeEndpoint(tx, signedIn(context), endpointId, wishes, { reach: reachOf(context), now }),
    )
    return { endpoint: await reloadedEndpoint(endpointId, context), userErrors: [] }
  },

  deleteWebhookEndpoint: async (_parent, { input }, context) => {
    const endpointId = endpointOf(input)
    await transaction(context, (tx, now) => removeEndpoint(tx, signedIn(context), endpointId, now))
    return { endpointId: input.endpointId, userErrors: [] }
  },

  rotateWebhookSecret: async (_parent, { input }, context) => {
    const endpointId = endpointOf(input)
    const { secret } = await transaction(context, (tx, now) => rotateSecret(tx, signedIn(context), endpointId, now))
    return { endpoint: await reloadedEndpoint(endpointId, context), secret, userErrors: [] }
  },

  sendTestWebhook: async (_parent, { input }, context) => {
    const request = { endpointId: endpointOf(input), idempotencyKey: input.idempotencyKey ?? null }
    const viewer = signedIn(context)
    await context.limiter.spend(TESTS, viewer.userId)
    const deliveryId = await transaction(context, (tx, now) => sendTest(tx, viewer, request, now))
    return { delivery: await reloadedDelivery(deliveryId, context), userErrors: [] }
  },

  redeliverWebhook: async (_parent, { input }, context) => {
    const deliveryId = uuidOf('WebhookDelivery', input.deliveryId, ['input', 'deliveryId'])
    const viewer = signedIn(context)
    await context.limiter.spend(REDELIVERIES, viewer.userId)
    await transaction(context, (tx, now) => redeliver(tx, viewer, deliveryId, now))
    return { delivery: await reloadedDelivery(deliveryId, context), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

/** As a mutation left it: what was loaded before is forgotten. */
const reloadedEndpoint = (id: string, { loaders }: WebhooksAsking): Promise<EndpointRow | null> =>
  loaders.webhookEndpoint.clear(id).load(id)

const reloadedDelivery = (id: string, { loaders }: WebhooksAsking): Promise<DeliveryRow | null> =>
  loaders.webhookDelivery.clear(id).load(id)

export const Viewer = {
  webhookEndpoints: ({ userId }, _args, { db }) => listEndpointsOf(db, userId),
} satisfies Partial<ViewerResolvers>

export const WebhookEndpoint = {
  id: ({ id }) => globalId('WebhookEndpoint', id),
  state: ({ disabledAt }) => (disabledAt === null ? 'ENABLED' : 'DISABLED'),
  deliveries: async ({ id }, args, { loaders }) => {
    const page = checkedPage(args, { list: 'webhookDeliveries', of: id }, ['time', 'uuid'])
    const rows = await loaders.webhookDeliveries.load({ ownerId: id, page })
    return toConnection(page, rows, (row) => [row.createdAt.toISOString(), row.id])
  },
} satisfies Partial<WebhookEndpointResolvers>

export const WebhookDelivery = {
  id: ({ id }) => globalId('WebhookDelivery', id),
} satisfies Partial<WebhookDeliveryResolvers>

/** An address as `node` finds it: the viewer's own. */
export const findEndpointNode = (id: string, { loaders }: WebhooksAsking): Promise<EndpointRow | null> =>
  loaders.webhookEndpoint.load(id)

/** A message as `node` finds it: the viewer's own. */
export const findDeliveryNode = (id: string, { loaders }: WebhooksAsking): Promise<DeliveryRow | null> =>
  loaders.webhookDelivery.load(id)
