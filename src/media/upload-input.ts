import type { RequestMediaUploadInput } from '../generated/graphql.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { MAX_ALT_TEXT_LENGTH, MAX_FILE_NAME_LENGTH, MAX_SIZE_BYTES } from './limits.js'
import { takenType, typesOf } from './media-types.js'
import type { MediaKind, MediaPurpose } from './types.js'

/** A checked request to upload a file. */
export interface WantedUpload {
  readonly kind: MediaKind
  readonly purpose: MediaPurpose
  readonly contentType: string
  readonly sizeBytes: number
  /** In hexadecimal. */
  readonly sha256: string | null
  readonly fileName: string | null
  readonly altText: string | null
}

const refused = (field: string, message: string): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path: ['input', field] })

/**
 * @throws INVALID media_type_unsupported, media_too_large, invalid_input; FORBIDDEN role_required where only creators upload
 */
export function checkedUpload(input: RequestMediaUploadInput, { role }: Pick<Viewer, 'role'>): WantedUpload {
  const { kind, purpose } = input
  const contentType = input.contentType.trim().toLowerCase()
  const maxBytes = MAX_SIZE_BYTES[purpose][kind]
  if (maxBytes === undefined || takenType(contentType)?.kind !== kind)
    throw new AppError('INVALID', 'media_type_unsupported', unsupported(kind, maxBytes), {
      path: ['input', maxBytes === undefined ? 'kind' : 'contentType'],
    })
  if (purpose === 'CONTENT' && role !== 'CREATOR')
    throw new AppError('FORBIDDEN', 'role_required', 'Only creators publish.')
  if (input.sizeBytes < 1n) throw refused('sizeBytes', 'A file has at least one byte.')
  if (input.sizeBytes > BigInt(maxBytes))
    throw new AppError('INVALID', 'media_too_large', `At most ${String(maxBytes)} bytes.`, {
      path: ['input', 'sizeBytes'],
    })
  return {
    kind,
    purpose,
    contentType,
    sizeBytes: Number(input.sizeBytes),
    sha256: checkedSha256(input.sha256),
    fileName: checkedFileName(input.fileName),
    altText: checkedAltText(input.altText),
  }
}

const unsupported = (kind: MediaKind, maxBytes: number | undefined): string =>
  maxBytes === undefined ? 'Files of this kind are not taken for this purpose.' : `One of ${typesOf(kind).join(', ')}.`

function checkedSha256(unchecked: string | null | undefined): string | null {
  if (unchecked === null || unchecked === undefined) return null
  const text = unchecked.toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(text)) throw refused('sha256', 'A SHA-256 has 64 hexadecimal digits.')
  return text
}

/** What follows the last separator of folders: how somebody's disk is laid out is no business of ours. */
function checkedFileName(unchecked: string | null | undefined): string | null {
  const name = unchecked?.normalize('NFC').split(/[/\\]/).at(-1)?.trim()
  if (!name) return null
  if (Array.from(name).length > MAX_FILE_NAME_LENGTH || /\p{Cc}|\p{Surrogate}/u.test(name))
    throw refused(
      'fileName',
      `A name has at most ${String(MAX_FILE_NAME_LENGTH)} characters, and no control characters.`,
    )
  return name
}

/** @throws INVALID invalid_input */
export function checkedAltText(unchecked: string | null | undefined): string | null {
  const text = unchecked?.normalize('NFC').trim()
  if (!text) return null
  if (Array.from(text).length > MAX_ALT_TEXT_LENGTH || /[^\n\t\P{Cc}]|\p{Surrogate}/u.test(text))
    throw refused(
      'altText',
      `A description has at most ${String(MAX_ALT_TEXT_LENGTH)} characters, and no control characters.`,
    )
  return text
}
