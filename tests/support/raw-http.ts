import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'

/** An HTTP answer, unread by any client library. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body as JSON; undefined where it is none. */
  readonly json: any
  readonly tookMs: number
}

export interface RawRequest {
  readonly method?: string
  /** Instead of the URL's own. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
}

/** Sends a request as written: POST of JSON unless said otherwise, nothing else added but `host` and the length. */
export function send(url: string, { method = 'POST', path, headers, body }: RawRequest = {}): Promise<RawAnswer> {
  const { hostname, port, pathname, search } = new URL(url)
  const startedMs = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        hostname,
        port,
        method,
        path: path ?? pathname + search,
        headers: headers ?? { 'content-type': 'application/json' },
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const tookMs = performance.now() - startedMs
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: parsed(text), tookMs })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Sends one GraphQL request as JSON. */
export const sendJson = (
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> =>
  send(url, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

/** Writes bytes to the server and reads until it closes or `timeoutMs` are over. */
export function sendBytes(url: string, bytes: string | Buffer, timeoutMs = 3_000): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const connection = connect(Number(port), hostname)
    const finish = (): void => {
      clearTimeout(timer)
      connection.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    const timer = setTimeout(finish, timeoutMs)
    connection.on('data', (chunk) => chunks.push(chunk))
    connection.on('error', finish)
    connection.on('close', finish)
    connection.write(bytes)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // not JSON: the caller looks at the text
    return undefined
  }
}
