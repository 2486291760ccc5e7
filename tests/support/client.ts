import { setImmediate } from 'node:timers/promises'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { createClient } from 'graphql-ws'
import type { Client as SocketClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** A GraphQL answer as it came over the wire. */
export interface Answer<Data> {
  readonly status: number
  readonly headers: Headers
  readonly data: Data | null
  readonly errors: readonly { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
  readonly extensions: Record<string, unknown>
}

/** Sends one operation as a front end would, by plain `fetch`. */
export async function request<Data, Variables>(
  url: string,
  document: TypedDocumentNode<Data, Variables> | string,
  variables?: Variables,
  headers: Record<string, string> = {},
): Promise<Answer<Data>> {
  const query = typeof document === 'string' ? document : print(document)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const body = (await response.json()) as Partial<Answer<Data>>
  return {
    status: response.status,
    headers: response.headers,
    data: body.data ?? null,
    errors: body.errors ?? [],
    extensions: body.extensions ?? {},
  }
}

/** A live subscription: what arrived so far, and how it ended. */
export interface Watch<Data> {
  readonly events: Data[]
  readonly errors: unknown[]
  /** The next event not yet taken; rejects after `timeoutMs`. */
  next(timeoutMs?: number): Promise<Data>
  /** Resolves when the server ends the subscription or the socket. */
  readonly ended: Promise<void>
  /** The close event of the socket, once it closed. */
  readonly closed: Promise<{ code: number; reason: string }>
  stop(): Promise<void>
}

/** Opens a socket as a front end would, and subscribes. Resolves once the subscription listens, or has ended. */
export async function watch<Data, Variables extends Record<string, unknown>>(
  url: string,
  document: TypedDocumentNode<Data, Variables> | string,
  options: { readonly variables?: Variables; readonly token?: string } = {},
): Promise<Watch<Data>> {
  const events: Data[] = []
  const errors: unknown[] = []
  let taken = 0
  let wake = (): void => undefined
  const { client, opened, answered, closed } = openSocket(url, options.token)
  const ended = new Promise<void>((resolve) => {
    client.subscribe<Data>(
      {
        query: typeof document === 'string' ? document : print(document),
        ...(options.variables ? { variables: options.variables } : {}),
      },
      {
        next: (result) => {
          if (result.errors) errors.push(...result.errors)
          if (result.data) events.push(result.data)
          wake()
        },
        error: (error) => {
          errors.push(...(Array.isArray(error) ? (error as unknown[]) : [error]))
          wake()
          resolve()
        },
        complete: resolve,
      },
    )
  })
  await Promise.race([listening(opened, answered), ended])
  return {
    events,
    errors,
    ended,
    closed,
    next: async (timeoutMs = 15_000) => {
      const deadline = performance.now() + timeoutMs
      while (events.length <= taken) {
        const leftMs = deadline - performance.now()
        if (leftMs <= 0) throw new Error(`no event within ${String(timeoutMs)} ms; errors: ${JSON.stringify(errors)}`)
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, Math.min(leftMs, 100))
        })
      }
      const event = events[taken]
      taken += 1
      return event as Data
    },
    stop: async () => {
      await client.dispose()
    },
  }
}

/** Asks for a pong, which comes once all that was sent before listens. */
async function listening(opened: Promise<WebSocket>, answered: Promise<void>): Promise<void> {
  const socket = await opened
  // the client subscribes as soon as it is connected
  await setImmediate()
  socket.send(JSON.stringify({ type: 'ping' }))
  await answered
}

function openSocket(
  url: string,
  token: string | undefined,
): {
  client: SocketClient
  opened: Promise<WebSocket>
  /** Resolves with the first pong. */
  answered: Promise<void>
  closed: Promise<{ code: number; reason: string }>
} {
  let onOpened: (socket: WebSocket) => void = () => undefined
  let onAnswered = (): void => undefined
  let onClosed: (event: { code: number; reason: string }) => void = () => undefined
  const opened = new Promise<WebSocket>((resolve) => (onOpened = resolve))
  const answered = new Promise<void>((resolve) => (onAnswered = resolve))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => (onClosed = resolve))
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    lazy: true,
    retryAttempts: 0,
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
    on: {
      connected: (socket) => {
        onOpened(socket as WebSocket)
      },
      pong: () => {
        onAnswered()
      },
      closed: (event) => {
        onClosed(event as { code: number; reason: string })
      },
    },
  })
  return { client, opened, answered, closed }
}
