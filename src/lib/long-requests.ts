import type { Socket } from 'node:net'

/** Sockets whose request may take longer to arrive than others, because whoever reads it has a limit of its own. */
const spared = new WeakMap<Socket, number>()

/** Spares a socket from the limit on requests until what is answered is called. */
export function sparedFromRequestTimeout(socket: Socket): () => void {
  spared.set(socket, (spared.get(socket) ?? 0) + 1)
  return () => {
    const left = (spared.get(socket) ?? 1) - 1
    if (left > 0) spared.set(socket, left)
    else spared.delete(socket)
  }
}

/** Whether what the server says of a socket is only that its request takes long, which this one may. */
export const isSpared = (error: Error, socket: Socket): boolean =>
  'code' in error && error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && spared.has(socket)
