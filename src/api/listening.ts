import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LONGEST_TIMER_MS, SECOND_MS } from '../lib/clock.js'
import { AppError } from '../lib/errors.js'
import type { Admission, AdmittedEvents, AnyLiveField, LiveEvent } from '../lib/live.js'
import type { Broadcast, Hearer, Program, Told } from './broadcasts.js'
import { makeContext } from './context.js'
import { Deadline } from './deadline.js'
import { toClientError } from './errors.js'
import { execute, rootArguments } from './execute.js'
import type { FieldPlan, ObjectPlan, OperationPlan, Shape } from './plan.js'
import { authenticatedRequest } from './prepare.js'
import type { Api, Operation } from './prepare.js'

/** An admission that ends by the clock is asked for again no sooner than this, should the clocks disagree. */
const ASK_AGAIN_MS = 50
/** How often, and how far apart, admission is asked for while the database does not answer. */
const TRIES = 5
const TRY_AGAIN_MS = SECOND_MS
/** Events held back while admission is asked for; beyond it the client resumes. */
const MAX_HELD = 1_000

/** How the operation's field is listened to; null where its events are for each subscriber alone. */
export function liveFieldOf({ root }: OperationPlan): AnyLiveField | null {
  const extensions = root.fields[0]?.definition.extensions as { readonly live?: AnyLiveField } | undefined
  return extensions?.live ?? null
}

/** What listening to a live field takes. */
export interface Listened {
  readonly field: AnyLiveField
  /** When the first admission was given. */
  readonly admittedAt: Date
  /** Hands a payload, as JSON, to the subscriber; resolves when it has left the process. */
  readonly push: (payload: string) => Promise<void>
  /** Answers an event for this subscriber alone, as JSON. @throws ClientError when it may not be told any more */
  readonly answer: (event: LiveEvent<unknown>) => Promise<string>
  /** Aborted when the subscriber leaves, and when it is over. */
  readonly ended: AbortController
}

