import type { AccountType, MediaKind, MediaPurpose } from '../generated/prisma/enums.js'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../lib/clock.js'
import type { RateLimit } from '../lib/rate.js'

const MEGABYTE = 1_000_000
const GIGABYTE = 1_000 * MEGABYTE

/** The largest file of a kind that is taken for a purpose, in bytes; what is missing is not taken at all. */
export const MAX_SIZE_BYTES: Readonly<Record<MediaPurpose, Readonly<Partial<Record<MediaKind, number>>>>> = {
  CONTENT: { IMAGE: 20 * MEGABYTE, AUDIO: 200 * MEGABYTE, VIDEO: 5 * GIGABYTE },
  MESSAGE: { IMAGE: 20 * MEGABYTE, AUDIO: 50 * MEGABYTE, VIDEO: 500 * MEGABYTE },
  EVIDENCE: { IMAGE: 20 * MEGABYTE, AUDIO: 50 * MEGABYTE, VIDEO: 100 * MEGABYTE },
  AVATAR: { IMAGE: 5 * MEGABYTE },
  BANNER: { IMAGE: 10 * MEGABYTE },
  EXPORT: {},
}

/** The largest upload there is. */
export const MAX_UPLOAD_BYTES = Math.max(...Object.values(MAX_SIZE_BYTES).flatMap((sizes) => Object.values(sizes)))

/** What all files of one person may have together, in bytes, as they arrived. */
export const MAX_STORED_BYTES: Readonly<Record<AccountType, number>> = {
  FAN: 2 * GIGABYTE,
  CREATOR: 500 * GIGABYTE,
  MODERATOR: 2 * GIGABYTE,
  ADMIN: 2 * GIGABYTE,
}

/** Uploads of one person that are asked for and not completed. */
export const MAX_OPEN_UPLOADS = 20
/** How long an upload may take to begin. */
export const UPLOAD_WINDOW_MS = HOUR_MS
/** Uploads that one person sends to one process at once. */
export const MAX_CONCURRENT_UPLOADS = 3
/** Uploads that one network sends to one process at once: a household's, or those of an office. */
export const MAX_CONCURRENT_UPLOADS_OF_NETWORK = 16
/** Uploads that one site sends to one process at once, out of whichever of its networks: others find a place beside it. */
export const MAX_CONCURRENT_UPLOADS_OF_SITE = 32
/** Uploads that one process takes from everybody at once. */
export const MAX_CONCURRENT_UPLOADS_OF_ALL = 64
/** What has to arrive of an upload in each such time: 8 kB/s, which a telephone has where there is hardly a network. */
export const UPLOAD_PACE = { windowMs: 30 * SECOND_MS, leastBytes: 240_000 } as const

/** Files that somebody may ask to upload; each makes rows, objects and work. */
export const UPLOAD_REQUESTS: RateLimit = { name: 'media.request', points: 240, windowSeconds: HOUR_MS / SECOND_MS }
/** Completions read what was sent. */
export const UPLOAD_COMPLETIONS: RateLimit = {
  name: 'media.complete',
  points: 600,
  windowSeconds: HOUR_MS / SECOND_MS,
}

/** Files up to this size are looked at whole when they are completed; of larger ones the beginning, and the rest as a job. */
export const MAX_INSPECTED_AT_ONCE_BYTES = 20 * MEGABYTE
/** How much of a file's beginning tells what it is. */
export const HEAD_BYTES = 262_144

/** Pixels of a picture, of all its frames together, or of a film's one: what decoding may ask of memory. */
export const MAX_PIXELS = 60_000_000
/** Pixels of a picture's longer side: WebP has no more. */
export const MAX_SIDE_PIXELS = 16_383
/** What decoding and encoding one picture may take. */
export const IMAGE_TIMEOUT_SECONDS = 60
/** What reading the structure of a film or sound may take. */
export const STRUCTURE_TIMEOUT_MS = 2 * 60 * SECOND_MS
/** What looking into a film or sound may take. */
export const FILM_TIMEOUT_MS = 2 * 60 * SECOND_MS
/** How long a film or sound may say that it plays; one that says more is not believed. */
export const MAX_DURATION_MS = 7 * DAY_MS

/** Widths of the pictures that are made of one; none is made wider than it was. */
export const THUMBNAIL_WIDTHS = [320, 640, 1_280] as const
/** The width of a picture that hints at what is locked. */
export const BLURRED_WIDTH = 32

/** A file in no post, message or profile stays for this long after it was uploaded, attached or released. */
export const UNUSED_KEEP_MS = 30 * DAY_MS
/** A refused file stays for this long, for its owner to see why. */
export const FAILED_KEEP_MS = 7 * DAY_MS
/** Bytes outlive a deletion for longer than anything that began before it may still write. */
export const PURGE_DELAY_MS = 3 * HOUR_MS
/** A file that is not prepared by then never will be. */
export const PROCESSING_GIVEN_UP_MS = 2 * DAY_MS
/** A file that has to be kept is asked about again so often. */
export const HELD_LOOK_MS = DAY_MS

/** How long an address of a file opens it. */
export const URL_LIFETIME_MS = 5 * 60 * SECOND_MS
/** Addresses made within this time are alike, so that browsers recognise what they have. */
export const URL_STEP_MS = 30 * SECOND_MS
/** How long an address of the store itself, to which ours leads, opens. */
export const STORE_URL_SECONDS = 30

export const MAX_FILE_NAME_LENGTH = 255
export const MAX_ALT_TEXT_LENGTH = 1_000
