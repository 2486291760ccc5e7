import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** A message of the graphql-transport-ws protocol. */
export interface Message {
  readonly id?: string
  readonly type: string
  readonly payload?: any
}

/** A frame as it goes over the wire (RFC 6455 §5.2); masked and final unless said otherwise. */
export interface Frame {
  readonly opcode: number
  readonly payload?: Buffer | string
  readonly isMasked?: boolean
  readonly isFinal?: boolean
  readonly reserved?: number
  /** Lies about the length of the payload. */
  readonly claimedLength?: bigint
}

/** A WebSocket spoken by hand, so that it can also be spoken wrongly. */
export interface RawSocket {
  /** Of the answer to the handshake: 101 when the socket is open. */
  readonly status: number
  /** The subprotocol that the server chose. */
  readonly protocol: string | null
  readonly extensions: string | null
  /** All messages so far, `ping` and `pong` of the protocol included. */
  readonly messages: readonly Message[]
  send(message: Message | string): void
  sendFrame(frame: Frame): void
  sendBytes(bytes: Buffer): void
  /** The first message not yet taken that is of this type, or has this id. */
  next(wanted: string | { id: string; type?: string }, timeoutMs?: number): Promise<Message>
  /** How it ended: 1006 when the connection broke without a close frame. Rejects after `timeoutMs`. */
  closed(timeoutMs?: number): Promise<{ code: number; reason: string }>
  readonly isClosed: boolean
  /** Stops reading, as a client does that has fallen asleep. */
  pause(): void
  destroy(): void
}

export const SUBPROTOCOL = 'graphql-transport-ws'

/** Opens a connection and shakes hands; resolves whatever the server says. */
export async function openRawSocket(
  url: string,
  options: { readonly protocol?: string | null; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<RawSocket> {
  const { hostname, port, pathname } = new URL(url)
  const connection = connect(Number(port), hostname)
  connection.setNoDelay(true)
  const protocol = options.protocol === undefined ? SUBPROTOCOL : options.protocol
  const headers = {
    host: `${hostname}:${port}`,
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    'sec-websocket-version': '13',
    ...(protocol === null ? {} : { 'sec-websocket-protocol': protocol }),
    ...options.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  connection.write(`GET ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  const socket = new HandSpoken(connection)
  await socket.shaken()
  return socket
}

class HandSpoken implements RawSocket {
  status = 0
  protocol: string | null = null
  extensions: string | null = null
  readonly messages: Message[] = []
  isClosed = false
  readonly #connection: Socket
  readonly #taken = new Set<Message>()
  #bytes = Buffer.alloc(0)
  #ended: { code: number; reason: string } | null = null

  constructor(connection: Socket) {
    this.#connection = connection
    connection.on('data', (bytes: Buffer) => this.#onData(bytes))
    connection.on('error', () => this.#end(1006, ''))
    connection.on('close', () => this.#end(1006, ''))
  }

  async shaken(): Promise<void> {
    await this.#until(() => this.status !== 0 || this.isClosed, 5_000, 'a handshake')
  }

  send(message: Message | string): void {
    this.sendFrame({ opcode: 1, payload: typeof message === 'string' ? message : JSON.stringify(message) })
  }

  sendFrame(frame: Frame): void {
    this.sendBytes(encoded(frame))
  }

  sendBytes(bytes: Buffer): void {
    if (!this.isClosed) this.#connection.write(bytes)
  }

  async next(wanted: string | { id: string; type?: string }, timeoutMs = 5_000): Promise<Message> {
    const matches = (message: Message): boolean =>
      typeof wanted === 'string'
        ? message.type === wanted
        : message.id === wanted.id && (wanted.type === undefined || message.type === wanted.type)
    const find = (): Message | undefined =>
      this.messages.find((message) => !this.#taken.has(message) && matches(message))
    await this.#until(() => find() !== undefined || this.#ended !== null, timeoutMs, JSON.stringify(wanted))
    const message = find()
    if (!message) throw new Error(`closed with ${JSON.stringify(this.#ended)} before ${JSON.stringify(wanted)}`)
    this.#taken.add(message)
    return message
  }

  async closed(timeoutMs = 5_000): Promise<{ code: number; reason: string }> {
    await this.#until(() => this.#ended !== null, timeoutMs, 'the end of the socket')
    return this.#ended ?? { code: 0, reason: '' }
  }

  pause(): void {
    this.#connection.pause()
  }

  destroy(): void {
    this.#connection.destroy()
  }

  async #until(condition: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (!condition()) {
      if (performance.now() > deadline)
        throw new Error(`no ${what} within ${String(timeoutMs)} ms; got ${JSON.stringify(this.messages).slice(0, 500)}`)
      await setTimeout(5)
    }
  }

  #end(code: number, reason: string): void {
    this.isClosed = true
    this.#ended ??= { code, reason }
  }

  #onData(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    if (this.status === 0) this.#readHandshake()
    if (this.status === 101) while (this.#readFrame());
  }

  #readHandshake(): void {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#bytes.subarray(0, end).toString('latin1')
    this.#bytes = this.#bytes.subarray(end + 4)
    this.status = Number(head.split(' ')[1])
    this.protocol = /^sec-websocket-protocol: (.*)$/im.exec(head)?.[1] ?? null
    this.extensions = /^sec-websocket-extensions: (.*)$/im.exec(head)?.[1] ?? null
  }

  /** Servers do not mask, and ours sends no fragments. */
  #readFrame(): boolean {
    const [first = 0, second = 0] = this.#bytes
    if (this.#bytes.length < 2) return false
    let [length, offset] = [second & 127, 2]
    if (length === 126) {
      if (this.#bytes.length < 4) return false
      ;[length, offset] = [this.#bytes.readUInt16BE(2), 4]
    } else if (length === 127) {
      if (this.#bytes.length < 10) return false
      ;[length, offset] = [Number(this.#bytes.readBigUInt64BE(2)), 10]
    }
    if (this.#bytes.length < offset + length) return false
    const payload = this.#bytes.subarray(offset, offset + length)
    this.#bytes = this.#bytes.subarray(offset + length)
    this.#onFrame(first & 15, payload)
    return true
  }

  #onFrame(opcode: number, payload: Buffer): void {
    if (opcode === 1) this.messages.push(JSON.parse(payload.toString()) as Message)
    if (opcode === 9) this.sendFrame({ opcode: 10, payload })
    if (opcode !== 8) return
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
    this.#end(code, payload.subarray(2).toString())
    this.#connection.end(encoded({ opcode: 8, payload: payload.subarray(0, 2) }))
  }
}

function encoded({
  opcode,
  payload = '',
  isMasked = true,
  isFinal = true,
  reserved = 0,
  claimedLength,
}: Frame): Buffer {
  const body = Buffer.from(payload)
  const length = claimedLength ?? BigInt(body.length)
  const mask = isMasked ? 128 : 0
  const head = [(isFinal ? 128 : 0) | (reserved << 4) | opcode]
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(length)
  if (length < 126n) head.push(mask | Number(length))
  else if (length < 65_536n) head.push(mask | 126, ...size.subarray(6))
  else head.push(mask | 127, ...size)
  if (!isMasked) return Buffer.concat([Buffer.from(head), body])
  const key = randomBytes(4)
  const masked = Buffer.from(body.map((byte, index) => byte ^ (key[index % 4] ?? 0)))
  return Buffer.concat([Buffer.from(head), key, masked])
}
