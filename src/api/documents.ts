import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GraphQLError, Kind, parse, specifiedRules, validate } from 'graphql'
import type { ASTVisitor, DocumentNode, GraphQLSchema, ValidationContext } from 'graphql'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { PersistedOperations } from '../env.js'
import { ClientError } from './errors.js'
import { conditionVariables } from './plan.js'

/** Lexical tokens of one document. */
export const MAX_TOKENS = 1_000
/** Errors named in one answer. */
export const MAX_ERRORS = 5
/** Tokens of all remembered documents: some 60 MB of parsed documents at worst. */
const MAX_REMEMBERED_TOKENS = 200_000
/** What remembering anything costs, in tokens: the smallest documents are bounded too. */
const TOKENS_PER_ENTRY = 20
/** Characters of all documents remembered under hashes that clients sent. */
const MAX_PERSISTED_LENGTH = 2_000_000

const SHA256 = /^[0-9a-f]{64}$/

/** A document that was parsed and validated once: fit to run, or refused. */
export interface KnownDocument {
  readonly hash: string
  readonly document: DocumentNode
  readonly refusals: readonly ClientError[]
  /** The variables that decide `@skip` and `@include` in it. */
  readonly conditions: readonly string[]
}

/** The documents that clients send, remembered by their sha256. */
export interface Documents {
  /** Parses and validates `source`, or remembers that. `hash` must be its own. */
  know(source: string, hash: string): KnownDocument
  /** One that is remembered. */
  recall(hash: string): KnownDocument | undefined
  /** The source behind a hash that a client sends instead of it. */
  readonly persisted: PersistedSources
}

/** Sources by hash, for automatic persisted queries and for the allow-list. */
export interface PersistedSources {
  readonly mode: PersistedOperations['mode']
  find(hash: string): string | undefined
  /** Remembers a source under its hash; nothing, in the other modes. */
  add(hash: string, source: string): void
  /** Whether a document may run at all. */
  isAllowed(hash: string): boolean
}

/** The sha256 that clients and server name a document by. */
export const hashOf = (source: string): string => createHash('sha256').update(source).digest('hex')

/** The hash in `extensions.persistedQuery`, by which a client names a document instead of sending it. */
export function persistedHashOf(extensions: unknown): string | undefined {
  const parsed = persistedQuerySchema.safeParse(extensions)
  return parsed.success ? parsed.data.persistedQuery.sha256Hash : undefined
}

const persistedQuerySchema = z.object({
  persistedQuery: z.object({ version: z.literal(1), sha256Hash: z.string().regex(SHA256) }),
})

/** Opens the store. `showsSuggestions`: whether a misspelt name is answered with names that exist. */
export function openDocuments(
  schema: GraphQLSchema,
  operations: PersistedOperations,
  options: { readonly showsSuggestions: boolean },
): Documents {
  const known = new LRUCache<string, KnownDocument>({
    maxSize: MAX_REMEMBERED_TOKENS,
    sizeCalculation: ({ document }) => (document.tokenCount ?? MAX_TOKENS) + TOKENS_PER_ENTRY,
  })
  return {
    know: (source, hash) => {
      const remembered = known.get(hash)
      if (remembered) return remembered
      const examined = examine(schema, source, hash, options.showsSuggestions)
      known.set(hash, examined)
      return examined
    },
    recall: (hash) => known.get(hash),
    persisted: persistedSources(operations),
  }
}

/** Stands for a document that could not be parsed. */
const NOTHING: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] }

function examine(schema: GraphQLSchema, source: string, hash: string, showsSuggestions: boolean): KnownDocument {
  let document: DocumentNode
  try {
    document = parse(source, { maxLexicalTokens: MAX_TOKENS })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    return { hash, document: NOTHING, refusals: [parseFailure(error)], conditions: [] }
  }
  const errors = validate(schema, document, VALIDATION_RULES, { maxErrors: MAX_ERRORS })
  const refusals = errors.map(
    ({ message, nodes }) =>
      new ClientError(
        'GRAPHQL_VALIDATION_FAILED',
        showsSuggestions ? message : withoutSuggestion(message),
        {},
        { nodes },
      ),
  )
  return { hash, document, refusals, conditions: refusals.length === 0 ? conditionVariables(document) : [] }
}

function parseFailure(error: GraphQLError): ClientError {
  if (/more that \d+ tokens|more than \d+ tokens/.test(error.message))
    return new ClientError('GRAPHQL_PARSE_FAILED', `A document has at most ${String(MAX_TOKENS)} tokens.`, {
      reason: 'operation_too_large',
      limit: 'tokens',
      max: MAX_TOKENS,
    })
  const place = error.locations?.[0]
  const where = place ? ` (line ${String(place.line)}, column ${String(place.column)})` : ''
  return new ClientError('GRAPHQL_PARSE_FAILED', `${error.message}${where}`)
}

/** The message without the names that graphql offers for a misspelt one: they tell of the schema. */
export const withoutSuggestion = (message: string): string => message.replace(/ ?Did you mean .*\?/s, '')

/** A response name of `__proto__` would reach for an object's prototype wherever an answer or the variables are kept. */
function noPrototypeNames(context: ValidationContext): ASTVisitor {
  return {
    Name: (node) => {
      if (node.value === '__proto__')
        context.reportError(new GraphQLError('The name __proto__ is not allowed.', { nodes: node }))
    },
  }
}

/** Why a text is refused that no column can keep. */
export const NO_NUL = 'A text holds no NUL character.'

function noNulCharacters(context: ValidationContext): ASTVisitor {
  return {
    StringValue: (node) => {
      if (node.value.includes('\0')) context.reportError(new GraphQLError(NO_NUL, { nodes: node }))
    },
  }
}

const VALIDATION_RULES = [...specifiedRules, noPrototypeNames, noNulCharacters]

function persistedSources(operations: PersistedOperations): PersistedSources {
  if (operations.mode === 'allow-list') {
    const sources = readAllowList(operations.file)
    return {
      mode: 'allow-list',
      find: (hash) => sources.get(hash),
      add: () => undefined,
      isAllowed: (hash) => sources.has(hash),
    }
  }
  const sources = new LRUCache<string, string>({
    maxSize: MAX_PERSISTED_LENGTH,
    sizeCalculation: ({ length }) => length + 1,
  })
  const isAutomatic = operations.mode === 'automatic'
  return {
    mode: operations.mode,
    find: (hash) => sources.get(hash),
    add: (hash, source) => {
      if (isAutomatic && hashOf(source) === hash) sources.set(hash, source)
    },
    isAllowed: () => true,
  }
}

const allowListSchema = z.union([
  z.record(z.string().regex(SHA256), z.string()),
  z.array(z.string()),
  // what Apollo's and Relay's compilers write
  z.object({ operations: z.array(z.object({ body: z.string() })) }),
])

/**
 * Documents by hash from a JSON file: an object of hash and source, a list of sources, or Apollo's manifest.
 * @throws Error when the file cannot be read, or a hash is not its source's
 */
function readAllowList(file: string): ReadonlyMap<string, string> {
  const list = allowListSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const sources = Array.isArray(list)
    ? list
    : 'operations' in list && Array.isArray(list.operations)
      ? list.operations.map(({ body }) => body)
      : Object.values(list as Record<string, string>)
  const byHash = new Map(sources.map((source) => [hashOf(source), source]))
  const wrong = Object.keys(list).filter((key) => SHA256.test(key) && !byHash.has(key))
  if (wrong.length > 0) throw new Error(`${file}: ${wrong.join(', ')} is not the sha256 of its document`)
  return byHash
}
