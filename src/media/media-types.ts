import type { MediaKind } from '../generated/prisma/enums.js'

/** A media type that is taken. */
interface TakenType {
  readonly kind: MediaKind
  /** What its first bytes are recognised as, by names that are not all registered. */
  readonly recognisedAs: readonly string[]
  /** What it is called in the store. */
  readonly extension: string
}

const TAKEN: Readonly<Record<string, TakenType>> = {
  'image/jpeg': { kind: 'IMAGE', recognisedAs: ['image/jpeg'], extension: 'jpg' },
  'image/png': { kind: 'IMAGE', recognisedAs: ['image/png'], extension: 'png' },
  'image/webp': { kind: 'IMAGE', recognisedAs: ['image/webp'], extension: 'webp' },
  'image/gif': { kind: 'IMAGE', recognisedAs: ['image/gif'], extension: 'gif' },
  'image/avif': { kind: 'IMAGE', recognisedAs: ['image/avif'], extension: 'avif' },
  'video/mp4': { kind: 'VIDEO', recognisedAs: ['video/mp4', 'video/x-m4v'], extension: 'mp4' },
  'video/quicktime': { kind: 'VIDEO', recognisedAs: ['video/quicktime'], extension: 'mov' },
  'video/webm': { kind: 'VIDEO', recognisedAs: ['video/webm'], extension: 'webm' },
  'audio/mpeg': { kind: 'AUDIO', recognisedAs: ['audio/mpeg'], extension: 'mp3' },
  // a container does not say that nothing but sound is in it
  'audio/mp4': { kind: 'AUDIO', recognisedAs: ['audio/mp4', 'audio/x-m4a', 'video/mp4'], extension: 'm4a' },
  'audio/webm': { kind: 'AUDIO', recognisedAs: ['audio/webm', 'video/webm'], extension: 'weba' },
  'audio/ogg': { kind: 'AUDIO', recognisedAs: ['audio/ogg', 'audio/opus'], extension: 'ogg' },
  'audio/wav': { kind: 'AUDIO', recognisedAs: ['audio/wav', 'audio/x-wav', 'audio/vnd.wave'], extension: 'wav' },
  'audio/flac': { kind: 'AUDIO', recognisedAs: ['audio/flac', 'audio/x-flac'], extension: 'flac' },
}

/** What a media type that is taken is; null for every other one. */
export const takenType = (contentType: string): TakenType | null =>
  Object.hasOwn(TAKEN, contentType) ? (TAKEN[contentType] ?? null) : null

/** The types of a kind, for people. */
export const typesOf = (kind: MediaKind): string[] => Object.keys(TAKEN).filter((type) => TAKEN[type]?.kind === kind)
