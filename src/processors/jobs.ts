import { handle } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { Sandbox } from './sandbox.js'
import { deliverSandboxEventsJob } from './types.js'
import type { Processor, ReceiveEvent } from './types.js'

/** Has the sandbox tell what it has to tell, where a webhook would bring it; none where another processor is used. */
export const sandboxJobs = (processor: Processor, receive: ReceiveEvent): readonly JobHandler[] =>
  processor instanceof Sandbox
    ? [
        handle(deliverSandboxEventsJob, () => processor.deliverDue(receive), {
          // what a crash or a moved clock left behind
          cron: '* * * * *',
        }),
      ]
    : []
