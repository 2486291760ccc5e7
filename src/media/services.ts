import assert from 'node:assert'
import { join } from 'node:path'
import type { Config } from '../env.js'
import { makeFileStore } from './file-store.js'
import type { FileStore } from './file-store.js'
import { structureScanner } from './scanner.js'
import type { MediaScanner } from './scanner.js'
import { makeSealer } from './sealing.js'
import type { Sealer } from './sealing.js'
import type { ExpectedUpload, MediaStorage, UploadTarget } from './storage.js'

/** Where files of this server are fetched and sent. */
export const MEDIA_PATH = '/media'
export const UPLOADS_PATH = `${MEDIA_PATH}/uploads`

/** What a process has open to work with files. */
export interface MediaServices {
  readonly storage: MediaStorage
  /** The store, where it is this process's to receive into; null where clients send to another. */
  readonly files: FileStore | null
  readonly scanner: MediaScanner
  /** Where clients reach this server. */
  readonly publicUrl: string
  /** Seals what an address of a file says. */
  readonly addresses: Sealer
  /** Seals which upload somebody may send. */
  readonly uploads: Sealer
  /** The tool that looks into films; null where there is none. */
  readonly ffmpegPath: string | null
  /** Where files are worked on. */
  readonly workFolder: string
}

/** What of the configuration files need. */
export type MediaConfig = Pick<Config, 's3' | 'dataDir' | 'publicUrl' | 'tokenKeys' | 'ffmpegPath'>

/** Opens the store that is configured: a bucket, or a folder that this server serves. */
export async function openMedia(config: MediaConfig): Promise<MediaServices> {
  const uploads = makeSealer(config.tokenKeys, 'media-uploads')
  const folder = join(config.dataDir, 'media')
  const workFolder = join(folder, '.work')
  const targetOf = (upload: ExpectedUpload): UploadTarget => targetHere(config.publicUrl, uploads, upload)
  const files = config.s3 ? null : makeFileStore({ folder, workFolder, targetOf })
  return {
    files,
    storage: files ?? (await openS3(config.s3, workFolder)),
    scanner: structureScanner,
    // a server that takes any free port knows its address once it listens
    get publicUrl() {
      return config.publicUrl
    },
    addresses: makeSealer(config.tokenKeys, 'media-addresses'),
    uploads,
    ffmpegPath: config.ffmpegPath,
    workFolder,
  }
}

/** Loaded only where there is one. */
async function openS3(bucket: MediaConfig['s3'], workFolder: string): Promise<MediaStorage> {
  assert(bucket, 'no bucket is configured')
  const { makeS3Store } = await import('./s3-store.js')
  return makeS3Store(bucket, workFolder)
}

function targetHere(publicUrl: string, uploads: Sealer, upload: ExpectedUpload): UploadTarget {
  const { mediaId, contentType, expiresAt } = upload
  const token = uploads.seal(JSON.stringify([mediaId, expiresAt.getTime()]))
  return {
    url: `${publicUrl}${UPLOADS_PATH}/${token}`,
    method: 'PUT',
    headers: [{ name: 'content-type', value: contentType }],
    expiresAt,
  }
}
