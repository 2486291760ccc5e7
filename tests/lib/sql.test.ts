import { describe, expect, it } from 'vitest'
import { fragment, prepare } from '../../src/lib/sql.js'
import type { SqlPart } from '../../src/lib/sql.js'

const statement = (strings: TemplateStringsArray, ...parts: SqlPart[]) => prepare(strings, parts)
const named = (name: string) => fragment`name = ${name}`
const older = (years: number) => fragment`(age > ${years} or ${named('old')})`

describe('a hand-written statement', () => {
  it('numbers its parameters through fragments within fragments', () => {
    const { text, values } = statement`/* tests.people */ select ${1} where ${older(7)} and ${named('x')} limit ${2}`
    expect(text).toBe('/* tests.people */ select $1 where (age > $2 or name = $3) and name = $4 limit $5')
    expect(values).toEqual([1, 7, 'old', 'x', 2])
  })

  it('is prepared under one name for one text, and under another for another', () => {
    const find = (condition: SqlPart) => statement`/* tests.find */ select ${condition}`
    const names = [named('a'), named('b'), older(1), 'value', older(2)].map((condition) => find(condition).name)
    expect(names[0]).toBe(names[1])
    expect(names[2]).toBe(names[4])
    expect(names[3]).toBe('tests.find')
    expect(new Set(names).size).toBe(3)
  })

  it('is told apart by where a fragment stands', () => {
    const two = (one: SqlPart, other: SqlPart) => statement`/* tests.two */ select ${one}, ${other}`
    expect(two(named('a'), 1).text).toBe('/* tests.two */ select name = $1, $2')
    expect(two(1, named('a')).text).toBe('/* tests.two */ select $1, name = $2')
  })

  it('is refused without a name', () => {
    expect(() => statement`select ${1}`).toThrow('must open with its name')
  })
})
