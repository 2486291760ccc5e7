import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Stripe from 'stripe'

/** A request as it came, for tests to look at. */
export interface StripeRequest {
  readonly method: string
  readonly path: string
  readonly parameters: any
  readonly idempotencyKey: string | null
  readonly account: string | null
}

/** What Stripe keeps of a charge, in the currency of the balance that it comes to. */
interface Exchange {
  readonly currency: string
  readonly fee: number
}

/** What is said to the next request whose method and path begin so, instead of or beside its answer. */
export interface Trouble {
  readonly on: string
  /** `hang`: nothing is done and nothing answered; `lose`: it is done, and the connection breaks; or an error in its place. */
  readonly how: 'hang' | 'lose' | { readonly status: number; readonly error: Record<string, unknown> }
}

/** A loopback server that plays the part of Stripe's interface that the adapter uses. */
export interface StripeServer {
  readonly url: string
  readonly requests: StripeRequest[]
  /** All objects by id; tests change them as Stripe would. */
  readonly objects: Map<string, any>
  trouble(next: Trouble): void
  /** The next charge comes to a balance of another currency, in which its fee is kept. */
  exchange(next: Exchange): void
  /** The raw body and header of a message, signed as Stripe signs. */
  message(type: string, object: any, options?: MessageOptions): { rawBody: Buffer; headers: Record<string, string> }
  /** Answers the bank's question of a payment intent. */
  confirm(intentId: string, answer: 'succeed' | 'fail'): any
  dispute(intentId: string, more?: Record<string, unknown>): any
  close(): Promise<void>
}

export interface MessageOptions {
  readonly secret?: string
  /** In seconds; the machine's time unless said otherwise. */
  readonly timestamp?: number
  readonly account?: string
}

class Refusal extends Error {
  readonly status: number
  readonly body: Record<string, unknown>
  constructor(status: number, body: Record<string, unknown>) {
    super(String(body['message']))
    this.status = status
    this.body = body
  }
}

const invalid = (message: string, more: Record<string, unknown> = {}, status = 400): never => {
  throw new Refusal(status, { type: 'invalid_request_error', message, ...more })
}

