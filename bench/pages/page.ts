import type { Pool } from 'pg'
import type { Reading } from '../../src/content/content.js'
import type { Db } from '../../src/lib/db.js'
import type { Viewer } from '../../src/lib/viewer.js'
import type { BenchWorld } from '../world.js'

/** What a page is asked for: the variables of its document. */
export type Asked = Readonly<Record<string, string>>

/** An answer's `data`: whoever looks into it knows its document. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as said
export type Answered = Record<string, any>

/** What the bare server knows of a request: who asks, by the one statement that says so. */
export interface BareRequest {
  readonly db: Db
  readonly pool: Pool
  readonly now: Date
  readonly viewerId: string | null
  readonly viewer: Viewer | null
  readonly reading: Reading
}

/** Something that is measured: an operation of the API, and the least that could answer the same. */
export interface BenchPage {
  readonly name: string
  readonly title: string
  /** The share of the bare server's requests per second that the API should reach. */
  readonly goal: number
  readonly document: string
  /** What one request asks for; no two alike where `isWrite`. */
  readonly asked: (world: BenchWorld, index: number) => Asked
  /** The answer's `data`, by the same statements, written by hand. */
  readonly bare: (request: BareRequest, asked: Asked) => Promise<Record<string, unknown>>
  /** Whether an answer is worth measuring. */
  readonly isWhole: (data: Answered) => boolean
  /** Whether each request does something that is done once: both servers are given their own. */
  readonly isWrite?: true
}
