import { expect, it } from 'vitest'
import { hasForbiddenWord } from '../../src/comments/words.js'

const WORDS = ['spam', 'Buy Now', 'schön', 'идиот', 'a55']

it.each([
  'spam',
  'This is SPAM.',
  'sp\u0430m', // a Cyrillic letter
  '$p@m',
  'sssspaaaam',
  's p a m',
  's.p.a.m',
  's-p*a_m!',
  'sp\u200bam',
  'ｓｐａｍ',
  'spám',
  'buy now',
  'BUY    NOW!!!',
  'buy, now',
  'b u y n o w'.replace('y n', 'y  n'),
  'SCHÖN',
  'schon',
  'идиот!',
  'ИДИОТ',
  'ass',
])('finds a forbidden word in %j', (text) => {
  expect(hasForbiddenWord(text, WORDS)).toBe(true)
})

it.each([
  '',
  'Spamalot',
  'antispam filters',
  'I buy; he comes now',
  'a nowhere',
  'assess',
  'the grass is green',
  '! ? *',
  's p a',
])('finds none in %j', (text) => {
  expect(hasForbiddenWord(text, WORDS)).toBe(false)
})

it('finds nothing where nothing is forbidden, or nothing that has letters', () => {
  expect(hasForbiddenWord('anything', [])).toBe(false)
  expect(hasForbiddenWord('anything *** at all', ['***', '…'])).toBe(false)
})

it('takes no time to speak of for the longest comment and the longest list', () => {
  const words = Array.from({ length: 200 }, (_, n) => `forbidden ${n} word`)
  const started = performance.now()
  hasForbiddenWord('a.b c! '.repeat(714), words)
  hasForbiddenWord('x'.repeat(5_000), words)
  expect(performance.now() - started).toBeLessThan(500)
})
