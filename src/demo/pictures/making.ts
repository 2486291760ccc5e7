import assert from 'node:assert'
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { storeMade } from '../../media/media.js'
import type { MadePart, MadeMedia, MediaStorage } from '../../media/media.js'
import type { DemoFile } from '../files.js'
import { demoId } from '../random.js'

/** What a drawing process is asked for. */
export type Order = Pick<DemoFile, 'name' | 'recipe'>

/** What it answers: a file, and everything that is shown of it. */
export interface MadeFile extends Pick<
  MadeMedia,
  'contentType' | 'sizeBytes' | 'sha256' | 'width' | 'height' | 'durationMs' | 'thumbhash'
> {
  readonly parts: readonly MadePart[]
}

type Answer = { readonly name: string } & ({ readonly made: MadeFile } | { readonly error: string })

/** Processes that draw at once. */
const PROCESSES = 2
/** Files between two lines that tell how far it is. */
const TELL_EVERY = 100
const FOLDER_BYTES = 24

/**
 * Has all files made, and puts them into the store; a file that is there is replaced by the same. Answers what their rows
 * need, in the order of the files.
 * @throws Error when one cannot be made
 */
export async function makeFiles(
  files: readonly DemoFile[],
  storage: MediaStorage,
  say: (line: string) => void,
): Promise<MadeMedia[]> {
  const made = new Map<string, MadeMedia>()
  const left = files.values()
  const work = async (child: ChildProcess): Promise<void> => {
    for (const file of left) {
      made.set(file.id, await store(file, await ask(child, file), storage))
      if (made.size % TELL_EVERY === 0)
        say(`drawing the demo world: ${String(made.size)} of ${String(files.length)} files`)
    }
  }
  const children = Array.from({ length: PROCESSES }, startProcess)
  try {
    await Promise.all(children.map(work))
  } finally {
    for (const child of children) child.kill()
  }
  return files.map(({ id }) => {
    const media = made.get(id)
    assert(media, 'every file was made')
    return media
  })
}

/** Runs as this process does: from the sources, or from what was built of them. */
function startProcess(): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts')
  const program = fileURLToPath(new URL(`./process${isSource ? '.ts' : '.js'}`, import.meta.url))
  return fork(program, { serialization: 'advanced', execArgv: isSource ? ['--import', 'tsx'] : [] })
}

async function ask(child: ChildProcess, { name, recipe }: DemoFile): Promise<MadeFile> {
  const stop = new AbortController()
  try {
    const { signal } = stop
    const gone = once(child, 'exit', { signal }).then(() => {
      throw new Error('The process that draws the demo world has ended.')
    })
    const answered = once(child, 'message', { signal }) as Promise<[Answer]>
    child.send({ name, recipe } satisfies Order)
    const [answer] = await Promise.race([answered, gone])
    if ('error' in answer) throw new Error(`${name} of the demo world cannot be made: ${answer.error}`)
    return answer.made
  } finally {
    stop.abort()
  }
}

async function store(file: DemoFile, { parts, ...made }: MadeFile, storage: MediaStorage): Promise<MadeMedia> {
  const { id, ownerId, kind, purpose, altText, createdAt, name } = file
  const folder = folderOf(name)
  const variants = await storeMade({ storage }, folder, parts)
  return {
    ...made,
    id,
    ownerId,
    kind,
    purpose,
    altText,
    createdAt,
    folder,
    variants: variants.map((variant) => ({ ...variant, id: demoId(`variant/${variant.storageKey}`) })),
  }
}

/** The folder of a file's own: the same every time, so that what a crash left is replaced. */
function folderOf(name: string): string {
  const hash = createHash('sha256')
    .update(`demo/media/${name}`)
    .digest('hex')
    .slice(0, FOLDER_BYTES * 2)
  return `${hash.slice(0, 2)}/${hash}`
}
