import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../lib/db.js'
import { log } from '../lib/log.js'
import { openAddress } from './addresses.js'
import type { Address } from './addresses.js'
import { findOpened } from './queries.js'
import type { Opened } from './queries.js'
import { wantedOf } from './ranges.js'
import type { Wanted } from './ranges.js'
import type { MediaServices } from './services.js'
import type { GateCall, MediaGate, MediaGates } from './types.js'

/** What serving works with. */
export interface Serving {
  readonly db: Db
  readonly media: MediaServices
  readonly gates: MediaGates
}

/**
 * Headers of every file: it is what its type says, it runs nothing, and whoever shows it may. Browsers keep it, and ask
 * each time whether they may still show it: what an address stands on can fall at any moment.
 */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'private, no-cache',
  'accept-ranges': 'bytes',
} as const

/** Answers an address of a file: with its bytes, or with the way to them. Whatever does not open looks the same. */
export async function serve(
  { db, media, gates }: Serving,
  request: FastifyRequest<{ Params: { token: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const address = openAddress(media.addresses, request.params.token)
  const opened = address && (await findOpened(db, address.variantId, address.viewerId))
  if (!address || !opened || !(await opens({ db, gates }, address, opened))) return notHere(reply)
  const { delivery } = media.storage
  const served = { contentType: opened.contentType, disposition: `inline; filename="${nameOf(opened)}"` }
  if (delivery.kind === 'redirect') {
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    const url = await delivery.urlOf(opened.storageKey, served, method)
    return reply.code(302).headers({ location: url, 'cache-control': 'no-store' }).send()
  }
  const file = await delivery.open(opened.storageKey)
  if (!file) {
    log.error({ mediaId: opened.mediaId }, 'media: the bytes of a file are missing')
    return notHere(reply)
  }
  reply.headers({ ...HEADERS, 'content-disposition': served.disposition })
  return await sendFile(file, opened, request, reply)
}

/** Whether the address is in time, its viewer in good standing, and what it stands on still stands. */
async function opens(
  { db, gates }: Pick<Serving, 'db' | 'gates'>,
  { viewerId, gate, expiresAtMs }: Address,
  { now, mediaId, ownerId, isHint, viewerRole, viewerIsAgeVerified }: Opened,
): Promise<boolean> {
  if (now.getTime() >= expiresAtMs) return false
  if (viewerId !== null && viewerRole === null) return false
  const viewer =
    viewerId === null || viewerRole === null
      ? null
      : { userId: viewerId, role: viewerRole, isAgeVerified: viewerIsAgeVerified === true }
  const call: GateCall = { db, now, viewer, media: { id: mediaId, ownerId, isHint }, gate }
  const decide = gates[gate.kind] as MediaGate | undefined
  return decide !== undefined && (await decide(call))
}

const nameOf = ({ storageKey }: Opened): string => storageKey.slice(storageKey.lastIndexOf('/') + 1)

const notHere = (reply: FastifyReply): FastifyReply =>
  reply
    .code(404)
    .headers({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
    .send('{"errors":[{"message":"Nothing is here.","extensions":{"code":"NOT_FOUND"}}]}')

async function sendFile(
  file: FileHandle,
  { storageKey, contentType }: Opened,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { size } = await file.stat()
  const etag = `"${createHash('sha256').update(storageKey).digest('base64url').slice(0, 22)}"`
  const wanted = wantedOf(request.headers, etag, size)
  reply.headers({ etag, 'content-type': contentType })
  const range = rangeFor(wanted, size, reply)
  if (!range || request.method === 'HEAD') {
    await file.close()
    return await reply.send()
  }
  return await reply.send(file.createReadStream({ start: range.first, end: range.last }))
}

/** Sets the status and what goes with it; null where no bytes follow. */
function rangeFor(wanted: Wanted, size: number, reply: FastifyReply): { first: number; last: number } | null {
  switch (wanted.kind) {
    case 'unchanged':
      reply.code(304)
      return null
    case 'none':
      reply.code(416).headers({ 'content-range': `bytes */${String(size)}`, 'content-length': 0 })
      return null
    case 'whole':
      reply.code(200).header('content-length', size)
      return size === 0 ? null : { first: 0, last: size - 1 }
    case 'part': {
      const { first, last } = wanted.range
      reply.code(206).headers({
        'content-range': `bytes ${String(first)}-${String(last)}/${String(size)}`,
        'content-length': last - first + 1,
      })
      return wanted.range
    }
  }
}
