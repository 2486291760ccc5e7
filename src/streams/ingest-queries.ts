import { isOnAir } from '../content/content.js'
import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { StreamKeyRow } from './types.js'

/** Whose key this is, whether or not it works. */
export async function findKeyByHash(
  tx: Tx,
  keyHash: Uint8Array,
): Promise<Pick<StreamKeyRow, 'id' | 'creatorId' | 'expiresAt' | 'revokedAt'> | null> {
  const [row] = await tx.sql<Pick<StreamKeyRow, 'id' | 'creatorId' | 'expiresAt' | 'revokedAt'>>`/* streams.keyByHash */
    select id::text as id, creator_id::text as "creatorId", expires_at as "expiresAt", revoked_at as "revokedAt"
    from stream_keys where key_hash = ${keyHash}::bytea`
  return row ?? null
}

export async function markKeyUsed(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.sql`/* streams.keyUsed */ update stream_keys set last_used_at = ${now}::timestamptz where id = ${id}::uuid`
}

/**
 * The stream that an encoder of a creator means: the one with this playback id; without one what is on air, or else what was
 * announced for the time nearest before `dueUntil`.
 */
export async function findMeant(
  tx: Tx,
  creatorId: string,
  {
    playbackId,
    dueFrom,
    dueUntil,
    now,
  }: { readonly playbackId: string | null; readonly dueFrom: Date; readonly dueUntil: Date; readonly now: Date },
): Promise<string | null> {
  const which =
    playbackId === null
      ? fragment`(
          ${isOnAir(now)}
          or s.state = 'scheduled' and s.scheduled_at > ${dueFrom}::timestamptz and s.scheduled_at <= ${dueUntil}::timestamptz
        )`
      : fragment`s.playback_id = ${playbackId}::uuid`
  const [row] = await tx.sql<{ id: string }>`/* streams.meant */
    select s.id::text as id from live_streams s
    where s.creator_id = ${creatorId}::uuid and ${which}
    order by (s.state in ('live', 'interrupted')) desc, s.scheduled_at desc limit 1`
  return row?.id ?? null
}

/** A connection of an encoder that lasts. */
export interface OpenIngest {
  readonly id: string
  readonly streamId: string
  readonly keyId: string | null
  readonly connectionId: string
  readonly beatAt: Date | null
  readonly keyExpiresAt: Date | null
  readonly keyRevokedAt: Date | null
}

const openColumns = fragment`
  i.id::text as id, i.stream_id::text as "streamId", i.key_id::text as "keyId", i.connection_id as "connectionId",
  i.beat_at as "beatAt", k.expires_at as "keyExpiresAt", k.revoked_at as "keyRevokedAt"`

/** The connection by which a stream is broadcast now. */
export async function findOpenIngest(tx: Tx, streamId: string): Promise<OpenIngest | null> {
  const [row] = await tx.sql<OpenIngest>`/* streams.openIngest */
    select ${openColumns} from stream_ingests i left join stream_keys k on k.id = i.key_id
    where i.stream_id = ${streamId}::uuid and i.ended_at is null`
  return row ?? null
}

/** The connection that lasts under a name that begins like this; looked for among what is on air. */
export async function findIngestByName(tx: Tx, nameStart: string): Promise<OpenIngest | null> {
  const [row] = await tx.sql<OpenIngest>`/* streams.ingestByName */
    select ${openColumns} from stream_ingests i left join stream_keys k on k.id = i.key_id
    where i.ended_at is null and starts_with(i.connection_id, ${nameStart})
    order by i.started_at desc limit 1`
  return row ?? null
}

export async function markBeat(tx: Tx, ingestId: string, now: Date): Promise<void> {
  await tx.sql`/* streams.ingestBeat */
    update stream_ingests set beat_at = ${now}::timestamptz where id = ${ingestId}::uuid`
}

/** Streams whose encoder the media server has not spoken of for too long, with the last it said. */
export const listSilent = (tx: Tx, silentSince: Date, limit: number): Promise<{ readonly id: string }[]> =>
  tx.sql`/* streams.silent */
    select i.stream_id::text as id from stream_ingests i
    where i.ended_at is null and i.beat_at < ${silentSince}::timestamptz
    order by i.beat_at limit ${limit}::int`
