import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FileHandle } from 'node:fs/promises'

/** The bytes of an object: in memory where they are few, otherwise from a stream of a known length. */
export type ObjectBody = Uint8Array | { readonly sizeBytes: number; readonly open: () => Readable }

/** An upload that somebody may send. */
export interface ExpectedUpload {
  readonly mediaId: string
  readonly key: string
  readonly contentType: string
  readonly sizeBytes: number
  readonly sha256: Uint8Array | null
  readonly expiresAt: Date
  /** Until `expiresAt`, at least 1. */
  readonly secondsLeft: number
}

/** Where and how to send it. */
export interface UploadTarget {
  readonly url: string
  readonly method: 'PUT'
  readonly headers: { readonly name: string; readonly value: string }[]
  readonly expiresAt: Date
}

/** How an object is described to whoever fetches it. */
export interface ServedAs {
  readonly contentType: string
  readonly disposition: string
}

/** How objects reach those who may have them. */
export type Delivery =
  /** From this process: as an open file, which whoever gets it closes; null when there is none. */
  | { readonly kind: 'stream'; readonly open: (key: string) => Promise<FileHandle | null> }
  /** From the store, under an address that opens for as long as `STORE_URL_SECONDS` says. */
  | {
      readonly kind: 'redirect'
      readonly urlOf: (key: string, served: ServedAs, method: 'GET' | 'HEAD') => Promise<string>
    }

/** Where the bytes of files are. Objects are written whole or not at all; a key that is written again is replaced. */
export interface MediaStorage {
  readonly delivery: Delivery
  /** Lets whoever is given the target send exactly these bytes, without passing through us where the store can take them. */
  targetOf(upload: ExpectedUpload): Promise<UploadTarget>
  /** How large an object is; null when there is none. */
  sizeOf(key: string): Promise<number | null>
  /** An object's bytes, or the first of them. @throws Error when there is none */
  read(key: string, options?: { readonly firstBytes?: number }): Promise<Readable>
  write(key: string, body: ObjectBody, contentType: string): Promise<void>
  /** Idempotent. */
  remove(key: string): Promise<void>
  /** Has `work` read an object as a file of this machine, which is none of its to change. */
  withFile<T>(key: string, work: (path: string) => Promise<T>): Promise<T>
}

const FOLDER_BYTES = 24
const KEY = /^[0-9a-f]{2}\/[0-9a-f]{48}(\/[a-z0-9]+([-.][a-z0-9]+)*)$/
const FOLDER = /^[0-9a-f]{2}\/[0-9a-f]{48}$/

/** The name under which an upload is stored, in a folder of its file's own. */
const UPLOAD = 'upload'

/** A folder for what is stored of a new file: it says nothing of the file or its owner, and cannot be guessed. */
export function newFolder(): string {
  const name = randomBytes(FOLDER_BYTES).toString('hex')
  return `${name.slice(0, 2)}/${name}`
}

/** Where the upload of a file is stored, which is never served. */
export const uploadKeyOf = (folder: string): string => keyIn(folder, UPLOAD)

/** Where something that is made of a file is stored. */
export function keyIn(folder: string, name: string): string {
  const key = `${folder}/${name}`
  if (!FOLDER.test(folder) || !isKey(key)) throw new Error('not a place in the store')
  return key
}

/** Whether a text is a key of ours: it never leads out of the store. */
export const isKey = (text: string): boolean => KEY.test(text)
