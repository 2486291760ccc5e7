import {
  BreakingChangeType,
  buildSchema,
  findBreakingChanges,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'

/** @import { GraphQLField, GraphQLInputField, GraphQLSchema } from 'graphql' */

/**
 * The changes that break a client which followed the deprecations, in words.
 * @param {string} oldSdl @param {string} newSdl
 */
export function breakingChanges(oldSdl, newSdl) {
  const old = buildSchema(oldSdl)
  return findBreakingChanges(old, buildSchema(newSdl))
    .filter(({ type, description }) => !wasAnnounced(old, type, description))
    .map(({ description }) => description)
}

/** @param {GraphQLSchema} old @param {BreakingChangeType} type @param {string} description */
function wasAnnounced(old, type, description) {
  const [first = '', second = '', third = ''] = description.match(/\w+/g) ?? []
  switch (type) {
    case BreakingChangeType.FIELD_REMOVED:
      return isFieldDeprecated(old, first, second)
    case BreakingChangeType.ARG_REMOVED: {
      // "User.posts arg first was removed."
      const argument = description.match(/ arg (\w+) /)?.[1] ?? third
      return isFieldDeprecated(old, first, second) || isArgumentDeprecated(old, first, second, argument)
    }
    case BreakingChangeType.VALUE_REMOVED_FROM_ENUM: {
      // "SILVER was removed from enum type Tier."
      const enumType = old.getType(description.match(/(\w+)\.$/)?.[1] ?? '')
      return isEnumType(enumType) && enumType.getValue(first)?.deprecationReason != null
    }
    case BreakingChangeType.TYPE_REMOVED:
      return usesOf(old, first).every((isDeprecated) => isDeprecated)
    default:
      return false
  }
}

/** @param {GraphQLSchema} schema @param {string} typeName */
function fieldsOf(schema, typeName) {
  const type = schema.getType(typeName)
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? type.getFields() : {}
}

/** @param {GraphQLSchema} schema @param {string} typeName @param {string} field */
function isFieldDeprecated(schema, typeName, field) {
  return fieldsOf(schema, typeName)[field]?.deprecationReason != null
}

/** @param {GraphQLSchema} schema @param {string} typeName @param {string} field @param {string} argument */
function isArgumentDeprecated(schema, typeName, field, argument) {
  const found = fieldsOf(schema, typeName)[field]
  return found !== undefined && argumentsOf(found).find(({ name }) => name === argument)?.deprecationReason != null
}

/**
 * For each field that answers or takes a type, whether it was deprecated.
 * @param {GraphQLSchema} schema @param {string} typeName
 */
function usesOf(schema, typeName) {
  return Object.keys(schema.getTypeMap())
    .filter((name) => name !== typeName)
    .flatMap((name) => Object.values(fieldsOf(schema, name)))
    .filter((field) => [field, ...argumentsOf(field)].some(({ type }) => String(getNamedType(type)) === typeName))
    .map((field) => field.deprecationReason != null)
}

/** @param {GraphQLField<unknown, unknown> | GraphQLInputField} field */
function argumentsOf(field) {
  return 'args' in field ? field.args : []
}
