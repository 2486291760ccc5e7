import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SEALED_COLUMNS, UNSEALED_COLUMNS, UNUSED_COLUMNS } from '../../src/keys/types.js'

const FOLDER = join(import.meta.dirname, '../../prisma/schema')

/** Every binary column of the schema whose comment says that it is personal. */
function personalBinaryColumns(): string[] {
  return readdirSync(FOLDER).flatMap((file) =>
    [...readFileSync(join(FOLDER, file), 'utf8').matchAll(/^model \w+ \{\n([\s\S]*?)^\}/gm)].flatMap(
      ([, body = '']) => {
        const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? ''
        return [...body.matchAll(/((?: *\/\/\/[^\n]*\n)+) *(\w+) +Bytes\??([^\n]*)/g)].flatMap(
          ([, comment = '', field = '', rest = '']) =>
            comment.includes('[personal: none') ? [] : [`${table}.${/@map\("(\w+)"\)/.exec(rest)?.[1] ?? field}`],
        )
      },
    ),
  )
}

it('names every binary column about people as encrypted, as holding no text, or as unused', () => {
  const listed = [...SEALED_COLUMNS, ...UNSEALED_COLUMNS, ...UNUSED_COLUMNS].map(
    ({ table, column }) => `${table}.${column}`,
  )
  expect(new Set(listed).size).toBe(listed.length)
  expect(listed.toSorted()).toEqual(personalBinaryColumns().toSorted())
})
