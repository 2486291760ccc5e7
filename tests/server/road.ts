import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** A way to PostgreSQL that can be closed and opened. */
export class Road {
  readonly #target: URL
  readonly #sockets = new Set<Socket>()
  #port = 0
  #server: Server | null = null

  constructor(url: string) {
    this.#target = new URL(url)
  }

  /** The same database by this way; it has an address once it was open. */
  url(): string {
    const url = new URL(this.#target)
    url.port = String(this.#port)
    return url.toString()
  }

  async open(): Promise<void> {
    const server = createServer((socket) => {
      const onward = connect(Number(this.#target.port), this.#target.hostname)
      for (const end of [socket, onward]) {
        this.#sockets.add(end)
        end
          .on('error', () => undefined)
          .on('close', () => (socket.destroy(), onward.destroy(), this.#sockets.delete(end)))
      }
      socket.pipe(onward).pipe(socket)
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
  }

  close(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
