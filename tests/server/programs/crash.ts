// A process that drains like the server, and then meets an error that nobody caught: `crash.ts rejection|exception|exit`.
import { setTimeout as sleep } from 'node:timers/promises'
import { listenForEnd } from '../../../src/lifecycle.js'

const { onEnd } = listenForEnd()
onEnd(async () => {
  await sleep(200)
  console.log('drained')
})
console.log('running')
if (process.argv[2] === 'rejection') void Promise.reject(new Error('nobody caught this'))
if (process.argv[2] === 'exception')
  setTimeout(() => {
    throw new Error('nobody caught this')
  }, 10)
setInterval(() => undefined, 1_000)
