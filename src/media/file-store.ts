import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isKey } from './storage.js'
import type { ExpectedUpload, MediaStorage, UploadTarget } from './storage.js'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** What was sent is not what was announced. */
export class WrongUpload extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WrongUpload'
  }
}

/** Objects as files of a folder that every process of the platform shares. */
export interface FileStore extends MediaStorage {
  /**
   * Writes an upload as it arrives. Nothing is kept of one that is longer, shorter or another than announced, or that
   * breaks off. `isWelcome` is asked when all of it is there, before it is put in its place.
   * @throws WrongUpload
   */
  receive(
    upload: Pick<ExpectedUpload, 'key' | 'sizeBytes' | 'sha256'>,
    bytes: Readable,
    isWelcome: () => Promise<boolean>,
  ): Promise<void>
}

/** Where the store is, where files are while they are being written, on the same disk, and how uploads reach it. */
export interface FileStoreOptions {
  readonly folder: string
  readonly workFolder: string
  readonly targetOf: (upload: ExpectedUpload) => UploadTarget
}

export function makeFileStore({ folder, workFolder, targetOf }: FileStoreOptions): FileStore {
  const pathOf = (key: string): string => {
    if (!isKey(key)) throw new Error('not a key of the store')
    return join(folder, key)
  }
  const write = async (key: string, bytes: Readable): Promise<void> => {
    await replace(workFolder, pathOf(key), async (file) => {
      await pipeline(bytes, file)
    })
  }
  return {
    targetOf: (upload) => Promise.resolve(targetOf(upload)),
    delivery: { kind: 'stream', open: (key) => orNull(open(pathOf(key), 'r')) },
    sizeOf: async (key) => (await orNull(stat(pathOf(key))))?.size ?? null,
    read: (key, { firstBytes } = {}) =>
      Promise.resolve(createReadStream(pathOf(key), firstBytes === undefined ? {} : { end: firstBytes - 1 })),
    write: (key, body) => write(key, body instanceof Uint8Array ? Readable.from([body]) : body.open()),
    remove: async (key) => {
      const path = pathOf(key)
      await rm(path, { force: true })
      // the folders of a file go with the last of it; one that is not empty stays
      await rmdir(dirname(path)).catch(() => undefined)
    },
    withFile: (key, work) => work(pathOf(key)),
    receive: ({ key, sizeBytes, sha256 }, bytes, isWelcome) =>
      replace(workFolder, pathOf(key), async (file) => {
        await pipeline(bytes, checked(sizeBytes, sha256), file)
        if (!(await isWelcome())) throw new WrongUpload('no longer expected')
      }),
  }
}

/** Writes a file under another name, has it on the disk, and then moves it into its place: nobody ever sees a part of it. */
async function replace(workFolder: string, path: string, fill: (file: WriteStream) => Promise<void>): Promise<void> {
  const unfinished = join(workFolder, randomUUID())
  await mkdir(workFolder, { recursive: true, mode: FOLDER_MODE })
  try {
    await fill(createWriteStream(unfinished, { flags: 'wx', mode: FILE_MODE, flush: true }))
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE })
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

/** Lets through exactly so many bytes, with this checksum if there is one. */
const checked = (sizeBytes: number, sha256: Uint8Array | null) =>
  async function* (bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const hash = sha256 && createHash('sha256')
    let arrived = 0
    for await (const chunk of bytes) {
      arrived += chunk.length
      if (arrived > sizeBytes) throw new WrongUpload('more bytes than announced')
      hash?.update(chunk)
      yield chunk
    }
    if (arrived < sizeBytes) throw new WrongUpload('fewer bytes than announced')
    if (sha256 && hash?.digest().equals(sha256) === false) throw new WrongUpload('another checksum than announced')
  }

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
