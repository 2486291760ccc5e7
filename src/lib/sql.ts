/** Values that a hand-written statement can carry. */
export type SqlValue =
  string | number | bigint | boolean | Date | Uint8Array | null | readonly SqlValue[] | { json: unknown }

/** What may stand in a statement: a value, which becomes a parameter, or a piece of SQL, which becomes part of the text. */
export type SqlPart = SqlValue | Fragment

/** A piece of SQL with its values: a predicate or a list of columns that several statements share. */
export class Fragment {
  readonly strings: TemplateStringsArray
  readonly parts: readonly SqlPart[]

  constructor(strings: TemplateStringsArray, parts: readonly SqlPart[]) {
    this.strings = strings
    this.parts = parts
  }
}

/**
 * Makes a fragment, which a statement embeds as it embeds a value: `where ${visibleTo(viewerId)}`. Its text is written by
 * hand; values in it become parameters of the statement.
 */
export const fragment = (strings: TemplateStringsArray, ...parts: SqlPart[]): Fragment => new Fragment(strings, parts)

/** A statement's text, its parameters numbered through all fragments, and the name that it is prepared under. */
export interface Prepared {
  readonly name: string
  readonly text: string
}

/** Which templates a statement is made of, in order; the same templates at the same places are the same text. */
class Recipe {
  prepared: Prepared | null = null
  readonly #next: WeakMap<TemplateStringsArray, Recipe>[] = []

  with(place: number, strings: TemplateStringsArray): Recipe {
    const known = (this.#next[place] ??= new WeakMap())
    let recipe = known.get(strings)
    if (!recipe) known.set(strings, (recipe = new Recipe()))
    return recipe
  }
}

const recipes = new Recipe()
/** Statements of one name that fragments make different. */
const variants = new Map<string, number>()

/**
 * The statement of a template and its values, fragments put in their places. The text is put together once per combination
 * of templates.
 * @throws Error when it does not open with its name, `/* domain.name *​/`
 */
export function prepare(strings: TemplateStringsArray, parts: readonly SqlPart[]): Prepared & { values: unknown[] } {
  const values: unknown[] = []
  const recipe = follow(recipes.with(0, strings), parts, values)
  const { name, text } = (recipe.prepared ??= compose(strings, parts))
  return { name, text, values }
}

function follow(start: Recipe, parts: readonly SqlPart[], values: unknown[]): Recipe {
  let recipe = start
  for (const [place, part] of parts.entries())
    if (part instanceof Fragment) recipe = follow(recipe.with(place, part.strings), part.parts, values)
    else values.push(toParameter(part))
  return recipe
}

function compose(strings: TemplateStringsArray, parts: readonly SqlPart[]): Prepared {
  let parameters = 0
  const write = (pieces: TemplateStringsArray, between: readonly SqlPart[]): string =>
    pieces.reduce((sql, piece, index) => {
      const part = between[index - 1]
      if (part instanceof Fragment) return `${sql}${write(part.strings, part.parts)}${piece}`
      parameters += 1
      return `${sql}$${String(parameters)}${piece}`
    })
  const text = write(strings, parts)
  const name = /^\s*\/\* ([a-zA-Z]+\.[a-zA-Z]+) \*\//.exec(text)?.[1]
  if (!name) throw new Error(`SQL must open with its name, /* domain.name */: ${text.slice(0, 80)}`)
  if (!parts.some((part) => part instanceof Fragment)) return { name, text }
  const variant = (variants.get(name) ?? 0) + 1
  variants.set(name, variant)
  return { name: `${name}.${String(variant)}`, text }
}

const toParameter = (value: SqlValue): unknown => {
  if (typeof value === 'object' && value !== null && 'json' in value) return JSON.stringify(value.json)
  if (value instanceof Uint8Array) return Buffer.from(value)
  return value
}
