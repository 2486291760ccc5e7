import type { GraphQLFormattedError } from 'graphql'
import { log } from '../lib/log.js'
import type { ClientError } from './errors.js'
import { toClientError } from './errors.js'
import { execute, subscribeToSource } from './execute.js'
import type { Outcome } from './execute.js'
import { makeContext } from './context.js'
import { Deadline } from './deadline.js'
import { authenticatedRequest, spendBudget } from './prepare.js'
import type { Api, Prepared } from './prepare.js'

/** What one event answers. */
export interface EventAnswer {
  readonly data: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
  readonly extensions?: Record<string, unknown>
}

/** The answers of one subscription. `return` ends it at once, and its source with it. */
export type Answers = AsyncGenerator<EventAnswer, undefined>

/**
 * Starts a prepared subscription. Each event is answered as a request of its own: the session is read again, its cost is
 * charged, loaders are new, the rules are asked again. Sources must end with `context.signal`.
 * @throws ClientError when the field refuses
 */
export async function subscribe(api: Api, prepared: Prepared): Promise<Answers> {
  const ended = new AbortController()
  const { request, plan, variables, deadline } = prepared
  try {
    const context = { ...prepared.context, signal: ended.signal }
    const source = await deadline.within(subscribeToSource({ plan, variables, context }))
    return endable(answersOf(api, prepared, source, ended), ended)
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

async function* answersOf(
  api: Api,
  prepared: Prepared,
  source: AsyncIterable<unknown>,
  ended: AbortController,
): Answers {
  let extensions: Record<string, unknown> | undefined = { cost: prepared.cost }
  try {
    for await (const event of source) {
      if (ended.signal.aborted) return
      yield { ...(await answer(api, prepared, event, ended.signal)), ...(extensions ? { extensions } : {}) }
      extensions = undefined
    }
  } catch (error) {
    if (!ended.signal.aborted) throw toClientError(error, prepared.request.requestId)
  } finally {
    ended.abort()
  }
}

/**
 * An event that takes too long is answered by saying so; the next one may not.
 * @throws ClientError when the session is gone, the budget spent, or the field's rule refuses by now: the subscription ends
 */
async function answer(api: Api, prepared: Prepared, event: unknown, signal: AbortSignal): Promise<EventAnswer> {
  const deadline = new Deadline()
  try {
    return await deadline.within(answerInTime(api, prepared, event, { signal, deadline }))
  } catch (error) {
    if (!deadline.isOver) throw error
    const { requestId } = prepared.request
    log.warn({ requestId, operation: prepared.plan.root.fields[0]?.name }, 'event: took too long')
    return { data: null, errors: [toClientError(error, requestId).toJSON()] }
  } finally {
    deadline.end()
  }
}

async function answerInTime(
  api: Api,
  prepared: Prepared,
  event: unknown,
  { signal, deadline }: { readonly signal: AbortSignal; readonly deadline: Deadline },
): Promise<EventAnswer> {
  const { request, plan, variables, cost } = prepared
  const authenticated = await authenticatedRequest(api, request)
  await spendBudget(api, request, authenticated, cost.requested)
  const context = makeContext(api.services, { ...request, signal }, authenticated)
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
