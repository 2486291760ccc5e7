import type { FastifyInstance, FastifyReply } from 'fastify'
import { formatMoney } from '../lib/money.js'
import { escapedHtml } from '../lib/text.js'
import { toMoney } from './sandbox-books.js'
import type { Charge } from './sandbox-books.js'
import { Sandbox } from './sandbox.js'
import type { Processor } from './types.js'

const PATH = '/sandbox/actions/:charge'
/** An answer is a word. */
const MAX_BODY_BYTES = 100
const ANSWERS: Readonly<Record<string, 'succeed' | 'fail'>> = { 'answer=confirm': 'succeed', 'answer=decline': 'fail' }

interface Visit {
  readonly Params: { readonly charge: string }
}

/** Where the sandbox is the processor: the page on which a payer's bank asks them, and what takes their answer. */
export function serveSandboxActions(app: FastifyInstance, processor: Processor): void {
  if (!(processor instanceof Sandbox)) return
  void app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => {
        done(null, body)
      },
    )
    scope.get<Visit>(PATH, async ({ params }, reply) => {
      const charge = await processor.findAction(params.charge)
      return charge ? sendQuestion(reply, charge) : sendNothing(reply)
    })
    scope.post<Visit & { readonly Body: unknown }>(PATH, async ({ params, body }, reply) => {
      const answer = typeof body === 'string' ? ANSWERS[body] : undefined
      if (!answer) return reply.code(400).type('text/plain').send('The answer is confirm or decline.\n')
      if (!(await processor.findAction(params.charge))) return sendNothing(reply)
      const { returnUrl } = await processor.confirmAction(params.charge, answer)
      return reply.redirect(returnUrl ?? `/sandbox/actions/${params.charge}`, 303)
    })
    await Promise.resolve()
  })
}

const sendNothing = (reply: FastifyReply): FastifyReply => reply.code(404).type('text/plain').send('Not found\n')

function sendQuestion(reply: FastifyReply, charge: Charge): FastifyReply {
  return reply
    .header('content-security-policy', policyFor(charge.data.returnUrl))
    .type('text/html; charset=utf-8')
    .send(toHtml(charge))
}

/** Browsers hold the address that an answer leads on to against where forms may go. */
function policyFor(returnUrl: string | null): string {
  const origin = returnUrl === null ? '' : ` ${new URL(returnUrl).origin}`
  return `default-src 'none'; form-action 'self'${origin}; base-uri 'none'; frame-ancestors 'none'`
}

const toHtml = (charge: Charge): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The sandbox bank asks</title>
</head>
<body>
<h1>The sandbox bank asks</h1>
<p>This page plays the bank of a test card. No money moves.</p>
<p>${escapedHtml(charge.data.description)}: <strong>${formatMoney(toMoney(charge.data.amount))}</strong></p>
${charge.state === 'REQUIRES_ACTION' ? QUESTION : answered(charge)}
</body>
</html>
`

const QUESTION = `<form method="post">
<button name="answer" value="confirm">Confirm</button>
<button name="answer" value="decline">Decline</button>
</form>`

const answered = ({ data }: Charge): string =>
  `<p>Nothing is asked any more.${data.returnUrl === null ? '' : ` <a href="${escapedHtml(data.returnUrl)}">Go back</a>`}</p>`
