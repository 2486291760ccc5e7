import { isListType, isNonNullType, isObjectType } from 'graphql'
import type { GraphQLField, GraphQLObjectType, GraphQLOutputType } from 'graphql'
import { AppError } from '../lib/errors.js'
import type { Context } from './context.js'

/** The types of `UserError`, by what the failure means. */
const USER_ERROR_TYPES = {
  INVALID: 'InvalidInputError',
  CONFLICT: 'ConflictError',
  NOT_FOUND: 'NotFoundError',
} as const

type Payload = Readonly<Record<string, unknown>>

/** What a caller can mend, as the payload's `userErrors` show it. */
const toUserError = (error: AppError, type: string): Payload => ({
  __typename: type,
  code: error.reason.toUpperCase(),
  message: error.message,
  path: error.details.path ?? [],
  currentVersion: error.details.currentVersion ?? null,
  decline: error.details.decline ?? null,
  price: error.details.price ?? null,
})

/**
 * Lets a mutation's resolver throw what the caller can mend: INVALID, CONFLICT and NOT_FOUND become the payload's
 * `userErrors`, with every other field null, false, 0 or empty. All else passes.
 * @throws Error at start, for a payload that has a non-null field without such a value
 */
export function asPayload(field: GraphQLField<unknown, Context>): void {
  const { resolve } = field
  const nothing = emptyPayload(field)
  if (!resolve || !nothing) return
  field.resolve = async (parent, args, context, info) => {
    try {
      return await resolve(parent, args, context, info)
    } catch (error) {
      const type = error instanceof AppError && userErrorType(error)
      if (!type) throw error
      return { ...nothing, userErrors: [toUserError(error, type)] }
    }
  }
}

/** An error that carries data is of a type that does. */
function userErrorType({ code, details }: AppError): string | undefined {
  if (details.decline) return 'PaymentDeclinedError'
  if (details.price) return 'PriceChangedError'
  return USER_ERROR_TYPES[code as keyof typeof USER_ERROR_TYPES]
}

/** Null for a field whose type is not a payload. */
function emptyPayload(field: GraphQLField<unknown, Context>): Payload | null {
  const type = isNonNullType(field.type) ? field.type.ofType : field.type
  if (!isObjectType(type) || !('userErrors' in type.getFields())) return null
  const fields = Object.values(type.getFields()).filter(({ name }) => name !== 'userErrors')
  return Object.fromEntries(fields.map(({ name, type: wanted }) => [name, emptyValue(type, name, wanted)]))
}

function emptyValue(payload: GraphQLObjectType, name: string, type: GraphQLOutputType): unknown {
  if (!isNonNullType(type)) return null
  if (isListType(type.ofType)) return []
  if (type.ofType.name === 'Boolean') return false
  if (type.ofType.name === 'Int') return 0
  throw new Error(`${payload.name}.${name} must be nullable: it has no value when there are user errors`)
}
