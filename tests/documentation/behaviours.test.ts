import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const PAGE = readFileSync('docs/behaviours.md', 'utf8').replace(/\n +/g, ' ')

/** What the page claims: a file, and the titles that it quotes of it. */
const claims = [...PAGE.matchAll(/^- `(tests\/[^`]+)`: (.+)$/gm)].map(([, file = '', quotes = '']) => ({
  file,
  titles: [...quotes.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title),
}))

/** Whether a source has a test or a group of this title, which is written as the source has it. */
const hasTitle = (source: string, title: string): boolean =>
  ["'", '`'].some((mark) => source.replace(/\(\s+/g, '(').includes(`(${mark}${title}${mark}`))

describe('the page of what holds', () => {
  it('names tests', () => {
    expect(claims.length).toBeGreaterThan(50)
    expect(claims.filter(({ titles }) => titles.length === 0)).toEqual([])
  })

  it.each(claims)('names what is there: $file', ({ file, titles }) => {
    expect(existsSync(file)).toBe(true)
    const source = readFileSync(file, 'utf8')
    expect(titles.filter((title) => !hasTitle(source, title))).toEqual([])
  })
})
