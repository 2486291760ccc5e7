import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One field of a model as the schema's text has it. */
export interface SchemaField {
  readonly name: string
  readonly type: string
  readonly comment: string
}

/** One model or enum; an enum's fields are its values. */
export interface SchemaBlock {
  readonly kind: 'model' | 'enum'
  readonly name: string
  readonly comment: string
  readonly fields: readonly SchemaField[]
}

const FOLDER = join(import.meta.dirname, '../../prisma/schema')

/** Every model and enum of `prisma/schema`, read as text: the generated client does not carry comments. */
export function readPrismaSchema(): SchemaBlock[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.prisma'))
    .flatMap((file) => readBlocks(readFileSync(join(FOLDER, file), 'utf8')))
}

function readBlocks(text: string): SchemaBlock[] {
  return [...text.matchAll(/((?:^\/\/\/.*\n)*)^(model|enum) (\w+) \{\n([^]*?)^\}/gm)].map((match) => ({
    kind: match[2] as SchemaBlock['kind'],
    name: match[3] ?? '',
    comment: joined(match[1] ?? ''),
    fields: readFields(match[4] ?? ''),
  }))
}

function readFields(body: string): SchemaField[] {
  return [...body.matchAll(/((?:^ +\/\/\/.*\n)*)^ +(\w+) *([\w"()[\]?]*).*$/gm)].map((match) => ({
    name: match[2] ?? '',
    type: match[3] ?? '',
    comment: joined(match[1] ?? ''),
  }))
}

const joined = (comment: string): string =>
  comment
    .replaceAll(/^ *\/\/\/ ?/gm, '')
    .replaceAll('\n', ' ')
    .trim()
