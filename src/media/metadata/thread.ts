import { parentPort, workerData } from 'node:worker_threads'
import { patchesIn } from './metadata.js'
import { Malformed, withBytes } from './patches.js'
import type { Patch } from './patches.js'

/** A file that a thread reads the structure of. */
export interface Task {
  readonly path: string
  readonly contentType: string
}

/** What it found; whatever else goes wrong ends the thread. */
export type Answer = { readonly patches: readonly Patch[] } | { readonly malformed: string }

async function answerTo({ path, contentType }: Task): Promise<Answer> {
  try {
    return { patches: await withBytes(path, (file) => patchesIn(file, contentType)) }
  } catch (error) {
    if (error instanceof Malformed) return { malformed: error.message }
    throw error
  }
}

parentPort?.postMessage(await answerTo(workerData as Task))
