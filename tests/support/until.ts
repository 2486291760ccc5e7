import { setTimeout } from 'node:timers/promises'

/** Waits until `condition` holds. @throws Error after `timeoutMs` */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${String(timeoutMs)} ms: ${condition.toString()}`)
    await setTimeout(10)
  }
}
