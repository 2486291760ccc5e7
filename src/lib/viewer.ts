import assert from 'node:assert'
import type { AccountStatus, AccountType } from '../generated/prisma/enums.js'

/** Who is asking: read from the session row on every request and every event, never from the token alone. */
export interface Viewer {
  readonly userId: string
  readonly sessionId: string
  readonly role: AccountType
  readonly status: AccountStatus
  /** A suspended, banned or deleted person's session: only what helps them out of it. */
  readonly isLimited: boolean
  /** Whether a second factor was shown in this session, or is waived for a demo account. */
  readonly hasSecondFactor: boolean
  /** When the person last proved who they are (password, and second factor where due). */
  readonly authenticatedAt: Date
  readonly isAgeVerified: boolean
}

/** The least that a rule needs to know of a request. */
export interface Asking {
  readonly viewer: Viewer | null
  readonly now: Date
}

/** The signed-in person, for a field whose rule has made sure that there is one. */
export function signedIn({ viewer }: Asking): Viewer {
  assert(viewer, 'a rule that lets strangers in stands before code that needs a person')
  return viewer
}
