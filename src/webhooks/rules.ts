import { freshly, isCreator } from '../lib/rules.js'

/** Who may call what. */
export const rules = {
  Mutation: {
    createWebhookEndpoint: freshly(isCreator),
    updateWebhookEndpoint: isCreator,
    deleteWebhookEndpoint: isCreator,
    rotateWebhookSecret: freshly(isCreator),
    sendTestWebhook: isCreator,
    redeliverWebhook: isCreator,
  },
}
