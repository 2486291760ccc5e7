/** The part of autocannon that the bench uses; the package has no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  export interface Request {
    readonly method?: string
    readonly path?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    /** Called for each request, which is sent as it answers. */
    readonly setupRequest?: (request: Request) => Request
  }

  export interface Options {
    readonly url: string
    /** How many at once. */
    readonly connections: number
    /** Seconds. */
    readonly duration: number
    /** Each connection sends them in turn. */
    readonly requests: readonly Request[]
  }

  export interface Result {
    /** Seconds. */
    readonly duration: number
    readonly errors: number
    readonly timeouts: number
    readonly non2xx: number
  }

  export interface Run extends EventEmitter {
    on(event: 'response', listener: (client: unknown, status: number, bytes: number, ms: number) => void): this
    on(event: string, listener: (...all: never[]) => void): this
  }

  export default function autocannon(options: Options, done: (error: Error | null, result: Result) => void): Run
}