/** One subscriber of a live field. */
export class Listening implements Hearer {
  readonly #api: Api
  readonly #operation: Operation
  readonly #listened: Listened
  readonly #args: Readonly<Record<string, unknown>>
  /** Resolves when it is over; rejects with what ended it. */
  readonly #over: Promise<void>
  #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | null = null
  /** Admission is being asked for: what comes meanwhile waits. */
  #asking: Promise<void> | null = null
  #mustAskAgain = false
  #without: ReadonlySet<string> | null = null
  /** What comes before it runs waits. */
  #isRunning = false
  #held: Told[] = []
  /** Its own reader; null where a broadcast tells it. */
  #reader: AsyncIterable<LiveEvent<unknown>> | null = null
  #broadcast: Broadcast | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(api: Api, operation: Operation, listened: Listened) {
    this.#api = api
    this.#operation = operation
    this.#listened = listened
    this.#args = rootArguments(operation.plan, operation.variables)
    this.#over = new Promise((resolve, reject) => (this.#settle = { resolve, reject }))
    this.#over.catch(() => undefined)
  }

  /**
   * Resolves once everything that happens from then on will be told. Ends with `ended`, also when it never runs.
   * @throws what keeps the source from beginning
   */
  async begin(source: AdmittedEvents<unknown>): Promise<void> {
    this.#listened.ended.signal.addEventListener(
      'abort',
      () => {
        this.#leave()
      },
      { once: true },
    )
    this.#take(source.admission, this.#listened.admittedAt)
    source.onDoubt(() => {
      this.#ask()
    })
    this.#broadcast = this.#attend()
    if (!this.#broadcast || (this.#args['after'] ?? null) !== null) {
      this.#reader = await source.open()
      return
    }
    this.#broadcast.join(this)
    await this.#broadcast.listens
    if (!this.#settle) await this.#over
  }

  /**
   * Tells the subscriber, until the source ends or they leave.
   * @throws what ended it otherwise: the refusal, or the failure of the source
   */
  async run(): Promise<void> {
    this.#isRunning = true
    if (!this.#asking) this.#tellHeld()
    if (this.#reader) await Promise.race([this.#over, this.#readAlone(this.#reader)])
    await this.#over
  }

  hear(told: Told): void {
    if (!this.#settle) return
    if (this.#isRunning && !this.#asking) {
      if (this.#isFor(told)) void this.#listened.push(told.payload)
    } else if (this.#held.push(told) > MAX_HELD) this.end(new AppError('UNAVAILABLE', 'service_unavailable', 'Resume.'))
  }

  #tellHeld(): void {
    const held = this.#held
    this.#held = []
    for (const told of held) this.hear(told)
  }

  #leave(): void {
    this.end(null)
    clearTimeout(this.#timer)
    this.#broadcast?.leave(this)
  }

  end(error: unknown): void {
    if (error === null) this.#settle?.resolve()
    else this.#settle?.reject(error)
    this.#settle = null
  }

  /** The broadcast of what is asked, where every field of it answers all alike. */
  #attend(): Broadcast | null {
    const { plan, variables } = this.#operation
    const shared = sharedPlanOf(plan)
    if (!shared) return null
    const args = { ...this.#args, after: null }
    const program: Program = {
      events: (signal) => this.#listened.field.events(args, servicesOf(this.#api), signal),
      execute: (root) => executeForAll(this.#api, { plan: shared, variables }, root),
    }
    return this.#api.broadcasts.attend(keyOf(plan, args), this, program)
  }

  /** Reads by itself: for good where events differ from person to person, else until the broadcast can take over. */
  async #readAlone(events: AsyncIterable<LiveEvent<unknown>>): Promise<void> {
    const { push, answer } = this.#listened
    const broadcast = this.#broadcast
    for await (const event of events) {
      await this.#asking
      if (!this.#settle) return
      if (this.#isFor(event)) await push(await (broadcast ? broadcast.payloadOf(event) : answer(event)))
      if (broadcast && event.sequence !== null && broadcast.takeOver(this, event.sequence)) return
    }
    this.end(null)
  }

  #ask(): void {
    this.#mustAskAgain = true
    this.#asking ??= this.#askUntilSure()
  }

  /** Never rejects: a refusal ends it, and what was held back is never told. */
  async #askUntilSure(): Promise<void> {
    try {
      while (this.#mustAskAgain && this.#settle) {
        this.#mustAskAgain = false
        await this.#askPatiently()
      }
      this.#asking = null
      this.#tellHeld()
    } catch (error) {
      this.end(error)
    }
  }

  async #askPatiently(): Promise<void> {
    const { field, ended } = this.#listened
    for (let tries = 1; ; tries += 1) {
      try {
        const authenticated = await authenticatedRequest(this.#api, this.#operation.request)
        const asked = { ...this.#operation.request, signal: ended.signal }
        const context = makeContext(this.#api.services, asked, authenticated)
        this.#take(await field.admit(this.#args, context), context.now)
        return
      } catch (error) {
        const isPassing = toClientError(error, this.#operation.request.requestId).code === 'UNAVAILABLE'
        if (!isPassing || tries === TRIES) throw error
        await sleep(randomInt(TRY_AGAIN_MS / 2, TRY_AGAIN_MS))
      }
    }
  }

  /** Whether it is of nobody whose doings the subscriber is not told of. */
  #isFor({ actorId }: Pick<LiveEvent<unknown>, 'actorId'>): boolean {
    return actorId === undefined || !this.#without?.has(actorId)
  }

  #take({ until, without }: Admission, now: Date): void {
    this.#without = without ?? null
    clearTimeout(this.#timer)
    if (!until) return
    const leftMs = Math.min(Math.max(until.getTime() - now.getTime(), ASK_AGAIN_MS), LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => {
      this.#ask()
    }, leftMs)
  }
}

const servicesOf = ({ services: { database, bus } }: Api) => ({ db: database.db, bus })

/** Executes an event for nobody in particular. */
async function executeForAll(
  api: Api,
  { plan, variables }: Pick<Operation, 'plan' | 'variables'>,
  root: LiveEvent<unknown>,
): Promise<string> {
  const deadline = new Deadline()
  const requestId = randomUUID()
  try {
    const stranger = await deadline.within(api.authenticate(api.services.database.db, null))
    const context = makeContext(api.services, { requestId, client: { ip: '', userAgent: '' } }, stranger)
    const { data, errors } = await deadline.within(execute({ plan, variables, context, root, deadline }))
    return payloadOf(
      data,
      errors.map((error) => toClientError(error, requestId).toJSON()),
    )
  } catch (error) {
    return payloadOf(null, [toClientError(error, requestId).toJSON()])
  } finally {
    deadline.end()
  }
}

const payloadOf = (data: unknown, errors: readonly unknown[]): string =>
  JSON.stringify({ data, ...(errors.length > 0 ? { errors } : {}) })

const keys = new WeakMap<OperationPlan, string>()

/** Tells apart what is asked: the plan has the document and its conditions, and no field below the root has arguments. */
function keyOf(plan: OperationPlan, args: Readonly<Record<string, unknown>>): string {
  const planKey = keys.get(plan) ?? randomUUID()
  keys.set(plan, planKey)
  return `${planKey} ${JSON.stringify(args, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}`
}

const sharedPlans = new WeakMap<OperationPlan, OperationPlan | null>()

/** The plan as it is executed for all: past the rule of its root, which was asked of each alone. Null where it cannot be. */
function sharedPlanOf(plan: OperationPlan): OperationPlan | null {
  let shared = sharedPlans.get(plan)
  if (shared === undefined) {
    const [field] = plan.root.fields
    shared = field && isShapeForAll(field.shape) ? withoutRule(plan, field) : null
    sharedPlans.set(plan, shared)
  }
  return shared
}

const withoutRule = (plan: OperationPlan, field: FieldPlan): OperationPlan => {
  const resolve = (event: unknown): unknown => (event as LiveEvent<unknown>).value
  return { ...plan, root: { ...plan.root, fields: [{ ...field, definition: { ...field.definition, resolve } }] } }
}

function isShapeForAll(shape: Shape): boolean {
  if (shape.kind === 'leaf') return true
  if (shape.kind === 'list') return isShapeForAll(shape.item)
  if (shape.kind === 'object') return isPlanForAll(shape.plan)
  return [...shape.plans.values()].every(isPlanForAll)
}

const isPlanForAll = ({ fields }: ObjectPlan): boolean => fields.every(isFieldForAll)

const isFieldForAll = ({ name, definition, parentType, shape }: FieldPlan): boolean =>
  name === '__typename' ||
  (definition.args.length === 0 && (isMarked(definition) || isMarked(parentType)) && isShapeForAll(shape))

/** Whether the schema says `@sameForAll` of it. */
const isMarked = ({
  astNode,
}: {
  readonly astNode?: { readonly directives?: readonly { name: { value: string } }[] } | null | undefined
}): boolean => astNode?.directives?.some(({ name }) => name.value === 'sameForAll') ?? false
