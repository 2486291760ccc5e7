import { OperationTypeNode } from 'graphql'
import { tooLarge } from './plan.js'
import type { ClientError } from './errors.js'
import type { FieldPlan, ObjectPlan, OperationPlan, Shape } from './plan.js'

/** Levels of fields, the outermost included; introspection is exempt. */
export const MAX_DEPTH = 10
/** Fields under another name than their own. */
export const MAX_ALIASES = 15
/** Fields of `Query` in one operation. */
export const MAX_ROOT_FIELDS = 20
/** Fields of `Mutation` in one operation. */
export const MAX_MUTATIONS = 5

/** How large an operation is, whatever its variables say. */
export interface Extent {
  readonly depth: number
  readonly aliases: number
}

/** The limits that `plan` passes; none are checked while it runs. */
export function refusalsOf(plan: OperationPlan): readonly ClientError[] {
  const { fields } = plan.root
  const { depth, aliases } = extentOf(plan.root)
  const maxFields = plan.operation.operation === OperationTypeNode.MUTATION ? MAX_MUTATIONS : MAX_ROOT_FIELDS
  return [
    depth > MAX_DEPTH ? tooLarge('levels', MAX_DEPTH) : null,
    aliases > MAX_ALIASES ? tooLarge('aliases', MAX_ALIASES) : null,
    fields.length > maxFields ? tooLarge(maxFields === MAX_MUTATIONS ? 'mutations' : 'root fields', maxFields) : null,
  ].filter((refusal) => refusal !== null)
}

const isIntrospection = ({ name }: FieldPlan): boolean => name === '__schema' || name === '__type'

function extentOf({ fields }: ObjectPlan): Extent {
  let [depth, aliases] = [0, 0]
  for (const field of fields) {
    const below = extentOfShape(field.shape)
    depth = Math.max(depth, isIntrospection(field) ? 1 : 1 + below.depth)
    aliases += (field.key === field.name ? 0 : 1) + below.aliases
  }
  return { depth, aliases }
}

function extentOfShape(shape: Shape): Extent {
  if (shape.kind === 'list') return extentOfShape(shape.item)
  if (shape.kind === 'object') return extentOf(shape.plan)
  if (shape.kind === 'leaf') return { depth: 0, aliases: 0 }
  const extents = [...shape.plans.values()].map(extentOf)
  return {
    depth: Math.max(0, ...extents.map(({ depth }) => depth)),
    aliases: Math.max(0, ...extents.map(({ aliases }) => aliases)),
  }
}
