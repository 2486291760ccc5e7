import type { AccountType, MediaKind, MediaPurpose, MediaState, MediaVariantKind } from '../generated/prisma/enums.js'
import type { MediaFailure } from '../generated/graphql.js'
import type { Db } from '../lib/db.js'
import { jobName } from '../lib/jobs.js'

export type { MediaFailure, MediaKind, MediaPurpose, MediaState, MediaVariantKind }

/** A file that is made of another one, and served in its place. */
export interface MediaVariant {
  readonly id: string
  readonly kind: MediaVariantKind
  readonly label: string
  readonly contentType: string
  readonly sizeBytes: number
  readonly width: number | null
  readonly height: number | null
}

/** A file that is not deleted, with what was made of it; the row behind `MediaAsset`. Whose it is, its reader must ask. */
export interface MediaRow {
  readonly id: string
  readonly ownerId: string
  readonly kind: MediaKind
  readonly purpose: MediaPurpose
  readonly state: MediaState
  readonly failure: MediaFailure | null
  readonly fileName: string | null
  readonly altText: string | null
  /** As declared; as detected, once it was. */
  readonly contentType: string
  /** As declared; as arrived, once it was. */
  readonly sizeBytes: bigint
  readonly width: number | null
  readonly height: number | null
  readonly durationMs: number | null
  readonly thumbhash: Uint8Array | null
  readonly createdAt: Date
  readonly readyAt: Date | null
  readonly variants: readonly MediaVariant[]
}

/** What an address of a file stands on: it opens for as long as this is so. */
export type GateRef =
  /** The file is the viewer's own. */
  | { readonly kind: 'own' }
  /** The file is a picture of this person's profile. */
  | { readonly kind: 'profile'; readonly userId: string }
  /** The file is in the body of this post, which opens by this version of a grant, or without one. */
  | {
      readonly kind: 'content'
      readonly contentId: string
      readonly grant: { readonly id: string; readonly version: number } | null
    }
  /** The file is what everybody may see of this post while it is locked. */
  | { readonly kind: 'teaser'; readonly contentId: string }
  /** The file is in the body of this message, which opens by this version of a grant, or without one. */
  | {
      readonly kind: 'message'
      readonly messageId: string
      readonly grant: { readonly id: string; readonly version: number } | null
    }
  /** The file is what the other side may see of this message while it is locked. */
  | { readonly kind: 'message_teaser'; readonly messageId: string }
  /** The file is in this message, which was revealed to the viewer as one of staff. */
  | { readonly kind: 'revealed_message'; readonly messageId: string }

export type GateKind = GateRef['kind']

/** Whoever an address was made for, as they are when it is used: signed up, in good standing. */
export interface MediaViewer {
  readonly userId: string
  readonly role: AccountType
  readonly isAgeVerified: boolean
}

/** An address that somebody uses. */
export interface GateCall<Ref extends GateRef = GateRef> {
  readonly db: Db
  readonly now: Date
  /** Null when it was made for a stranger. */
  readonly viewer: MediaViewer | null
  /** The file; whether the address is of no more than a blurred hint of it. */
  readonly media: { readonly id: string; readonly ownerId: string; readonly isHint: boolean }
  readonly gate: Ref
}

/** Says whether an address opens at this moment. */
export type MediaGate<Ref extends GateRef = GateRef> = (call: GateCall<Ref>) => Promise<boolean>

/** The gates there are; an address of a kind that is missing opens nothing. */
export type MediaGates = { readonly [Kind in GateKind]?: MediaGate<Extract<GateRef, { kind: Kind }>> }

/** A file as one viewer may fetch it. */
export interface MediaFileRow {
  readonly media: MediaRow
  readonly gate: GateRef
}

/** A picture as one viewer may fetch it, at the widths there are, the narrowest first. */
export interface MediaImageRow extends MediaFileRow {
  readonly sizes: readonly (MediaVariant & { readonly width: number; readonly height: number })[]
}

/** Looks into a file and makes what is shown of it. */
export const processMediaJob = jobName<{ readonly mediaId: string }>('media.process')

/** Removes what was uploaded, once nothing can be sent to its address any more: what is shown is made of it. */
export const removeUploadJob = jobName<{ readonly mediaId: string }>('media.remove_upload')

/** Ends what was never completed, and destroys what nobody uses. */
export const sweepMediaJob = jobName<Record<string, never>>('media.sweep')

/** What happens to a file, on its own stream. */
export const MEDIA_READY = 'media.ready'
export const MEDIA_FAILED = 'media.failed'

/** The stream of a file's events; their payload is `{ mediaId, ownerId }`. */
export const mediaStream = (mediaId: string): string => `media:${mediaId}`
