import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import type { Db } from '../lib/db.js'
import { SECOND_MS } from '../lib/clock.js'
import { log } from '../lib/log.js'
import { sparedFromRequestTimeout } from '../lib/long-requests.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import { WrongUpload } from './file-store.js'
import type { FileStore } from './file-store.js'
import { MAX_CONCURRENT_UPLOADS, MAX_CONCURRENT_UPLOADS_OF_ALL } from './limits.js'
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
const TOO_MANY: Refusal = { status: 429, message: 'Too many uploads at once: try again.' }
const FULL: Refusal = { status: 503, message: 'Too many uploads are under way: try again.' }

const RETRY_AFTER_SECONDS = 5

/** Uploads that are arriving in this process, by whose they are. */
export class Arriving {
  readonly #counts = new Map<string, number>()
  #all = 0

  /** Says why no more of this person's can begin; otherwise counts one, until `end`. */
  begin(ownerId: string): Refusal | null {
    const count = this.#counts.get(ownerId) ?? 0
    if (count >= MAX_CONCURRENT_UPLOADS) return TOO_MANY
    if (this.#all >= MAX_CONCURRENT_UPLOADS_OF_ALL) return FULL
    this.#counts.set(ownerId, count + 1)
    this.#all += 1
    return null
  }

  end(ownerId: string): void {
    const count = (this.#counts.get(ownerId) ?? 1) - 1
    if (count > 0) this.#counts.set(ownerId, count)
    else this.#counts.delete(ownerId)
    this.#all -= 1
  }
}

/** What receiving works with. */
export interface Receiving {
  readonly db: Db
  readonly media: MediaServices
  readonly files: FileStore
  readonly arriving: Arriving
}

/** Takes an upload: streamed to the disk as it comes, with the size, type and checksum it was announced with, or not at all. */
export async function receive(
  { db, media, files, arriving }: Receiving,
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
  const refusal = arriving.begin(upload.ownerId)
  if (refusal) return refuse(request, reply, refusal)
  try {
    await withinTime(request, (bytes) =>
      files.receive(
        { key: uploadKeyOf(upload.folder), sizeBytes: upload.declaredSizeBytes, sha256: upload.declaredSha256 },
        bytes,
        async () => (await findOpenUpload(db, upload.id))?.isOpen === true,
      ),
    )
    return await reply.code(200).header('cache-control', 'no-store').send()
  } catch (error) {
    if (error instanceof WrongUpload || request.raw.destroyed) return await refuse(request, reply, WRONG_BYTES)
    throw error
  } finally {
    arriving.end(upload.ownerId)
  }
}

function openToken({ uploads }: MediaServices, token: string): { mediaId: string; expiresAtMs: number } | null {
  const text = uploads.open(token)
  if (text === null) return null
  const [mediaId, expiresAtMs] = JSON.parse(text) as [string, number]
  return { mediaId, expiresAtMs }
}

/** An upload may take longer than other requests, and is cut after hours; one that stands still ends as every connection does. */
async function withinTime(request: FastifyRequest, work: (bytes: Readable) => Promise<void>): Promise<void> {
  const { raw } = request
  const limit = setTimeout(() => {
    log.info({ requestId: request.id }, 'media: an upload took too long')
    raw.destroy()
  }, TIMEOUTS.uploadMs)
  const endSparing = sparedFromRequestTimeout(raw.socket)
  try {
    await work(raw)
  } finally {
    clearTimeout(limit)
    endSparing()
  }
}

/** What is still on its way is not waited for: the connection ends with the answer. */
function refuse(request: FastifyRequest, reply: FastifyReply, { status, message }: Refusal): FastifyReply {
  if (!request.raw.complete) {
    reply.header('connection', 'close')
    reply.raw.once('finish', () => {
      setTimeout(() => request.raw.socket.destroy(), SECOND_MS).unref()
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
