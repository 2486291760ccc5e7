import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMs } from '../../src/lib/clock.js'
import { Sandbox } from '../../src/processors/sandbox.js'
import { signatureHeader } from '../../src/processors/signatures.js'
import { openStripe } from '../../src/processors/stripe.js'
import type { Processor } from '../../src/processors/types.js'
import { startStripeServer } from '../support/stripe-server.js'
import type { StripeServer } from '../support/stripe-server.js'

const SECRETS = ['whsec_new', 'whsec_old']
const NOW = new Date('2026-11-26T12:00:00.000Z')
const SECOND_MS = 1_000

interface Signed {
  readonly rawBody: Buffer
  readonly headers: Record<string, string>
}

let server: StripeServer
beforeAll(async () => {
  server = await startStripeServer()
})
afterAll(() => server.close())

const sandboxBody = Buffer.from(
  JSON.stringify({
    id: 'evt_sandbox_1',
    type: 'charge.succeeded',
    createdAt: NOW.toISOString(),
    // umlauts and spaces: what is signed is bytes
    object: { id: 'ch_sandbox_1', kind: 'CHARGE', parentId: null, data: { description: 'Zoë’s  posts' } },
  }),
)

const PROCESSORS: readonly {
  readonly name: string
  readonly header: string
  readonly processor: Processor
  readonly sign: (secret: string, at: Date) => Signed
}[] = [
  {
    name: 'sandbox',
    header: 'sandbox-signature',
    // a message is read without a look into the books
    processor: new Sandbox({ db: {} as never, secrets: SECRETS }),
    sign: (secret, at) => ({
      rawBody: sandboxBody,
      headers: { 'sandbox-signature': signatureHeader(sandboxBody, secret, at) },
    }),
  },
  {
    name: 'stripe',
    header: 'stripe-signature',
    processor: openStripe({ secretKey: 'sk_test_loopback', webhookSecrets: SECRETS }),
    sign: (secret, at) => {
      const intent = { id: 'pi_1', object: 'payment_intent', description: 'Zoë’s  posts', metadata: {} }
      return server.message('payment_intent.processing', intent, { secret, timestamp: at.getTime() / SECOND_MS })
    },
  },
]

describe.each(PROCESSORS)('a message of $name', ({ header, processor, sign }) => {
  const read = ({ rawBody, headers }: Signed, now = NOW) => processor.readEvent(rawBody, headers, now)
  const problem = (name: string) => expect.objectContaining({ name: 'ProcessorSignatureError', problem: name })

  it('is believed with either of two secrets, and read whole', () => {
    for (const secret of SECRETS)
      expect(read(sign(secret, NOW))).toMatchObject({
        id: expect.stringMatching(/^evt_/),
        type: expect.any(String),
        objectId: expect.stringMatching(/^(ch|pi)_/),
        occurredAt: expect.any(Date),
        payload: expect.any(Object),
      })
  })

  it('is not believed with another secret', () => {
    expect(() => read(sign('whsec_other', NOW))).toThrow(problem('wrong'))
  })

  it('is not believed when a byte of it is another', () => {
    const { rawBody, headers } = sign('whsec_new', NOW)
    for (const place of [0, 20, rawBody.length - 1]) {
      const tampered = Buffer.from(rawBody)
      tampered[place]! ^= 1
      expect(() => read({ rawBody: tampered, headers })).toThrow(problem('wrong'))
    }
  })

  it('is not believed when it was written anew, to the same meaning', () => {
    const { rawBody, headers } = sign('whsec_new', NOW)
    const pretty = Buffer.from(JSON.stringify(JSON.parse(rawBody.toString()), null, 1))
    expect(() => read({ rawBody: pretty, headers })).toThrow(problem('wrong'))
  })

  it('is believed for five minutes, either way', () => {
    const signed = sign('whsec_old', NOW)
    for (const seconds of [-300, 300]) expect(read(signed, addMs(NOW, seconds * SECOND_MS))).toBeDefined()
    for (const seconds of [-301, 301])
      expect(() => read(signed, addMs(NOW, seconds * SECOND_MS))).toThrow(problem('stale'))
  })

  it('is not believed with its time moved', () => {
    const { rawBody, headers } = sign('whsec_new', NOW)
    const later = headers[header]!.replace(/t=(\d+)/, (_, t: string) => `t=${String(Number(t) + 400)}`)
    expect(() => read({ rawBody, headers: { [header]: later } }, addMs(NOW, 400 * SECOND_MS))).toThrow(problem('wrong'))
  })

  it('is not believed without a signature', () => {
    const { rawBody } = sign('whsec_new', NOW)
    for (const headers of [{}, { [header]: '' }]) expect(() => read({ rawBody, headers })).toThrow(problem('missing'))
  })

  it.each([
    'nothing',
    't=1,v1=',
    't=,v1=00',
    'v1=00',
    't=1',
    't=1,v0=00',
    't=1,v1=zz',
    `t=abc,v1=${'0'.repeat(64)}`,
    `t=1,t=2,v1=${'0'.repeat(64)}`,
    `t=1,v1=${'0'.repeat(63)}`,
    `t=1,${'v1=0,'.repeat(1_000)}`,
  ])('is not believed with a signature like %.40s', (text) => {
    const { rawBody } = sign('whsec_new', NOW)
    expect(() => read({ rawBody, headers: { [header]: text } })).toThrow(problem('malformed'))
  })

  it('may carry several signatures, one of which is right', () => {
    const { rawBody, headers } = sign('whsec_new', NOW)
    const several = headers[header]!.replace('v1=', `v1=${'0'.repeat(64)},v1=`)
    expect(read({ rawBody, headers: { [header]: several } })).toBeDefined()
  })
})

it.each(PROCESSORS)('$name: what is signed and no event is said to be none', ({ name, header, processor }) => {
  for (const text of ['', 'null', '[]', '{}', '{"id":1}', 'hello', '{"id":"e","type":"t","object":null,"data":null}']) {
    const rawBody = Buffer.from(text)
    const headers = { [header]: signatureHeader(rawBody, 'whsec_new', NOW) }
    expect(() => processor.readEvent(rawBody, headers, NOW), `${name} ${text}`).toThrow('the message is no event')
  }
})
