import type { FastifyInstance, FastifyReply } from 'fastify'
import { formatMoney } from '../lib/money.js'
import { escapedHtml } from '../lib/text.js'
import { toMoney } from './sandbox-books.js'
import type { Account, Charge } from './sandbox-books.js'
import { Sandbox } from './sandbox.js'
import type { Processor } from './types.js'

/** An answer is a word. */
const MAX_BODY_BYTES = 100
const ANSWERS: Readonly<Record<string, Answer>> = { 'answer=confirm': 'succeed', 'answer=decline': 'fail' }

type Answer = 'succeed' | 'fail'

/** What the sandbox bank asks somebody, or asked them. */
interface Question {
  readonly about: string
  readonly highlight: string
  readonly isOpen: boolean
  readonly returnUrl: string | null
}

/** Where a kind of question is asked: by the name of what it is about, which stands behind the path. */
interface Desk {
  readonly path: string
  readonly find: (name: string) => Promise<Question | null>
  readonly answer: (name: string, answer: Answer) => Promise<unknown>
}

const desks = (sandbox: Sandbox): readonly Desk[] => [
  {
    path: '/sandbox/actions',
    find: async (name) => toPayerQuestion(await sandbox.findAction(name)),
    answer: (name, answer) => sandbox.confirmAction(name, answer),
  },
  {
    path: '/sandbox/onboarding',
    find: async (name) => toCreatorQuestion(await sandbox.findOnboarding(name)),
    answer: (name, answer) => sandbox.answerOnboarding(name, answer),
  },
]

const toPayerQuestion = (charge: Charge | null): Question | null =>
  charge && {
    about: charge.data.description,
    highlight: formatMoney(toMoney(charge.data.amount)),
    isOpen: charge.state === 'REQUIRES_ACTION',
    returnUrl: charge.data.returnUrl,
  }

const toCreatorQuestion = (account: Account | null): Question | null =>
  account && {
    about: 'Payouts to your account',
    highlight: `${account.data.countryCode}, ${account.data.currency}`,
    isOpen: account.state === 'PENDING',
    returnUrl: account.data.returnUrl ?? null,
  }

interface Visit {
  readonly Params: { readonly name: string }
}

/** Where the sandbox is the processor: the pages on which a payer's or creator's bank asks them, and what takes their answer. */
export function serveSandboxPages(app: FastifyInstance, processor: Processor): void {
  if (!(processor instanceof Sandbox)) return
  void app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => {
        done(null, body)
      },
    )
    for (const desk of desks(processor)) serveDesk(scope, desk)
    await Promise.resolve()
  })
}

function serveDesk(scope: FastifyInstance, { path, find, answer: take }: Desk): void {
  scope.get<Visit>(`${path}/:name`, async ({ params }, reply) => {
    const question = await find(params.name)
    return question ? sendQuestion(reply, question) : sendNothing(reply)
  })
  scope.post<Visit & { readonly Body: unknown }>(`${path}/:name`, async ({ params, body }, reply) => {
    const answer = typeof body === 'string' ? ANSWERS[body] : undefined
    if (!answer) return reply.code(400).type('text/plain').send('The answer is confirm or decline.\n')
    const question = await find(params.name)
    if (!question) return sendNothing(reply)
    await take(params.name, answer)
    return reply.redirect(question.returnUrl ?? `${path}/${params.name}`, 303)
  })
}

const sendNothing = (reply: FastifyReply): FastifyReply => reply.code(404).type('text/plain').send('Not found\n')

function sendQuestion(reply: FastifyReply, question: Question): FastifyReply {
  return reply
    .header('content-security-policy', policyFor(question.returnUrl))
    .type('text/html; charset=utf-8')
    .send(toHtml(question))
}

/** Browsers hold the address that an answer leads on to against where forms may go. */
function policyFor(returnUrl: string | null): string {
  const origin = returnUrl === null ? '' : ` ${new URL(returnUrl).origin}`
  return `default-src 'none'; form-action 'self'${origin}; base-uri 'none'; frame-ancestors 'none'`
}

const toHtml = (question: Question): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The sandbox bank asks</title>
</head>
<body>
<h1>The sandbox bank asks</h1>
<p>This page plays a bank. No money moves.</p>
<p>${escapedHtml(question.about)}: <strong>${escapedHtml(question.highlight)}</strong></p>
${question.isOpen ? FORM : answered(question)}
</body>
</html>
`

const FORM = `<form method="post">
<button name="answer" value="confirm">Confirm</button>
<button name="answer" value="decline">Decline</button>
</form>`

const answered = ({ returnUrl }: Question): string =>
  `<p>Nothing is asked any more.${returnUrl === null ? '' : ` <a href="${escapedHtml(returnUrl)}">Go back</a>`}</p>`
