import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import type { Context } from '../../src/api/context.js'
import { buildSchema } from '../../src/api/schema.js'
import { AppError } from '../../src/lib/errors.js'
import { anyone } from '../../src/lib/rules.js'
import { transaction } from '../../src/lib/db.js'

/** What must never reach a client: it stands in every error that the laboratory throws. */
export const CANARY = 'canary-5f1d'

/** How a resolver of the laboratory fails. */
export const FAILURES = ['throw', 'reject', 'string', 'type', 'prisma', 'sql', 'zod', 'nested', 'null'] as const

const SDL = /* GraphQL */ `
  interface UserError {
    code: String!
    message: String!
    path: [String!]!
  }
  type InvalidInputError implements UserError {
    code: String!
    message: String!
    path: [String!]!
  }
  type Thing {
    name: String!
    thing: Thing!
    boom(how: String!): String
    things(first: Int = 20, after: String, last: Int, before: String): ThingConnection!
  }
  type ThingConnection {
    nodes: [Thing!]!
  }
  type Query {
    thing: Thing!
    things(first: Int = 20, after: String, last: Int, before: String): ThingConnection!
    boom(how: String!): String
    requiredBoom(how: String!): String!
    echo(text: String!): String!
  }
  type Mutation {
    fail(input: FailInput!): FailPayload!
  }
  input FailInput {
    how: String!
  }
  type FailPayload {
    done: Boolean!
    userErrors: [UserError!]!
  }
  type Subscription {
    ticks(count: Int!, bytes: Int = 1): Tick!
    thing: Thing!
    boom(how: String!): String
    eventBoom(how: String!): String
  }
  type Tick {
    number: Int!
    text: String!
    thing: Thing!
    boom(how: String!): String
  }
`

/** Worst cases that the product has no field for: cycles, resolvers that fail in every way, sources that pour. */
export function labSchema(): GraphQLSchema {
  const thing = { name: 'a thing', thing: {} as unknown, things: () => ({ nodes: [thing] }), boom }
  thing.thing = thing
  return buildSchema({
    typeDefs: [SDL],
    resolvers: {
      Query: {
        thing: () => thing,
        things: () => ({ nodes: [thing] }),
        boom: (_parent: unknown, args: How, context: Context) => boom(args, context),
        requiredBoom: (_parent: unknown, args: How, context: Context) => boom(args, context),
        echo: (_parent: unknown, { text }: { text: string }) => text,
      },
      Mutation: {
        fail: async (_parent: unknown, { input }: { input: How }, context: Context) => {
          await boom(input, context)
          return { done: true, userErrors: [] }
        },
      },
      Subscription: {
        ticks: { subscribe: ticks, resolve: (event: unknown) => event },
        thing: { subscribe: () => forever(), resolve: () => thing },
        boom: {
          subscribe: (_parent: unknown, args: How, context: Context) => failingSource(args, context),
          resolve: () => 'x',
        },
        eventBoom: {
          subscribe: () => once(),
          resolve: (_event: unknown, args: How, context: Context) => boom(args, context),
        },
      },
      UserError: { __resolveType: () => 'InvalidInputError' },
    },
    rules: {
      Query: { thing: anyone, things: anyone, boom: anyone, requiredBoom: anyone, echo: anyone },
      Mutation: { fail: anyone },
      Subscription: { ticks: anyone, thing: anyone, boom: anyone, eventBoom: anyone },
    },
  })
}

interface How {
  readonly how: string
}

async function boom({ how }: How, context: Context): Promise<string | null> {
  switch (how) {
    case 'throw':
      throw new Error(CANARY)
    case 'reject':
      return await Promise.reject(new RangeError(`${CANARY} at /srv/app/secret.ts`))
    case 'string':
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- libraries do
      throw CANARY
    case 'type':
      return (CANARY as unknown as { missing(): string }).missing()
    case 'prisma':
      return (await context.db.user.findUniqueOrThrow({ where: { id: CANARY } })).username
    case 'sql':
      return (await context.db.sql<{ a: string }>`/* lab.boom */ select ${CANARY}::uuid::text as a`)[0]?.a ?? ''
    case 'zod':
      return z.object({ [CANARY]: z.string().length(3) }).parse({ [CANARY]: CANARY })[CANARY]
    case 'nested':
      throw new Error('outside', { cause: new AggregateError([new Error(CANARY)], CANARY) })
    case 'commit':
      return await transaction(context, async (tx) => {
        await tx.sql`/* lab.commit */
          insert into journal_transactions (kind, reference, occurred_at) values ('adjustment', ${CANARY}, app_now())`
        return ''
      })
    case 'invalid':
      throw new AppError('INVALID', 'invalid_input', 'As you see.')
    case 'null':
      return null
    default:
      return how
  }
}

async function* ticks(_parent: unknown, { count, bytes }: { count: number; bytes: number }): AsyncGenerator {
  const text = 'x'.repeat(bytes)
  for (let number = 1; number <= count; number += 1) {
    yield { number, text, thing: { name: 'a thing' }, boom }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A source that says nothing and never ends by itself. */
const forever = (): AsyncIterableIterator<unknown> => {
  let end: (() => void) | undefined
  const over = new Promise<void>((resolve) => (end = resolve))
  const done = { done: true as const, value: undefined }
  return {
    [Symbol.asyncIterator]: () => forever(),
    next: () => over.then(() => done),
    return: () => {
      end?.()
      return Promise.resolve(done)
    },
  }
}

async function* once(): AsyncGenerator {
  await Promise.resolve()
  yield {}
}

async function* failingSource({ how }: How, context: Context): AsyncGenerator {
  if (how.startsWith('late ')) yield {}
  await boom({ how: how.replace('late ', '') }, context)
}
