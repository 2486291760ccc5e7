import { open } from 'node:fs/promises'

/** Bytes that take the place of others: as long as they are, so that nothing else in the file moves. */
export interface Patch {
  readonly at: number
  readonly length: number
  /** Written at `at`; what is left of `length` is zeros. */
  readonly bytes: Uint8Array
}

const NOTHING = Buffer.alloc(0)

/** Zeros in the place of bytes. */
export const blank = (at: number, length: number): Patch => ({ at, length, bytes: NOTHING })

/** Other bytes in the place of bytes. */
export const overwrite = (at: number, bytes: Uint8Array): Patch => ({ at, length: bytes.length, bytes })

/** The file's structure is not what its format says. */
export class Malformed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Malformed'
  }
}

/** Parts of a file that are looked at, whatever it is; more than that is no file that anybody made in earnest. */
export const MAX_READS = 2_000_000
/** Read at once: parts that follow each other closely cost one look at the disk. */
const WINDOW_BYTES = 16_384

/** Fills `into` from its `offset` on with at most `length` bytes of a file, those from `at` on; answers how many there were. */
type ReadAt = (into: Buffer, offset: number, length: number, at: number) => Promise<number>

/** A file that is read in pieces. */
export class FileBytes {
  readonly size: number
  readonly #readAt: ReadAt
  #reads = 0
  #window: Buffer = NOTHING
  #windowAt = 0

  constructor(size: number, readAt: ReadAt) {
    this.size = size
    this.#readAt = readAt
  }

  /** As many bytes as there are from `at` on, at most `length`. They are the caller's. */
  async upTo(at: number, length: number): Promise<Buffer> {
    this.#reads += 1
    if (this.#reads > MAX_READS) throw new Malformed('too many parts')
    const wanted = Math.max(0, Math.min(length, this.size - at))
    if (wanted === 0) return NOTHING
    if (wanted > WINDOW_BYTES) return await this.#read(at, wanted)
    if (at < this.#windowAt || at + wanted > this.#windowAt + this.#window.length) {
      this.#window = await this.#read(at, Math.min(WINDOW_BYTES, this.size - at))
      this.#windowAt = at
    }
    return Buffer.from(this.#window.subarray(at - this.#windowAt, at - this.#windowAt + wanted))
  }

  /** @throws Malformed when there are fewer */
  async at(at: number, length: number): Promise<Buffer> {
    if (at < 0 || at + length > this.size) throw new Malformed('ends in the middle of a part')
    return await this.upTo(at, length)
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length)
    for (let read = 0; read < length;) {
      const more = await this.#readAt(bytes, read, length - read, at + read)
      if (more === 0) throw new Malformed('shorter than it was')
      read += more
    }
    return bytes
  }
}

/** Has `work` read a file in pieces. */
export async function withBytes<T>(path: string, work: (file: FileBytes) => Promise<T>): Promise<T> {
  const file = await open(path, 'r')
  try {
    const readAt: ReadAt = async (...place) => (await file.read(...place)).bytesRead
    return await work(new FileBytes((await file.stat()).size, readAt))
  } finally {
    await file.close()
  }
}

/** Patches in the order of the file, none over another: where two would write, the one that begins first does. */
export function inOrder(patches: readonly Patch[]): Patch[] {
  const disjoint: Patch[] = []
  let end = 0
  for (const { at, length, bytes } of [...patches].sort((one, other) => one.at - other.at)) {
    const done = Math.max(0, end - at)
    if (done >= length) continue
    disjoint.push({ at: at + done, length: length - done, bytes: bytes.subarray(done) })
    end = at + length
  }
  return disjoint
}

/** The bytes of a stream with patches, which are in order, in their places. */
export const patched = (patches: readonly Patch[]) =>
  async function* (bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let next = 0
    let start = 0
    for await (const chunk of bytes) {
      const end = start + chunk.length
      const copy = Buffer.from(chunk)
      for (let patch = patches[next]; patch && patch.at < end; patch = patches[next]) {
        apply(patch, copy, start)
        if (patch.at + patch.length > end) break
        next += 1
      }
      yield copy
      start = end
    }
  }

function apply({ at, length, bytes }: Patch, chunk: Buffer, start: number): void {
  const from = Math.max(at, start)
  const to = Math.min(at + length, start + chunk.length)
  chunk.fill(0, from - start, to - start)
  chunk.set(bytes.subarray(from - at, to - at), from - start)
}
