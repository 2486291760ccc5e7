import { THUMBNAIL_WIDTHS } from './limits.js'
import { takenType } from './media-types.js'

// What is made of a file has names that follow from the file alone: whoever makes it again replaces it, and whoever destroys
// the file knows all that there may be.

/** Formats in which a picture is kept when its metadata goes; every other one becomes WebP. */
const KEPT = { jpeg: 'jpg', png: 'png', gif: 'gif', webp: 'webp' } as const

export type KeptFormat = keyof typeof KEPT

/** The format in which a picture of this format is kept. */
export const keptFormat = (format: string): KeptFormat => (format in KEPT ? (format as KeptFormat) : 'webp')

export const BLURRED_NAME = 'blurred.webp'
export const POSTER_NAME = 'poster.webp'
export const originalName = (format: KeptFormat): string => `original.${KEPT[format]}`
export const thumbnailName = (width: number): string => `w${String(width)}.webp`

/** The name of a film or sound without its metadata. */
export const filmName = (contentType: string): string => `original.${takenType(contentType)?.extension ?? 'bin'}`

/** The names of everything that may have been made of a file of this type. */
export const namesOfMade = (contentType: string): string[] => [
  ...THUMBNAIL_WIDTHS.map(thumbnailName),
  BLURRED_NAME,
  POSTER_NAME,
  takenType(contentType)?.kind === 'IMAGE'
    ? originalName(keptFormat(contentType.slice('image/'.length)))
    : filmName(contentType),
]
