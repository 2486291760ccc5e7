import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { STRUCTURE_TIMEOUT_MS } from '../limits.js'
import { Malformed } from './patches.js'
import type { Patch } from './patches.js'
import type { Answer, Task } from './thread.js'

/** What a thread may keep of a file's structure: patches at their most, several times over. */
const MAX_MEMORY_MEGABYTES = 256

/**
 * Finds what takes the metadata out of a film or sound, in a thread of its own: whatever a file makes of its reader, this
 * process goes on, and it ends.
 * @throws Malformed when its structure is not that of its type, or takes more time or memory than one does
 */
export async function patchesOf(
  path: string,
  contentType: string,
  timeoutMs = STRUCTURE_TIMEOUT_MS,
): Promise<readonly Patch[]> {
  const thread = startThread({ path, contentType })
  try {
    const [answer] = (await once(thread, 'message', { signal: AbortSignal.timeout(timeoutMs) })) as [Answer]
    if ('malformed' in answer) throw new Malformed(answer.malformed)
    return answer.patches
  } catch (error) {
    if (isTooMuch(error)) throw new Malformed('takes more than a file may')
    throw error
  } finally {
    await thread.terminate()
  }
}

/** Runs as this process does: from the sources, or from what was built of them. */
function startThread(workerData: Task): Worker {
  const isSource = import.meta.url.endsWith('.ts')
  const program = new URL(`./thread${isSource ? '.ts' : '.js'}`, import.meta.url)
  const options = { workerData, env: {}, resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MEGABYTES } }
  if (!isSource) return new Worker(program, options)
  // Node does not take what reads sources over into threads
  const start = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(program.href)})))`
  return new Worker(start, { ...options, eval: true })
}

/** What was too much once will be so again. */
const isTooMuch = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'AbortError' || ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'))
