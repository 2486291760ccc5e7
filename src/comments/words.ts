/** Letters that digits and signs are written for. `l` is none of them: it stands for `i`, which both are taken for. */
const STANDS_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '!': 'i',
  '|': 'i',
  l: 'i',
  '3': 'e',
  '€': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
  '+': 't',
  '8': 'b',
  '9': 'g',
  // letters of other alphabets that look like these
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'i',
  đ: 'd',
  ı: 'i',
  а: 'a',
  в: 'b',
  е: 'e',
  з: 'e',
  і: 'i',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  с: 'c',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  α: 'a',
  β: 'b',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
}

/** Signs that end a sentence oftener than they stand for a letter. */
const AT_THE_END = /[!|+]+(?![\p{L}\p{N}@$€])/gu

/** Without regard to case, accents, look-alikes and invisible characters. */
const folded = (text: string): string => {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .replace(AT_THE_END, ' ')
  return Array.from(plain, (sign) => STANDS_FOR[sign] ?? sign).join('')
}

/** A letter that is repeated counts once. */
const squeezed = (text: string): string => text.replace(/(\p{L}|\p{N})\1+/gu, '$1')

const spaced = (tokens: readonly string[]): string => ` ${tokens.filter(Boolean).join(' ')} `

/** Single signs in a row, as of a word that is spelled out, are one word. */
const joined = (tokens: readonly string[]): string[] =>
  tokens
    .map((token) => (Array.from(token).length === 1 ? token : ` ${token} `))
    .join('')
    .split(' ')

/** The ways in which a text may be meant: parted where signs stand between letters, or not, or spelled out. */
function readings(text: string): string[] {
  const chunks = folded(text).split(/\s+/u)
  const parted = chunks.flatMap((chunk) => chunk.split(/[^\p{L}\p{N}]+/u))
  const whole = chunks.map((chunk) => chunk.replace(/[^\p{L}\p{N}]+/gu, ''))
  return [parted, whole, joined(parted), joined(whole)].map((tokens) => squeezed(spaced(tokens)))
}

/**
 * Whether a text has one of these words or phrases in it, as whole words: without regard to case, accents, repeated letters,
 * look-alikes (`$pаm`), and signs or spaces between letters (`s.p a-m`).
 */
export function hasForbiddenWord(text: string, words: readonly string[]): boolean {
  if (words.length === 0) return false
  const texts = readings(text)
  return words.some((word) => {
    const [wanted = ''] = readings(word)
    const inOne = ` ${wanted.replaceAll(' ', '')} `
    return wanted.trim() !== '' && texts.some((each) => each.includes(wanted) || each.includes(inOne))
  })
}
