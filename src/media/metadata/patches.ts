import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** Bytes that take the place of others: as long as they are, so that nothing else in the file moves. */
export interface Patch {
  readonly at: number
  readonly length: number
  /** Written at `at`; what is left of `length` is zeros. */
  readonly bytes: Buffer
}

const NOTHING = Buffer.alloc(0)

/** Zeros in the place of bytes. */
export const blank = (at: number, length: number): Patch => ({ at, length, bytes: NOTHING })

/** Other bytes in the place of bytes. */
export const overwrite = (at: number, bytes: Buffer): Patch => ({ at, length: bytes.length, bytes })

/** The file's structure is not what its format says. */
export class Malformed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Malformed'
  }
}

/** Parts of a file that are looked at, whatever it is; more than that is no file that anybody made in earnest. */
const MAX_READS = 2_000_000

/** A file that is read in pieces. */
export class FileBytes {
  readonly size: number
  readonly #file: FileHandle
  #reads = 0

  constructor(file: FileHandle, size: number) {
    this.#file = file
    this.size = size
  }

  /** As many bytes as there are from `at` on, at most `length`. */
  async upTo(at: number, length: number): Promise<Buffer> {
    this.#reads += 1
    if (this.#reads > MAX_READS) throw new Malformed('too many parts')
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.size - at)))
    let read = 0
    while (read < bytes.length) {
      const { bytesRead } = await this.#file.read(bytes, read, bytes.length - read, at + read)
      if (bytesRead === 0) throw new Malformed('shorter than it was')
      read += bytesRead
    }
    return bytes
  }

  /** @throws Malformed when there are fewer */
  async at(at: number, length: number): Promise<Buffer> {
    if (at < 0 || at + length > this.size) throw new Malformed('ends in the middle of a part')
    return await this.upTo(at, length)
  }
}

/** Has `work` read a file in pieces. */
export async function withBytes<T>(path: string, work: (file: FileBytes) => Promise<T>): Promise<T> {
  const file = await open(path, 'r')
  try {
    return await work(new FileBytes(file, (await file.stat()).size))
  } finally {
    await file.close()
  }
}

/** The bytes of a stream with patches in their places. */
export const patched = (patches: readonly Patch[]) =>
  async function* (bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const inOrder = [...patches].sort((one, other) => one.at - other.at)
    let first = 0
    let start = 0
    for await (const chunk of bytes) {
      const end = start + chunk.length
      const copy = Buffer.from(chunk)
      for (let index = first; index < inOrder.length; index += 1) {
        const patch = inOrder[index]
        if (!patch || patch.at >= end) break
        apply(patch, copy, start)
        // patches do not overlap, so one that ends here is done with
        if (patch.at + patch.length <= end && index === first) first += 1
      }
      yield copy
      start = end
    }
  }

function apply({ at, length, bytes }: Patch, chunk: Buffer, start: number): void {
  const from = Math.max(at, start)
  const to = Math.min(at + length, start + chunk.length)
  if (from >= to) return
  chunk.fill(0, from - start, to - start)
  bytes.copy(chunk, from - start, from - at, Math.min(to - at, bytes.length))
}
