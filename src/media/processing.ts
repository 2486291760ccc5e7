import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { addMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { emit } from '../lib/events.js'
import { log } from '../lib/log.js'
import { lookInto } from './films.js'
import { isPixelLimit, isMachineFault } from './inspection.js'
import { makeImages } from './images.js'
import type { MadeImage, MadeImages } from './images.js'
import { FAILED_KEEP_MS } from './limits.js'
import { filmName, POSTER_NAME } from './names.js'
import { patchesOf } from './metadata/apart.js'
import { Malformed, patched } from './metadata/patches.js'
import { findStoredMedia, getMediaForUpdate, markFailed, markReady, markScanned } from './queries.js'
import type { Made, NewVariant, StoredMedia } from './queries.js'
import type { MediaServices } from './services.js'
import { keyIn, uploadKeyOf } from './storage.js'
import { MEDIA_FAILED, MEDIA_READY, mediaStream } from './types.js'
import type { MediaFailure } from './types.js'

/** The file is not one that can be shown; everything else that goes wrong is tried again. */
class Unshowable extends Error {
  readonly failure: MediaFailure

  constructor(failure: MediaFailure, options?: ErrorOptions) {
    super(failure, options)
    this.failure = failure
  }
}

/**
 * Takes a file that arrived as far as it gets: scanned, then ready or failed. Each step is committed by itself, and
 * everything that is stored has a name that follows from the file's: whenever it runs again, it does the same.
 */
export async function processMedia(origin: Origin, media: MediaServices, mediaId: string): Promise<void> {
  const stored = await findStoredMedia(origin.db, mediaId)
  if (!stored || !isUnderWay(stored)) return
  try {
    await media.storage.withFile(uploadKeyOf(stored.folder), (path) => prepare(origin, media, stored, path))
  } catch (error) {
    if (!(error instanceof Unshowable)) {
      // whoever did the same beside it is done, and has removed the upload
      const left = await findStoredMedia(origin.db, mediaId)
      if (!left || !isUnderWay(left)) return
      throw error
    }
    log.info({ mediaId, failure: error.failure, err: error.cause }, 'media: refused')
    await transaction(origin, (tx, now) => failMedia(tx, mediaId, error.failure, now))
  }
  await removeUpload(media, stored.folder)
}

const isUnderWay = ({ state, deletedAt }: StoredMedia): boolean =>
  deletedAt === null && (state === 'UPLOADED' || state === 'SCANNED')

async function prepare(origin: Origin, media: MediaServices, stored: StoredMedia, path: string): Promise<void> {
  const verdict = await media.scanner.scan({ path, ...stored })
  if (verdict.failure) throw new Unshowable(verdict.failure)
  const arrived = { ...verdict, detectedType: stored.declaredType }
  const mayGoOn = await transaction(origin, async (tx, now) => {
    const held = await getMediaForUpdate(tx, stored.id)
    if (!held || !isUnderWay(held)) return false
    await markScanned(tx, stored.id, arrived, now)
    return true
  })
  if (!mayGoOn) return
  const made = await (stored.kind === 'IMAGE' ? makePicture : makeFilm)(media, stored, path, verdict.sizeBytes)
  await transaction(origin, async (tx, now) => {
    const held = await getMediaForUpdate(tx, stored.id)
    if (!held || !isUnderWay(held)) return
    await markReady(tx, stored.id, made, now)
    await emitChange(tx, held, MEDIA_READY, now)
  })
}

async function makePicture(media: MediaServices, { folder }: StoredMedia, path: string): Promise<Made> {
  const { width, height, thumbhash, images } = await decoded(path)
  return { width, height, thumbhash, durationMs: null, variants: await storeMade(media, folder, images) }
}

async function decoded(path: string): Promise<MadeImages> {
  try {
    return await makeImages(path)
  } catch (error) {
    if (isMachineFault(error)) throw error
    throw new Unshowable(isPixelLimit(error) ? 'TOO_MANY_PIXELS' : 'UNREADABLE', { cause: error })
  }
}

/** A film or sound is kept as it is, but for what tells where and by whom it was made. */
async function makeFilm(
  media: MediaServices,
  { folder, kind, declaredType }: StoredMedia,
  path: string,
  sizeBytes: number,
): Promise<Made> {
  const film = await filmWithPoster(media, path, declaredType)
  const original = await storeCleaned(media, folder, { path, contentType: declaredType, sizeBytes })
  const { poster, durationMs } = film
  const variants = [original, ...(await storeMade(media, folder, poster ? picturesOf(poster) : []))]
  const size = kind === 'VIDEO' ? { width: film.width, height: film.height } : { width: null, height: null }
  return { ...size, durationMs, thumbhash: poster?.thumbhash ?? null, variants }
}

async function filmWithPoster({ ffmpegPath, workFolder }: MediaServices, path: string, contentType: string) {
  if (ffmpegPath === null) return { durationMs: null, width: null, height: null, poster: null }
  await mkdir(workFolder, { recursive: true, mode: 0o700 })
  const posterPath = join(workFolder, `${randomUUID()}.png`)
  try {
    const film = await lookInto(path, contentType, { ffmpegPath, posterPath })
    // what no picture can be made of has none
    const poster = film.posterPath === null ? null : await makeImages(film.posterPath).catch(() => null)
    return { ...film, poster }
  } finally {
    await rm(posterPath, { force: true })
  }
}

/** What is kept of a film's picture: the sizes that it is made in, the widest as its poster, and the hint. */
function picturesOf({ images }: MadeImages): MadeImage[] {
  const small = images.filter(({ kind }) => kind !== 'RENDITION')
  const widest = small.findLast(({ kind }) => kind === 'THUMBNAIL')
  return small.map((image) =>
    image === widest ? { ...image, kind: 'POSTER', label: 'default', name: POSTER_NAME } : image,
  )
}

/** Something that is shown of a file: a picture, or what has no size of its own. */
export type MadePart = Omit<MadeImage, 'width' | 'height'> & Pick<NewVariant, 'width' | 'height'>

/** Puts what is shown of a file into its folder of the store. Answers what its rows need. */
export async function storeMade(
  media: Pick<MediaServices, 'storage'>,
  folder: string,
  made: readonly MadePart[],
): Promise<NewVariant[]> {
  const variants: NewVariant[] = []
  for (const { kind, label, name, contentType, width, height, bytes } of made) {
    const storageKey = keyIn(folder, name)
    await media.storage.write(storageKey, bytes, contentType)
    variants.push({ kind, label, storageKey, contentType, width, height, sizeBytes: bytes.byteLength })
  }
  return variants
}

async function storeCleaned(
  media: MediaServices,
  folder: string,
  { path, contentType, sizeBytes }: { readonly path: string; readonly contentType: string; readonly sizeBytes: number },
): Promise<NewVariant> {
  const patches = await cleaningOf(path, contentType)
  const storageKey = keyIn(folder, filmName(contentType))
  const open = (): Readable => Readable.from(patched(patches)(createReadStream(path)), { objectMode: false })
  await media.storage.write(storageKey, { sizeBytes, open }, contentType)
  const label = 'original'
  return { kind: 'RENDITION', label, storageKey, contentType, sizeBytes, width: null, height: null }
}

async function cleaningOf(path: string, contentType: string) {
  try {
    return await patchesOf(path, contentType)
  } catch (error) {
    if (error instanceof Malformed) throw new Unshowable('UNREADABLE', { cause: error })
    throw error
  }
}

/** Ends a file that cannot be shown; it stays for its owner to see why, and its bytes go. Idempotent. */
export async function failMedia(tx: Tx, mediaId: string, failure: MediaFailure, now: Date): Promise<void> {
  const held = await getMediaForUpdate(tx, mediaId)
  if (!held || held.deletedAt || held.state === 'READY' || held.state === 'FAILED') return
  await markFailed(tx, mediaId, failure, addMs(now, FAILED_KEEP_MS), now)
  await emitChange(tx, held, MEDIA_FAILED, now)
}

const emitChange = async (
  tx: Tx,
  { id, ownerId }: StoredMedia,
  type: typeof MEDIA_READY | typeof MEDIA_FAILED,
  now: Date,
): Promise<void> => {
  await emit(tx, { stream: mediaStream(id), type, payload: { mediaId: id, ownerId } }, now)
}

/** Removes what was uploaded, which nobody is shown; what cannot be removed now goes by the job, or with the file. */
export async function removeUpload({ storage }: MediaServices, folder: string): Promise<void> {
  await storage.remove(uploadKeyOf(folder)).catch((error: unknown) => {
    log.warn({ err: error }, 'media: an upload could not be removed')
  })
}
