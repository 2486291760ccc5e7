// The limit that sockets are measured against: a ws server that sends everybody the same text, and does nothing else.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { metrics } from '../../src/lib/metrics.js'

const webSockets = new WebSocketServer({ noServer: true, clientTracking: true, perMessageDeflate: false })

/** `POST /tell` sends its body to all; `GET /metrics` as the API's. */
const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    void metrics.metrics().then((text) => response.end(text))
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString()
    for (const socket of webSockets.clients) socket.send(text)
    response.end()
  })
})
server.on('upgrade', (request, stream, head) => {
  webSockets.handleUpgrade(request, stream, head, () => undefined)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`ready http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}\n`)
})
process.on('SIGTERM', () => process.exit(0))
