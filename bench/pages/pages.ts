import { creator } from './creator.js'
import { feed } from './feed.js'
import { like } from './like.js'
import type { BenchPage } from './page.js'
import { profile } from './profile.js'
import { thread } from './thread.js'
import { tip } from './tip.js'

/** Everything that is measured, in this order. */
export const PAGES: readonly BenchPage[] = [feed, creator, thread, like, tip, profile]
