import type { GraphQLFormattedError } from 'graphql'
import { AdmittedEvents } from '../lib/live.js'
import { log } from '../lib/log.js'
import type { ClientError } from './errors.js'
import { toClientError } from './errors.js'
import { execute, rootArguments, subscribeToSource } from './execute.js'
import type { Outcome } from './execute.js'
import { makeContext } from './context.js'
import { Deadline } from './deadline.js'
import { liveFieldOf, Listening } from './listening.js'
import type { Listened } from './listening.js'
import { authenticatedRequest, spendBudget } from './prepare.js'
import type { Api, Operation, Prepared } from './prepare.js'

/** What one event answers. */
export interface EventAnswer {
  readonly data: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
  readonly extensions?: Record<string, unknown>
}

/** The answers of one subscription. `return` ends it at once, and its source with it. */
export type Answers = AsyncGenerator<EventAnswer, undefined>

/**
 * Starts a prepared subscription: it listens once the promise resolves. Each event is answered as a request of its own: the session is read again, its cost is
 * charged, loaders are new, the rules are asked again. Sources must end with `context.signal`. Of a live field the payloads
 * are pushed, and the answers have none: they only end.
 * @throws ClientError when the field refuses
 */
export async function subscribe(api: Api, prepared: Prepared, push: Listened['push']): Promise<Answers> {
  const ended = new AbortController()
  const { request, plan, variables, cost, deadline } = prepared
  // not the context: loaders are heavy, and thousands of these last
  const operation = { request, plan, variables, cost }
  try {
    const context = { ...prepared.context, signal: ended.signal }
    const source = await deadline.within(subscribeToSource({ plan, variables, context }))
    const field = liveFieldOf(plan)
    const answers =
      field && source instanceof AdmittedEvents
        ? await deadline.within(pushedAnswers(api, operation, { field, source, admittedAt: context.now, push, ended }))
        : answersOf(api, operation, source, ended)
    return endable(answers, ended)
  } catch (error) {
    ended.abort()
    throw toClientError(error, request.requestId)
  } finally {
    deadline.end()
  }
}

/** A generator that waits for its source cannot be returned from: the source is told to end first. */
function endable(answers: Answers, ended: AbortController): Answers {
  const end = answers.return.bind(answers)
  answers.return = (value) => {
    ended.abort()
    return end(value)
  }
  return answers
}

async function pushedAnswers(
  api: Api,
  operation: Operation,
  { source, ...listened }: Omit<Listened, 'answer'> & { readonly source: AdmittedEvents<unknown> },
): Promise<Answers> {
  const { ended } = listened
  const answerAlone = async (event: unknown): Promise<string> =>
    JSON.stringify(await answer(api, operation, event, ended.signal))
  const listening = new Listening(api, operation, { ...listened, answer: answerAlone })
  await listening.begin(source)
  return noAnswers(listening, operation, ended)
}

async function* noAnswers(listening: Listening, { request }: Operation, ended: AbortController): Answers {
  try {
    await listening.run()
  } catch (error) {
    if (!ended.signal.aborted) throw toClientError(error, request.requestId)
  } finally {
    ended.abort()
  }
}

async function* answersOf(
  api: Api,
  operation: Operation,
  source: AsyncIterable<unknown>,
  ended: AbortController,
): Answers {
  let extensions: Record<string, unknown> | undefined = { cost: operation.cost }
  try {
    for await (const event of source) {
      if (ended.signal.aborted) return
      yield { ...(await answer(api, operation, event, ended.signal)), ...(extensions ? { extensions } : {}) }
      extensions = undefined
    }
  } catch (error) {
    if (!ended.signal.aborted) throw toClientError(error, operation.request.requestId)
  } finally {
    ended.abort()
  }
}

/**
 * An event that takes too long is answered by saying so; the next one may not.
 * @throws ClientError when the session is gone, the budget spent, or the field's rule refuses by now: the subscription ends
 */
async function answer(api: Api, operation: Operation, event: unknown, signal: AbortSignal): Promise<EventAnswer> {
  const deadline = new Deadline()
  try {
    return await deadline.within(answerInTime(api, operation, event, { signal, deadline }))
  } catch (error) {
    if (!deadline.isOver) throw error
    const { requestId } = operation.request
    log.warn({ requestId, operation: operation.plan.root.fields[0]?.name }, 'event: took too long')
    return { data: null, errors: [toClientError(error, requestId).toJSON()] }
  } finally {
    deadline.end()
  }
}

async function answerInTime(
  api: Api,
  operation: Operation,
  event: unknown,
  { signal, deadline }: { readonly signal: AbortSignal; readonly deadline: Deadline },
): Promise<EventAnswer> {
  const { request, plan, variables, cost } = operation
  const authenticated = await authenticatedRequest(api, request)
  await spendBudget(api, request, authenticated, cost.requested)
  const context = makeContext(api.services, { ...request, signal }, authenticated)
  await liveFieldOf(plan)?.admit(rootArguments(plan, variables), context)
  const outcome = await execute({ plan, variables, context, root: event, deadline })
  const errors = outcome.errors.map((error) => toClientError(error, request.requestId))
  if (isRefused(outcome, errors)) throw errors[0] ?? new Error('an outcome without data and errors')
  return { data: outcome.data, ...(errors.length > 0 ? { errors: errors.map((error) => error.toJSON()) } : {}) }
}

const ENDING_CODES = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'REAUTH_REQUIRED', 'NOT_FOUND'])

/** Whether the root field itself was refused, not something within the event. */
function isRefused({ data }: Outcome, errors: readonly ClientError[]): boolean {
  const [first] = errors
  const hasNothing = data === null || Object.values(data).every((value) => value === null)
  return hasNothing && first !== undefined && first.path?.length === 1 && ENDING_CODES.has(first.code)
}
