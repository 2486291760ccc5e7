import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A TCP proxy that misbehaves when told to. */
export interface ChaosProxy {
  /** `url` by way of the proxy. */
  through(url: string): string
  /** Forwards nothing any more, and closes nothing: both ends wait. New connections are accepted, and wait too. */
  hang(): void
  /** Forwards again, what was held back first; accepts again. */
  heal(): void
  /** Forwards nothing of the connections there are, for ever; new ones work. As when a peer's machine is gone. */
  abandon(): void
  /** Breaks every connection there is, and each new one at once. */
  refuse(): void
  /** Breaks every connection there is. */
  cut(): void
  /**
   * Breaks the connection of a `COMMIT`, after so many others: before it arrives, so that nothing is committed, or when its answer
   * comes, so that nobody hears that it is.
   */
  loseCommit(when: 'before' | 'after', others: number): void
  /** Whether that has happened; it no longer will if not. */
  lostCommit(): boolean
  close(): Promise<void>
}

/** Opens a proxy on loopback to the host and port of `url`. */
export async function openChaosProxy(url: string): Promise<ChaosProxy> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let isHung = false
  let isRefusing = false
  let losing: { readonly when: 'before' | 'after'; others: number } | null = null
  const isLost = (bytes: Buffer): 'before' | 'after' | null => {
    if (!losing || !bytes.includes('COMMIT') || (losing.others -= 1) >= 0) return null
    const { when } = losing
    losing = null
    return when
  }
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.on('data', (bytes: Buffer) => {
      const lost = isLost(bytes)
      if (lost === 'after') to.removeAllListeners('data').once('data', () => from.destroy())
      if (lost === 'before') from.destroy()
      else to.write(bytes)
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    if (isHung) from.pause()
  }
  const server = createServer((client) => {
    client.on('error', () => undefined)
    if (isRefusing) {
      client.destroy()
      return
    }
    const upstream = connect(Number(port || '5432'), hostname)
    pass(client, upstream)
    pass(upstream, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    through: (wanted) => {
      const other = new URL(wanted)
      other.hostname = '127.0.0.1'
      other.port = String((server.address() as AddressInfo).port)
      return other.toString()
    },
    hang: () => {
      isHung = true
      for (const socket of sockets) socket.pause()
    },
    abandon: () => {
      for (const socket of sockets) socket.removeAllListeners('data').pause()
    },
    refuse: () => {
      isRefusing = true
      cut()
    },
    heal: () => {
      ;[isHung, isRefusing] = [false, false]
      for (const socket of sockets) socket.resume()
    },
    cut,
    loseCommit: (when, others) => {
      losing = { when, others }
    },
    lostCommit: () => {
      const hasHappened = losing === null
      losing = null
      return hasHappened
    },
    close: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
