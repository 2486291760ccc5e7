import { expect, it } from 'vitest'
import type { AppError } from '../../src/lib/errors.js'
import { checkedPassword } from '../../src/sessions/sessions.js'

const owner = { username: 'marguerite', email: 'm.duras@example.com' }
const reasonFor = (text: string): string | null => {
  try {
    checkedPassword(text, owner)
    return null
  } catch (error) {
    return (error as AppError).reason
  }
}

it('asks for 10 to 128 code points, whatever they are', () => {
  expect(reasonFor('abcdefghi')).toBe('password_too_short')
  expect(reasonFor('abcdéfghij')).toBeNull()
  expect(reasonFor('🐘🦒🦓🐪🐫🦏🐂🐃🐄')).toBe('password_too_short')
  expect(reasonFor('🐘🦒🦓🐪🐫🦏🐂🐃🐄🐎')).toBeNull()
  expect(reasonFor('only lower case letters')).toBeNull()
  expect(reasonFor('abcd'.repeat(32))).toBeNull()
  expect(reasonFor(`${'abcd'.repeat(32)}e`)).toBe('password_too_long')
})

it('refuses what is known to be leaked, and leaked words with a few signs behind them', () => {
  for (const text of [
    'password123',
    'Password123!',
    'QWERTYUIOP',
    '1234567890',
    'sunshine2024',
    'iloveyou!!!',
    'administrator',
    'aaaaaaaaaaaa',
    'abababababab',
  ])
    expect([text, reasonFor(text)]).toEqual([text, 'password_breached'])
  expect(reasonFor('demo-Passw0rd!')).toBeNull()
})

it('refuses what is too close to the username or the address', () => {
  for (const text of ['marguerite', 'Marguerite1', 'x-marguerite-1', 'm.duras@example.com', 'mduras1234'])
    expect([text, reasonFor(text)]).toEqual([text, 'password_breached'])
  expect(reasonFor('marguerite likes long walks')).toBeNull()
})

it('refuses what is not text', () => {
  expect(reasonFor('\ud800abcdefghijk')).toBe('invalid_input')
})

it('compares exactly: nothing is normalised', () => {
  expect(checkedPassword(' spaces stay as they are ', owner)).toBe(' spaces stay as they are ')
})
