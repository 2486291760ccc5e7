import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { makeServer } from 'graphql-ws'
import type { Server as Protocol } from 'graphql-ws'
import { WebSocketServer } from 'ws'
import type { RawData } from 'ws'
import { SECOND_MS } from '../lib/clock.js'
import { log } from '../lib/log.js'
import { openSockets as openSocketsGauge } from '../lib/metrics.js'
import { networkOf } from '../lib/network.js'
import { clientOf } from './addresses.js'
import type { Proxies } from './addresses.js'
import { CLOSE, Connection } from './connection.js'
import { Connections } from './connections.js'
import type { Origins } from './origins.js'
import type { Api } from './prepare.js'
import { protocolOptions } from './protocol.js'
import type { Extra } from './protocol.js'

const MAX_MESSAGE_BYTES = 65_536
const MAX_FRAGMENTS = 64
const MAX_BUFFERED_CHUNKS = 1_024
/** How long a peer that was told to close may take. */
const CLOSE_TIMEOUT_MS = 2 * SECOND_MS
const KEEP_ALIVE_MS = 12 * SECOND_MS
const MAX_SOCKETS_PER_ADDRESS = 50

/** What the sockets need to know of where they are. */
export interface SocketOptions {
  readonly path: string
  readonly isProxy: Proxies
  readonly isAllowedOrigin: Origins
}

/** The sockets of one HTTP server. */
export interface Sockets {
  readonly connections: Connections
  /** Tells every client to go elsewhere and refuses new ones; resolves when all are closed. */
  drain(): Promise<void>
}

/** Serves graphql-transport-ws on the upgrades of `server`; what an operation may do is `prepareOperation`'s to say. */
export function openSockets(api: Api, server: HttpServer, options: SocketOptions): Sockets {
  const connections = new Connections(api)
  const protocol = makeServer(protocolOptions(api, connections))
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: (offered) => (offered.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  } as ConstructorParameters<typeof WebSocketServer>[0])
  let isDraining = false

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy())
    const client = clientOf(options.isProxy, request)
    const isFull = isDraining || connections.size >= api.services.config.maxSockets
    const status = isFull ? 503 : refusedStatus(request, options, connections.countFrom(networkOf(client.ip)))
    if (status !== null) {
      refuseUpgrade(stream, status)
      return
    }
    webSockets.handleUpgrade(request, stream, head, (socket) => {
      serve(protocol, connections, new Connection(socket, client))
    })
  })

  const pinging = setInterval(() => {
    connections.pingAll()
  }, KEEP_ALIVE_MS).unref()

  return {
    connections,
    drain: async () => {
      isDraining = true
      clearInterval(pinging)
      await connections.closeAll(CLOSE.goingAway, 'The server is restarting: connect again.')
    },
  }
}

function refusedStatus(
  request: IncomingMessage,
  { path, isAllowedOrigin }: SocketOptions,
  fromAddress: number,
): number | null {
  if (request.url?.split('?')[0] !== path) return 404
  const { origin } = request.headers
  if (origin !== undefined && !isAllowedOrigin(origin)) return 403
  return fromAddress >= MAX_SOCKETS_PER_ADDRESS ? 429 : null
}

function refuseUpgrade(stream: Duplex, status: number): void {
  const phrase = STATUS_CODES[status] ?? 'Refused'
  const retry = status === 429 || status === 503 ? 'retry-after: 5\r\n' : ''
  stream.end(`HTTP/1.1 ${String(status)} ${phrase}\r\nconnection: close\r\ncontent-length: 0\r\n${retry}\r\n`)
}

const PONG = JSON.stringify({ type: 'pong' })
/** How graphql-ws throws at a message that only servers send. */
const UNEXPECTED_TYPE = /^Unexpected message of type \w+ received$/

/** Joins a WebSocket to the protocol. */
function serve(protocol: Protocol<Extra>, connections: Connections, connection: Connection): void {
  const { socket } = connection
  connections.add(connection)
  openSocketsGauge.inc()
  let receive: (text: string) => Promise<void> = () => Promise.resolve()
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => connection.send(text),
      close: (code, reason) => {
        connection.close(code ?? CLOSE.internal, reason ?? '')
      },
      onMessage: (listener) => (receive = listener),
      onPing: async () => {
        await connection.prepared()
        // without the payload: writing down what nests deeply enough overflows the stack
        await connection.send(PONG)
      },
    },
    { connection, requestId: randomUUID() },
  )
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (!connection.accepts(isBinary)) return
    receive((data as Buffer).toString('utf8')).catch((error: unknown) => {
      if (error instanceof Error && UNEXPECTED_TYPE.test(error.message)) {
        connection.close(CLOSE.badRequest, error.message)
        return
      }
      log.error({ err: error }, 'socket: message')
      connection.close(CLOSE.internal, 'Internal server error')
    })
  })
  socket.on('pong', () => (connection.isAlive = true))
  // ws closes by itself after a broken frame; without a listener the process would end
  socket.on('error', (error) => {
    log.debug({ err: error }, 'socket: broken')
  })
  socket.once('close', (code: number, reason: Buffer) => {
    connections.remove(connection)
    openSocketsGauge.dec()
    void closed(code, reason.toString('utf8'))
  })
}
