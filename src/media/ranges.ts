/** Which bytes of a file are asked for: from the first to the last, both included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** What a request asks of a file, by its headers (RFC 9110). */
export type Wanted =
  /** What the client has is still what is here. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly range: ByteRange }
  /** Nothing of what is asked for is in the file. */
  | { readonly kind: 'none' }

/** The headers that ask for less than all of a file. */
export interface RangeHeaders {
  readonly 'if-none-match'?: string | undefined
  readonly 'if-range'?: string | undefined
  readonly range?: string | undefined
}

/** What of a file of `sizeBytes` under `etag` is wanted. Several ranges at once are answered with all of it, as is allowed. */
export function wantedOf(headers: RangeHeaders, etag: string, sizeBytes: number): Wanted {
  if (matches(headers['if-none-match'], etag)) return { kind: 'unchanged' }
  const { range } = headers
  // what the client has the rest of may be another file by now; a date says too little to tell
  const isStale = headers['if-range'] !== undefined && headers['if-range'].trim() !== etag
  if (range === undefined || isStale) return { kind: 'whole' }
  return rangeOf(range, sizeBytes)
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}

const ONE_RANGE = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i

function rangeOf(header: string, sizeBytes: number): Wanted {
  const [, from, to] = ONE_RANGE.exec(header) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return { kind: 'whole' }
  if (from === '') {
    const length = Math.min(Number(to), sizeBytes)
    return length === 0 ? { kind: 'none' } : part(sizeBytes - length, sizeBytes - 1)
  }
  const first = Number(from)
  const last = to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  // one that runs backwards is none at all, and so means the whole file
  if (to !== '' && Number(to) < first) return { kind: 'whole' }
  return first >= sizeBytes ? { kind: 'none' } : part(first, last)
}

const part = (first: number, last: number): Wanted => ({ kind: 'part', range: { first, last } })
