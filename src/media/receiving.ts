import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../lib/db.js'
import { SECOND_MS } from '../lib/clock.js'
import { log } from '../lib/log.js'
import { sparedFromRequestTimeout } from '../lib/long-requests.js'
import { networkOf, siteOf } from '../lib/network.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import { WrongUpload } from './file-store.js'
import type { FileStore } from './file-store.js'
import {
  MAX_CONCURRENT_UPLOADS,
  MAX_CONCURRENT_UPLOADS_OF_ALL,
  MAX_CONCURRENT_UPLOADS_OF_NETWORK,
  MAX_CONCURRENT_UPLOADS_OF_SITE,
} from './limits.js'
import { findOpenUpload } from './queries.js'
import type { MediaServices } from './services.js'
import { uploadKeyOf } from './storage.js'

/** What the sender is told; why exactly is nobody's business who has not asked for the upload. */
interface Refusal {
  readonly status: number
  readonly message: string
}

const NOT_OPEN: Refusal = { status: 403, message: 'This address takes no upload.' }
const WRONG_TYPE: Refusal = { status: 403, message: 'The file was announced with another content type.' }
const WRONG_LENGTH: Refusal = { status: 403, message: 'The file was announced with another content length.' }
const WRONG_BYTES: Refusal = { status: 400, message: 'What arrived is not what was announced: send it again.' }
const TOO_SLOW: Refusal = { status: 408, message: 'The upload was too slow: send it again.' }
const TOO_MANY: Refusal = { status: 429, message: 'Too many uploads at once: try again.' }
const FULL: Refusal = { status: 503, message: 'Too many uploads are under way: try again.' }

const RETRY_AFTER_SECONDS = 5

const networkKey = (address: string): string => `network ${networkOf(address)}`
const siteKey = (address: string): string => `site ${siteOf(address)}`

/** Uploads that are arriving in this process, by whose they are, and the network and site they come from. */
export class Arriving {
  readonly #counts = new Map<string, number>()
  #all = 0

  /** Says why no more of this person's, or from where this address is, can begin; otherwise counts one, until `end`. */
  begin(ownerId: string, address: string): Refusal | null {
    if (this.#count(ownerId) >= MAX_CONCURRENT_UPLOADS) return TOO_MANY
    if (this.#count(networkKey(address)) >= MAX_CONCURRENT_UPLOADS_OF_NETWORK) return TOO_MANY
    if (this.#count(siteKey(address)) >= MAX_CONCURRENT_UPLOADS_OF_SITE) return TOO_MANY
    if (this.#all >= MAX_CONCURRENT_UPLOADS_OF_ALL) return FULL
    this.#add(1, ownerId, networkKey(address), siteKey(address))
    return null
  }

  end(ownerId: string, address: string): void {
    this.#add(-1, ownerId, networkKey(address), siteKey(address))
  }

  #count(of: string): number {
    return this.#counts.get(of) ?? 0
  }

  #add(one: 1 | -1, ...all: readonly string[]): void {
    this.#all += one
    for (const of of all) {
      const count = this.#count(of) + one
      if (count > 0) this.#counts.set(of, count)
      else this.#counts.delete(of)
    }
  }
}

/** How slow an upload may be: in each window at least so many bytes of it arrive. */
export interface Pace {
  readonly windowMs: number
  readonly leastBytes: number
}

/** What receiving works with. */
export interface Receiving {
  readonly db: Db
  readonly media: MediaServices
  readonly files: FileStore
  readonly arriving: Arriving
  readonly pace: Pace
}

/** Takes an upload: streamed to the disk as it comes, with the size, type and checksum it was announced with, or not at all. */
export async function receive(
  { db, media, files, arriving, pace }: Receiving,
  request: FastifyRequest<{ Params: { token: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const opened = openToken(media, request.params.token)
  const upload = opened && (await findOpenUpload(db, opened.mediaId))
  if (!opened || !upload?.isOpen || upload.now.getTime() >= opened.expiresAtMs) return refuse(request, reply, NOT_OPEN)
  if (request.headers['content-type'] !== upload.declaredType) return refuse(request, reply, WRONG_TYPE)
  // without a length there is nothing to hold it against before it is here
  if (request.headers['content-length'] !== String(upload.declaredSizeBytes))
    return refuse(request, reply, WRONG_LENGTH)
  const refusal = arriving.begin(upload.ownerId, request.ip)
  if (refusal) return refuse(request, reply, refusal)
  const endWatch = watch(request, reply, pace)
  try {
    await files.receive(
      { key: uploadKeyOf(upload.folder), sizeBytes: upload.declaredSizeBytes, sha256: upload.declaredSha256 },
      request.raw,
      async () => !reply.sent && (await findOpenUpload(db, upload.id))?.isOpen === true,
    )
    return await reply.code(200).header('cache-control', 'no-store').send()
  } catch (error) {
    if (reply.sent) return await reply
    if (error instanceof WrongUpload || request.raw.destroyed) return await refuse(request, reply, WRONG_BYTES)
    throw error
  } finally {
    endWatch()
    arriving.end(upload.ownerId, request.ip)
  }
}

function openToken({ uploads }: MediaServices, token: string): { mediaId: string; expiresAtMs: number } | null {
  const text = uploads.open(token)
  if (text === null) return null
  const [mediaId, expiresAtMs] = JSON.parse(text) as [string, number]
  return { mediaId, expiresAtMs }
}

/**
 * An upload may take longer than other requests, for hours, as long as it keeps its pace: one that trickles holds a place
 * that others wait for. Answers what ends the watch.
 */
function watch(request: FastifyRequest, reply: FastifyReply, { windowMs, leastBytes }: Pace): () => void {
  const { raw } = request
  const { socket } = raw
  const cut = (): void => {
    if (raw.complete || reply.sent) return
    log.info({ requestId: request.id }, 'media: an upload was too slow')
    refuse(request, reply, TOO_SLOW)
  }
  let arrived = socket.bytesRead
  const window = setInterval(() => {
    if (socket.bytesRead - arrived < leastBytes) cut()
    arrived = socket.bytesRead
  }, windowMs)
  const limit = setTimeout(cut, TIMEOUTS.uploadMs)
  const endSparing = sparedFromRequestTimeout(socket)
  return () => {
    clearInterval(window)
    clearTimeout(limit)
    endSparing()
  }
}

/** What is still on its way is not waited for: the connection ends with the answer. */
function refuse(request: FastifyRequest, reply: FastifyReply, { status, message }: Refusal): FastifyReply {
  if (!request.raw.complete) {
    reply.header('connection', 'close')
    reply.raw.once('finish', () => {
      setTimeout(() => request.raw.destroy(), SECOND_MS).unref()
    })
  }
  if (status === TOO_MANY.status || status === FULL.status) reply.header('retry-after', String(RETRY_AFTER_SECONDS))
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [{ message, extensions: { code: CODES[status] ?? 'BAD_REQUEST' } }] }))
}

const CODES: Readonly<Record<number, string>> = { 403: 'FORBIDDEN', 429: 'RATE_LIMITED', 503: 'UNAVAILABLE' }
