import { randomUUID } from 'node:crypto'
import { holdIfActive } from '../accounts/accounts.js'
import { record } from '../audit/audit.js'
import { addMs, MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { doAllDue } from '../lib/due.js'
import { AppError } from '../lib/errors.js'
import { checkMayAir, emitStream, goOnAir, interruptStream } from './airing.js'
import {
  findIngestByName,
  findKeyByHash,
  findMeant,
  findOpenIngest,
  listSilent,
  markBeat,
  markKeyUsed,
} from './ingest-queries.js'
import type { OpenIngest } from './ingest-queries.js'
import { hashStreamKey } from './keys.js'
import { isValidAt, NO_SHOW_MS, standingAt } from './standing.js'
import { SECOND_ENCODER } from './types.js'
import { findStreamForUpdate } from './write-queries.js'
import type { HeldStream } from './write-queries.js'

/** How long before the time that it is announced for an encoder may begin a stream by coming. */
const EARLY_MS = 30 * MINUTE_MS
/** A media server that says now and then that an encoder is there has lost it when it has said nothing for so long. */
export const SILENT_MS = 45 * SECOND_MS

/** An encoder that wants to publish, as the media server tells of it. */
export interface Publishing {
  readonly key: string
  /** The stream that it names; null where it names none. */
  readonly playbackId: string | null
  /** The media server's name for the connection; `isUnique` where none other ever has it. */
  readonly connection: { readonly name: string; readonly isUnique: boolean }
}

/** What is said to an encoder. Why it is refused is for the log: it may be a guesser. */
export type Verdict =
  { readonly isAllowed: true; readonly playbackId: string } | { readonly isAllowed: false; readonly why: string }

const refused = (why: string): Verdict => ({ isAllowed: false, why })

/**
 * Decides whether an encoder may publish, and puts its stream on air, or back on air. A second encoder is refused, audited, and
 * its creator told. The same connection may ask again.
 */
export async function beginPublishing(tx: Tx, publishing: Publishing, now: Date): Promise<Verdict> {
  const hash = hashStreamKey(publishing.key)
  const owner = hash && (await findKeyByHash(tx, hash))
  if (!hash || !owner) return refused('there is no such key')
  if (!(await holdIfActive(tx, owner.creatorId, now))) return refused('the account is limited')
  // a key may have been revoked until its creator was held
  const key = await findKeyByHash(tx, hash)
  if (!key || !isValidAt(key, now)) return refused('the key has ended')
  const due = { now, dueFrom: addMs(now, -NO_SHOW_MS), dueUntil: addMs(now, EARLY_MS) }
  const streamId = await findMeant(tx, key.creatorId, { playbackId: publishing.playbackId, ...due })
  const stream = streamId === null ? null : await findStreamForUpdate(tx, streamId)
  if (!stream) return refused('there is no stream to publish to')
  const verdict = await admitEncoder(tx, stream, publishing, now)
  if (!verdict.isAllowed) return verdict
  const open = await findOpenIngest(tx, stream.id)
  if (!open) await connect(tx, stream, { keyId: key.id, ...publishing }, now)
  await markKeyUsed(tx, key.id, now)
  return verdict
}

async function admitEncoder(tx: Tx, stream: HeldStream, { connection }: Publishing, now: Date): Promise<Verdict> {
  const allowed: Verdict = { isAllowed: true, playbackId: stream.playbackId }
  const { state } = standingAt(stream, now)
  if (state === 'INTERRUPTED') return allowed
  if (state === 'SCHEDULED') {
    if (stream.scheduledAt > addMs(now, EARLY_MS)) return refused('it is too early')
    return (await mayAir(tx, stream, now)) ? allowed : refused('another stream is on air, or its post is not there')
  }
  if (state !== 'LIVE') return refused('the stream is over')
  const open = await findOpenIngest(tx, stream.id)
  if (!open || isSame(open, connection)) return allowed
  if (isLost(open, now)) {
    await interruptStream(tx, stream, { at: open.beatAt ?? now, reason: 'replaced' }, now)
    return allowed
  }
  await alarm(tx, stream, now)
  return refused('another encoder is on air')
}

async function mayAir(tx: Tx, stream: HeldStream, now: Date): Promise<boolean> {
  try {
    await checkMayAir(tx, stream, now)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

const isSame = ({ connectionId }: OpenIngest, { name, isUnique }: Publishing['connection']): boolean =>
  isUnique && connectionId === name

/** Whether nothing is behind a connection any more: its creator's word gives way to an encoder, and so does what fell silent. */
const isLost = ({ connectionId, beatAt }: OpenIngest, now: Date): boolean =>
  connectionId.startsWith('creator:') || (beatAt !== null && beatAt < addMs(now, -SILENT_MS))

async function connect(
  tx: Tx,
  stream: HeldStream,
  { keyId, connection }: Publishing & { readonly keyId: string },
  now: Date,
): Promise<void> {
  const connectionId = connection.isUnique ? connection.name : `${connection.name}${randomUUID()}`
  await goOnAir(tx, stream, { keyId, connectionId }, now)
}

/** Somebody else may have the key. */
async function alarm(tx: Tx, stream: HeldStream, now: Date): Promise<void> {
  await emitStream(tx, SECOND_ENCODER, stream, now)
  await record(
    tx,
    {
      action: 'stream.second_encoder',
      category: 'SECURITY',
      severity: 'HIGH',
      subject: { table: 'live_streams', id: stream.id },
      userId: stream.creatorId,
      description: 'A second encoder came with a valid key while a stream was on air, and was refused.',
    },
    now,
  )
}

/** A connection that the media server tells of, by the beginning of its name. */
export async function endPublishing(tx: Tx, nameStart: string, now: Date): Promise<void> {
  const ingest = await findIngestByName(tx, nameStart)
  const stream = ingest && (await findStreamForUpdate(tx, ingest.streamId))
  // another one may be on air by now: what ended is told late
  const open = stream && (await findOpenIngest(tx, stream.id))
  if (stream && open?.id === ingest.id) await interruptStream(tx, stream, { at: now, reason: 'disconnected' }, now)
}

/** Notes that an encoder is still there; false where it must go: its key has ended, or its stream is over. */
export async function keepPublishing(tx: Tx, nameStart: string, now: Date): Promise<boolean> {
  const ingest = await findIngestByName(tx, nameStart)
  if (!ingest) return false
  const stream = await findStreamForUpdate(tx, ingest.streamId)
  const open = stream && (await findOpenIngest(tx, stream.id))
  if (!stream || open?.id !== ingest.id) return false
  if (isValidAt({ expiresAt: open.keyExpiresAt, revokedAt: open.keyRevokedAt }, now)) {
    await markBeat(tx, ingest.id, now)
    return true
  }
  await interruptStream(tx, stream, { at: now, reason: 'key ended' }, now)
  return false
}

/** Interrupts streams whose media server has gone with the encoder's end untold. */
export const interruptSilent = (origin: Origin): Promise<void> =>
  doAllDue({
    list: (limit) => transaction(origin, (tx, now) => listSilent(tx, addMs(now, -SILENT_MS), limit)),
    act: ({ id }) =>
      transaction(origin, async (tx, now) => {
        const stream = await findStreamForUpdate(tx, id)
        const open = stream && (await findOpenIngest(tx, id))
        if (stream && open?.beatAt && isLost(open, now))
          await interruptStream(tx, stream, { at: open.beatAt, reason: 'silent' }, now)
      }),
    failure: { one: 'a silent stream could not be interrupted', many: 'silent streams could not be interrupted' },
    idName: 'streamId',
  })
