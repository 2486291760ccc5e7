/** Characters of a snippet, and of those before the first word that was found. */
const MAX_LENGTH = 180
const LEAD = 60

/** Part of a text, from one UTF-16 unit up to but without another. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** Part of what everybody may read of a post, and where the words that were looked for are in it. */
export interface Snippet {
  readonly text: string
  readonly highlights: TextRange[]
}

const LETTERS: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ħ: 'h',
  ŧ: 't',
  ı: 'i',
  ð: 'd',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
}

/** `app_folded`, for telling which words of a text were found. */
export const folded = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[øłđħŧıðßæœþ]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')

const WORD = /[\p{L}\p{N}\p{M}_]+/gu

/** The words of a query that a post must have: without what is negated, and without the `or` between them. */
export const wordsOf = (query: string): ReadonlySet<string> =>
  new Set(
    query
      .replace(/(^|\s)-("[^"]*"|\S+)/g, ' ')
      .split(/\s+/)
      .filter((word) => !/^or$/i.test(word))
      .flatMap((word) => folded(word).match(WORD) ?? []),
  )

/** The part of one of these texts that has most of the words, the first of those that have as many; null when none has any. */
export function snippetOf(texts: readonly (string | null | undefined)[], words: ReadonlySet<string>): Snippet | null {
  let best: { readonly text: string; readonly found: TextRange[]; readonly distinct: number } | null = null
  for (const text of texts) {
    if (!text) continue
    const found = rangesOf(text, words)
    const distinct = new Set(found.map(({ start, end }) => folded(text.slice(start, end)))).size
    if (distinct > (best?.distinct ?? 0)) best = { text, found, distinct }
  }
  return best ? cut(best.text, best.found) : null
}

const rangesOf = (text: string, words: ReadonlySet<string>): TextRange[] =>
  [...text.matchAll(WORD)]
    .filter(([word]) => words.has(folded(word)))
    .map((match) => ({ start: match.index, end: match.index + match[0].length }))

function cut(text: string, found: readonly TextRange[]): Snippet {
  const first = found[0]?.start ?? 0
  const from = first <= LEAD ? 0 : boundaryAfter(text, first - LEAD)
  const to = text.length - from <= MAX_LENGTH ? text.length : boundaryBefore(text, from + MAX_LENGTH, first)
  const [lead, tail] = [from > 0 ? '…' : '', to < text.length ? '…' : '']
  return {
    text: `${lead}${text.slice(from, to)}${tail}`,
    highlights: found
      .filter(({ start, end }) => start >= from && end <= to)
      .map(({ start, end }) => ({ start: start - from + lead.length, end: end - from + lead.length })),
  }
}

/** Where a word begins, at or a little after a place. */
function boundaryAfter(text: string, place: number): number {
  const gap = text.slice(place, place + LEAD).search(/\s/)
  return gap < 0 ? whole(text, place) : place + gap + 1
}

/** Where a word has ended, at or before a place, but not before the first one that was found. */
function boundaryBefore(text: string, place: number, first: number): number {
  const gap = text.slice(first, place).search(/\s\S*$/)
  return gap < 0 ? whole(text, place) : first + gap
}

/** Never between the halves of a character. */
const whole = (text: string, place: number): number => (/[\udc00-\udfff]/.test(text.charAt(place)) ? place + 1 : place)
