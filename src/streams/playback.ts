import { z } from 'zod'
import { accessOf, listContentById } from '../content/content.js'
import type { Access } from '../content/content.js'
import { addMs, MINUTE_MS } from '../lib/clock.js'
import { databaseNow } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import type { KeyMaterial } from '../lib/key-file.js'
import { makeSealer } from '../media/media.js'
import type { Sealer } from '../media/media.js'
import { isOnAirAt } from './standing.js'
import type { StreamRow } from './types.js'
import { findByPlaybackId, findPlayer, isBanned } from './watch-queries.js'

/** How long a token opens a stream; one who watches gets another with every heartbeat. */
const TOKEN_MS = 2 * MINUTE_MS

/** What a token says: whose, which stream, by which version of a grant, until when. */
interface Pass {
  readonly playbackId: string
  readonly viewerId: string
  readonly grant: { readonly id: string; readonly version: number } | null
  readonly expiresAt: Date
}

const sealers = new WeakMap<readonly KeyMaterial[], Sealer>()

function sealerOf(keys: readonly KeyMaterial[]): Sealer {
  const known = sealers.get(keys) ?? makeSealer(keys, 'stream-playback')
  sealers.set(keys, known)
  return known
}

/** What a player shows the media server. */
export interface Playback {
  readonly playbackId: string
  readonly token: string
  readonly expiresAt: Date
}

/** A token with which a viewer, to whom a stream opens by `access`, plays it for two minutes. */
export function playbackOf(
  keys: readonly KeyMaterial[],
  { playbackId }: Pick<StreamRow, 'playbackId'>,
  { viewerId, access: { grant } }: { readonly viewerId: string; readonly access: Access },
  now: Date,
): Playback {
  const expiresAt = addMs(now, TOKEN_MS)
  const parts = [playbackId, viewerId, grant?.id ?? null, grant?.version ?? null, expiresAt.getTime()]
  return { playbackId, token: sealerOf(keys).seal(JSON.stringify(parts)), expiresAt }
}

const Parts = z.tuple([z.string(), z.string(), z.string().nullable(), z.number().nullable(), z.number()])

function openPass(keys: readonly KeyMaterial[], token: string): Pass | null {
  const text = sealerOf(keys).open(token)
  const parsed = text === null ? null : Parts.safeParse(JSON.parse(text))
  if (!parsed?.success) return null
  const [playbackId, viewerId, grantId, version, expiresAtMs] = parsed.data
  const grant = grantId === null || version === null ? null : { id: grantId, version }
  return { playbackId, viewerId, grant, expiresAt: new Date(expiresAtMs) }
}

/** Somebody who wants to play, or is playing. */
export interface Playing {
  readonly playbackId: string
  readonly token: string
  /** Whether they have been let in before: then the token's own end does not matter, but what it stands on does. */
  readonly isUnderWay: boolean
}

/** Whether a stream may be played with a token at this moment. */
export async function mayPlay(
  db: Db,
  { keys, isGated }: { readonly keys: readonly KeyMaterial[]; readonly isGated: boolean },
  { playbackId, token, isUnderWay }: Playing,
): Promise<boolean> {
  const pass = openPass(keys, token)
  if (pass?.playbackId !== playbackId) return false
  const now = await databaseNow(db)
  if (!isUnderWay && pass.expiresAt <= now) return false
  const stream = await findByPlaybackId(db, playbackId)
  const player = await findPlayer(db, pass.viewerId, now)
  if (!stream || !player || !isOnAirAt(stream, now)) return false
  const { userId: viewerId, isAgeVerified } = player
  const [content] = await listContentById(db, [stream.contentId], { viewerId, isAgeVerified, isGated, now })
  if (!content) return false
  const { isOpen, grant } = accessOf(content, player, { isGated, now })
  const isSame = pass.grant === null || (pass.grant.id === grant?.id && pass.grant.version === grant.version)
  return isOpen && isSame && !(await isBanned(db, stream, viewerId, now))
}
