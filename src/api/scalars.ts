import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql'
import type { ValueNode } from 'graphql'
import { isCurrency } from '../lib/money.js'
import { isLocal, parsedUrl } from '../lib/urls.js'

const MAX_URL_LENGTH = 2_000
const MAX_JSON_BYTES = 16_384
const MAX_JSON_DEPTH = 16
/** As PostgreSQL's bigint has; none of them has more digits than this. */
const BIGINT_BITS = 64
const MAX_DIGITS = 19

const wrong = (message: string): GraphQLError => new GraphQLError(message)

/** A scalar whose values arrive as strings, in variables as in documents. */
const textScalar = (
  name: string,
  parse: (text: string) => unknown,
  serialize: (value: unknown) => string,
): GraphQLScalarType =>
  new GraphQLScalarType<unknown, string>({
    name,
    serialize,
    parseValue: (value) => parse(expectString(name, value)),
    parseLiteral: (node) => parse(expectString(name, node.kind === Kind.STRING ? node.value : undefined)),
  })

function expectString(name: string, value: unknown): string {
  if (typeof value !== 'string') throw wrong(`${name} is written as a string.`)
  return value
}

function expectText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('expected a string')
  return value
}

const DATE_TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

function parseDateTime(text: string): Date {
  const day = DATE_TIME.exec(text)?.[1]
  const time = new Date(text)
  if (day === undefined || Number.isNaN(time.getTime()) || !isCalendarDate(day))
    throw wrong('DateTime is an ISO 8601 instant with an offset: 2026-03-01T09:30:00.000Z.')
  return time
}

/** `new Date` takes the 30th of February for the 2nd of March. */
function isCalendarDate(text: string): boolean {
  const time = new Date(`${text}T00:00:00.000Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text) && Number(text.slice(0, 4)) > 0
}

function parseDate(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || !isCalendarDate(text)) throw wrong('Date is a calendar date: 1990-05-17.')
  return text
}

function parseUrl(text: string): string {
  const url = text.length <= MAX_URL_LENGTH && /^https?:\/\/[^\s]+$/.test(text) ? parsedUrl(text) : null
  if (!url || !(url.protocol === 'https:' || isLocal(url)) || url.username !== '' || url.password !== '')
    throw wrong(`Url is an absolute https address of at most ${String(MAX_URL_LENGTH)} characters.`)
  return url.href.length <= MAX_URL_LENGTH ? url.href : text
}

function parseCurrency(text: string): string {
  if (!isCurrency(text)) throw wrong('Currency is an ISO 4217 code that the platform accepts, such as EUR.')
  return text
}

/** The 249 codes that ISO 3166-1 assigns. */
const COUNTRIES = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY ' +
    'BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK ' +
    'FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR ' +
    'IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ' +
    'ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM ' +
    'PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF ' +
    'TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
  ).split(' '),
)

function parseCountryCode(text: string): string {
  if (!COUNTRIES.has(text)) throw wrong('CountryCode is an ISO 3166-1 alpha-2 code, such as DE.')
  return text
}

function parseBigInt(value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && value.length <= MAX_DIGITS + 1 && /^-?(0|[1-9]\d*)$/.test(value)) {
    const number = BigInt(value)
    if (BigInt.asIntN(BIGINT_BITS, number) === number) return number
  }
  throw wrong('BigInt is a whole number from -2^63 to 2^63 - 1, as a string.')
}

function serializeBigInt(value: unknown): string {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value)
  throw new TypeError('BigInt wants a bigint')
}

function serializeDateTime(value: unknown): string {
  if (!(value instanceof Date)) throw new TypeError('DateTime wants a Date')
  return value.toISOString()
}

function checkedJson(value: unknown): unknown {
  if (depthOf(value) > MAX_JSON_DEPTH || Buffer.byteLength(JSON.stringify(value)) > MAX_JSON_BYTES)
    throw wrong(`JSON has at most ${String(MAX_JSON_BYTES)} bytes and ${String(MAX_JSON_DEPTH)} levels.`)
  return value
}

/** Stops looking beyond the limit, so that deep nesting cannot overflow the stack. */
function depthOf(value: unknown, level = 0): number {
  if (typeof value !== 'object' || value === null || level > MAX_JSON_DEPTH) return level
  return Math.max(level, ...Object.values(value).map((inner) => depthOf(inner, level + 1)))
}

const isConstant = (node: ValueNode): boolean => {
  if (node.kind === Kind.LIST) return node.values.every(isConstant)
  if (node.kind === Kind.OBJECT) return node.fields.every(({ value }) => isConstant(value))
  return node.kind !== Kind.VARIABLE
}

function jsonFromLiteral(node: ValueNode): unknown {
  if (!isConstant(node)) throw wrong('JSON written in a document holds no variables: pass it as one.')
  return checkedJson(valueFromASTUntyped(node))
}

/** The scalars of the contract, each with its one reading and writing. */
export const scalars = {
  DateTime: textScalar('DateTime', parseDateTime, serializeDateTime),
  Date: textScalar('Date', parseDate, expectText),
  Currency: textScalar('Currency', parseCurrency, expectText),
  CountryCode: textScalar('CountryCode', parseCountryCode, expectText),
  Url: textScalar('Url', parseUrl, expectText),
  BigInt: new GraphQLScalarType<bigint, string>({
    name: 'BigInt',
    serialize: serializeBigInt,
    parseValue: parseBigInt,
    parseLiteral: (node) => parseBigInt(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : undefined),
  }),
  JSON: new GraphQLScalarType({
    name: 'JSON',
    serialize: (value) => value,
    parseValue: checkedJson,
    parseLiteral: jsonFromLiteral,
  }),
}