const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`
const nowSeconds = (): number => Math.floor(Date.now() / 1_000)

const DECLINES: Record<string, readonly [code: string, declineCode: string | null]> = {
  generic_decline: ['card_declined', 'generic_decline'],
  insufficient_funds: ['card_declined', 'insufficient_funds'],
  lost_card: ['card_declined', 'lost_card'],
  expired_card: ['expired_card', null],
  processing_error: ['processing_error', null],
  authentication_required: ['authentication_required', 'authentication_required'],
}
/** Test cards that are refused when they are saved and charged, or only when charged. */
const REFUSED: Record<string, string> = {
  pm_card_chargeDeclined: 'generic_decline',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
  pm_card_chargeDeclinedExpiredCard: 'expired_card',
  pm_card_chargeDeclinedProcessingError: 'processing_error',
  pm_card_chargeDeclinedLostCard: 'lost_card',
}
const GOOD = ['pm_card_visa', 'pm_card_amex', 'pm_card_chargeCustomerFail', 'pm_card_authenticationRequired']

/** Starts Stripe on a free port of loopback. `secret` signs its messages. */
export async function startStripeServer(secret = 'whsec_new'): Promise<StripeServer> {
  const stripe = new PlayedStripe()
  const server = createServer((request, response) => void stripe.serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const webhooks = Stripe.webhooks
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests: stripe.requests,
    objects: stripe.objects,
    trouble: (next) => stripe.troubles.push(next),
    exchange: (next) => (stripe.exchanged = next),
    message: (type, object, options = {}) => {
      const payload = JSON.stringify({
        id: newId('evt'),
        object: 'event',
        type,
        created: nowSeconds(),
        api_version: Stripe.API_VERSION,
        livemode: false,
        ...(options.account && { account: options.account }),
        data: { object },
      })
      const header = webhooks.generateTestHeaderString({
        payload,
        secret: options.secret ?? secret,
        timestamp: options.timestamp ?? nowSeconds(),
      })
      return { rawBody: Buffer.from(payload), headers: { 'stripe-signature': header } }
    },
    confirm: (intentId, answer) => stripe.confirm(intentId, answer),
    dispute: (intentId, more = {}) => stripe.dispute(intentId, more),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Call {
  readonly parameters: any
  readonly account: string | null
  /** What stands in the path in the places of ids. */
  readonly ids: string[]
}
type Route = readonly [pattern: RegExp, answer: (call: Call) => any]

class PlayedStripe {
  readonly requests: StripeRequest[] = []
  readonly objects = new Map<string, any>()
  readonly troubles: Trouble[] = []
  exchanged: Exchange | null = null
  readonly #answers = new Map<string, { request: string; status: number; body: string }>()

  readonly #routes: readonly Route[] = [
    [/^POST \/v1\/customers$/, ({ parameters }) => this.#keep('cus', 'customer', parameters)],
    [/^POST \/v1\/setup_intents$/, (call) => this.#setUp(call)],
    [/^POST \/v1\/payment_methods\/(\w+)\/attach$/, (call) => this.#attach(call)],
    [/^POST \/v1\/payment_methods\/(\w+)\/detach$/, (call) => this.#detach(call)],
    [/^GET \/v1\/payment_methods\/(\w+)$/, (call) => this.#get(call)],
    [/^POST \/v1\/payment_intents$/, (call) => this.#charge(call)],
    [/^GET \/v1\/payment_intents$/, (call) => this.#list('payment_intent', 'customer', call)],
    [/^GET \/v1\/payment_intents\/(\w+)$/, (call) => this.#get(call)],
    [/^POST \/v1\/payment_intents\/(\w+)\/cancel$/, (call) => this.#cancel(call)],
    [/^POST \/v1\/refunds$/, (call) => this.#refund(call)],
    [/^GET \/v1\/refunds$/, (call) => this.#list('refund', 'payment_intent', call)],
    [/^GET \/v1\/disputes\/(\w+)$/, (call) => this.#get(call)],
    [/^POST \/v1\/disputes\/(\w+)$/, (call) => this.#evidence(call)],
    [/^POST \/v1\/accounts$/, (call) => this.#account(call)],
    [/^GET \/v1\/accounts\/(\w+)$/, (call) => this.#get(call)],
    [/^DELETE \/v1\/accounts\/(\w+)$/, (call) => this.#forget(call)],
    [/^POST \/v1\/account_links$/, ({ parameters }) => this.#link(parameters)],
    [/^POST \/v1\/transfers$/, (call) => this.#transfer(call)],
    [/^GET \/v1\/transfers$/, (call) => this.#list('transfer', 'transfer_group', call)],
    [/^POST \/v1\/transfers\/(\w+)\/reversals$/, (call) => this.#reverse(call)],
    [/^POST \/v1\/payouts$/, (call) => this.#payout(call)],
    [/^GET \/v1\/payouts$/, (call) => this.#list('payout', null, call)],
  ]

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stripe.test')
    const text = await readAll(request)
    const one: StripeRequest = {
      method: request.method ?? '',
      path: url.pathname,
      parameters: readForm(request.method === 'POST' ? text : url.search.slice(1)),
      idempotencyKey: (request.headers['idempotency-key'] as string | undefined) ?? null,
      account: (request.headers['stripe-account'] as string | undefined) ?? null,
    }
    this.requests.push(one)
    const index = this.troubles.findIndex(({ on }) => `${one.method} ${one.path}`.startsWith(on))
    const how = index < 0 ? null : this.troubles.splice(index, 1)[0]!.how
    if (how === 'hang') return
    const { status, body } = how && how !== 'lose' ? answerOf(how.status, { error: how.error }) : this.#answer(one)
    if (how === 'lose') {
      // an answer that is cut off: a closed connection before it would be asked again by the library itself
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{')
      setTimeout(() => response.destroy(), 20)
      return
    }
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': newId('req') }).end(body)
  }

  /** Answers as it did before under the same key, as Stripe does, refusals by the bank included. */
  #answer(request: StripeRequest): { status: number; body: string } {
    const key = request.method === 'POST' ? request.idempotencyKey : null
    const known = key === null ? undefined : this.#answers.get(key)
    const fingerprint = `${request.method} ${request.path} ${JSON.stringify(request.parameters)}`
    if (known && known.request !== fingerprint)
      return answerOf(400, { error: { type: 'idempotency_error', message: 'Keys for idempotent requests …' } })
    if (known) return known
    const answer = this.#perform(request)
    if (key !== null && (answer.status < 400 || answer.status === 402))
      this.#answers.set(key, { request: fingerprint, ...answer })
    return answer
  }

  #perform({ method, path, parameters, account }: StripeRequest): { status: number; body: string } {
    for (const [pattern, answer] of this.#routes) {
      const match = pattern.exec(`${method} ${path}`)
      if (!match) continue
      try {
        return answerOf(200, answer({ parameters, account, ids: match.slice(1) }))
      } catch (error) {
        if (error instanceof Refusal) return answerOf(error.status, { error: error.body })
        throw error
      }
    }
    return answerOf(404, { error: { type: 'invalid_request_error', message: `Unrecognized request URL (${path})` } })
  }

  #keep(prefix: string, object: string, more: object): any {
    const made = { id: newId(prefix), object, created: nowSeconds(), livemode: false, metadata: {}, ...more }
    this.objects.set(made.id, made)
    return made
  }

  #known(id: string, param: string, status = 404): any {
    return this.objects.get(id) ?? invalid(`No such object: '${id}'`, { code: 'resource_missing', param }, status)
  }

  #get({ ids: [id] }: Call): any {
    const found = this.objects.get(id ?? '')
    if (!found && id?.startsWith('acct_'))
      invalid(`The provided key does not have access to account '${id}'`, { code: 'account_invalid' }, 403)
    return this.#known(id ?? '', 'id')
  }

  #list(object: string, by: string | null, { parameters, account }: Call): any {
    const all = [...this.objects.values()].filter(
      (one) =>
        one.object === object &&
        (by === null || parameters[by] === undefined || one[by] === parameters[by]) &&
        (object !== 'payout' || one.account === account),
    )
    const newestFirst = all.reverse()
    const from = newestFirst.findIndex(({ id }) => id === parameters.starting_after) + 1
    const page = newestFirst.slice(from, from + Number(parameters.limit ?? 10))
    return { object: 'list', data: page, has_more: from + page.length < newestFirst.length, url: '' }
  }

  #setUp({ parameters }: Call): any {
    const { payment_method: token, customer } = parameters
    this.#known(customer, 'customer')
    if (!this.#isToken(token))
      invalid(`No such PaymentMethod: '${token}'`, { code: 'resource_missing', param: 'payment_method' })
    if (REFUSED[token]) throw cardError(REFUSED[token])
    if (token === 'pm_card_authenticationRequired')
      return this.#keep('seti', 'setup_intent', { status: 'requires_action', payment_method: token })
    return this.#keep('seti', 'setup_intent', { status: 'succeeded', payment_method: this.#method(token, customer) })
  }

  #isToken = (token: string): boolean => GOOD.includes(token) || token in REFUSED

  #method(token: string, customer: string): any {
    const isAmex = token === 'pm_card_amex'
    return this.#keep('pm', 'payment_method', {
      type: 'card',
      customer,
      // not Stripe's: what it does later
      token,
      card: {
        brand: isAmex ? 'amex' : 'visa',
        last4: isAmex ? '8431' : '4242',
        exp_month: 12,
        exp_year: 2040,
        country: 'US',
        fingerprint: createHash('sha256').update(token).digest('hex').slice(0, 16),
      },
    })
  }

  #attach({ ids: [token = ''], parameters }: Call): any {
    return this.#method(token, parameters.customer)
  }

  #detach({ ids: [id = ''] }: Call): any {
    const method = this.#known(id, 'payment_method')
    if (method.customer === null) invalid('The payment method you provided is not attached to a customer.')
    method.customer = null
    return method
  }

  #charge({ parameters }: Call): any {
    this.#known(parameters.customer, 'customer')
    const token = this.#tokenOf(parameters)
    const amount = Number(parameters.amount)
    if (amount > 99_999_999)
      invalid('Amount must be no more than 999,999.99', { code: 'amount_too_large', param: 'amount' })
    const intent = this.#keep('pi', 'payment_intent', {
      customer: parameters.customer,
      payment_method: parameters.payment_method,
      currency: parameters.currency,
      metadata: parameters.metadata,
      amount,
      amount_received: 0,
      latest_charge: null,
      next_action: null,
      last_payment_error: null,
      status: 'processing',
    })
    const needsPerson = token === 'pm_card_authenticationRequired'
    const code = token === 'pm_card_chargeCustomerFail' ? 'generic_decline' : REFUSED[token]
    if (code) throw this.#decline(intent, code)
    if (needsPerson && !parameters.return_url) throw this.#decline(intent, 'authentication_required')
    if (needsPerson) {
      intent.status = 'requires_action'
      const url = `https://hooks.stripe.test/redirect/${intent.id}`
      intent.next_action = { type: 'redirect_to_url', redirect_to_url: { url, return_url: parameters.return_url } }
      return intent
    }
    return this.#succeed(intent)
  }

  #tokenOf({ payment_method: reference, customer }: any): string {
    if (this.#isToken(reference)) return reference
    const method = this.objects.get(reference)
    if (!method) invalid(`No such PaymentMethod: '${reference}'`, { code: 'resource_missing', param: 'payment_method' })
    if (method.customer !== customer)
      invalid('The provided PaymentMethod cannot be used with this customer.', { param: 'payment_method' })
    return method.token
  }

  #succeed(intent: any): any {
    intent.status = 'succeeded'
    intent.next_action = null
    intent.amount_received = intent.amount
    const own = { currency: intent.currency, fee: Math.floor(intent.amount * 0.029) + 30 }
    const booked = this.exchanged ?? own
    this.exchanged = null
    intent.latest_charge = {
      id: newId('ch'),
      object: 'charge',
      balance_transaction: { id: newId('txn'), object: 'balance_transaction', ...booked },
    }
    return intent
  }

  #decline(intent: any, code: string): Refusal {
    const refusal = cardError(code)
    intent.status = 'requires_payment_method'
    intent.next_action = null
    intent.latest_charge = newId('ch')
    intent.last_payment_error = { ...refusal.body, charge: intent.latest_charge }
    return new Refusal(402, { ...intent.last_payment_error, payment_intent: { ...intent } })
  }

  confirm(intentId: string, answer: 'succeed' | 'fail'): any {
    const intent = this.objects.get(intentId)
    if (answer === 'succeed') return this.#succeed(intent)
    intent.status = 'requires_payment_method'
    intent.next_action = null
    intent.last_payment_error = { type: 'invalid_request_error', code: 'payment_intent_authentication_failure' }
    return intent
  }

  #cancel({ ids: [id = ''] }: Call): any {
    const intent = this.#known(id, 'intent')
    if (intent.status === 'succeeded' || intent.status === 'canceled')
      invalid(`You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`, {
        code: 'payment_intent_unexpected_state',
      })
    intent.status = 'canceled'
    intent.next_action = null
    return intent
  }

  #refund({ parameters }: Call): any {
    const intent = this.#known(parameters.payment_intent, 'payment_intent')
    const isAbout = (one: any): boolean => one.payment_intent === intent.id
    const all = [...this.objects.values()].filter(isAbout)
    if (all.some(({ object, status }) => object === 'dispute' && status !== 'won'))
      invalid('Charge has been charged back; cannot issue a refund.', { code: 'charge_disputed' })
    const left = all
      .filter(({ object, status }) => object === 'refund' && status !== 'failed')
      .reduce((sum, { amount }) => sum - amount, intent.amount_received)
    if (left === 0) invalid('Charge has already been refunded.', { code: 'charge_already_refunded' })
    const amount = Number(parameters.amount)
    if (amount > left) invalid('Refund amount is greater than unrefunded amount on charge', { param: 'amount' })
    const { currency } = intent
    return this.#keep('re', 'refund', { ...parameters, amount, currency, status: 'succeeded' })
  }

  dispute(intentId: string, more: Record<string, unknown>): any {
    const { amount, currency } = this.objects.get(intentId)
    return this.#keep('dp', 'dispute', {
      payment_intent: intentId,
      amount,
      currency,
      reason: 'fraudulent',
      status: 'needs_response',
      evidence: {},
      evidence_details: { due_by: nowSeconds() + 600_000, has_evidence: false, past_due: false, submission_count: 0 },
      balance_transactions: [
        { id: newId('txn'), object: 'balance_transaction', amount: -amount, fee: 1_500, currency },
      ],
      ...more,
    })
  }

  #evidence({ ids: [id = ''], parameters }: Call): any {
    const dispute = this.#known(id, 'dispute')
    Object.assign(dispute, { evidence: parameters.evidence })
    if (parameters.submit === 'true') dispute.status = 'under_review'
    return dispute
  }

  #account({ parameters }: Call): any {
    if (parameters.country === 'XX')
      invalid("Country 'XX' is unknown.", { code: 'country_unsupported', param: 'country' })
    return this.#keep('acct', 'account', {
      ...parameters,
      payouts_enabled: false,
      requirements: { disabled_reason: 'requirements.past_due' },
      external_accounts: { object: 'list', data: [], has_more: false, url: '' },
    })
  }

  #forget({ ids: [id = ''] }: Call): any {
    this.#get({ ids: [id], parameters: {}, account: null })
    this.objects.delete(id)
    return { id, object: 'account', deleted: true }
  }

  #link({ account }: any): any {
    return { object: 'account_link', url: `https://connect.stripe.test/setup/${account}/${newId('s')}`, expires_at: 0 }
  }

  #transfer({ parameters }: Call): any {
    const account = this.#known(parameters.destination, 'destination', 400)
    if (!account.payouts_enabled)
      invalid('Your destination account needs to have the transfers capability.', {
        code: 'insufficient_capabilities_for_transfer',
      })
    return this.#keep('tr', 'transfer', { ...parameters, amount: Number(parameters.amount), reversed: false })
  }

  #reverse({ ids: [id = ''] }: Call): any {
    const transfer = this.#known(id, 'transfer')
    if (transfer.reversed) invalid('This transfer is already fully reversed.')
    transfer.reversed = true
    return this.#keep('trr', 'transfer_reversal', { transfer: id, amount: transfer.amount })
  }

  #payout({ parameters, account }: Call): any {
    if (this.objects.get(account ?? '')?.default_currency !== parameters.currency)
      invalid("You don't have any external accounts in that currency.", { code: 'payouts_not_allowed' })
    return this.#keep('po', 'payout', {
      ...parameters,
      account,
      amount: Number(parameters.amount),
      status: 'pending',
      failure_code: null,
      failure_message: null,
    })
  }
}

const cardError = (name: string): Refusal => {
  const [code, declineCode] = DECLINES[name] ?? ['card_declined', name]
  return new Refusal(402, {
    type: 'card_error',
    code,
    ...(declineCode && { decline_code: declineCode }),
    message: 'Your card was declined.',
  })
}

const answerOf = (status: number, body: unknown): { status: number; body: string } => ({
  status,
  body: JSON.stringify(body),
})

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** `metadata[key]=value` and `expand[0]=x`, as Stripe's forms nest. */
function readForm(text: string): any {
  const form: any = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.replaceAll(']', '').split('[')
    const last = path.pop() ?? ''
    let place = form
    for (const step of path) place = place[step] ??= {}
    place[last] = value
  }
  return form
}
