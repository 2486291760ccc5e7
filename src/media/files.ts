import type { GateRef, MediaFileRow, MediaImageRow, MediaRow, MediaVariant } from './types.js'

type Picture = MediaImageRow['sizes'][number]

/** A file as it is shown to whoever passes `gate`; null until it is ready. The resolvers of `MediaFile` answer the rest. */
export const fileOf = (media: MediaRow, gate: GateRef): MediaFileRow | null =>
  media.state === 'READY' ? { media, gate } : null

/** The picture that a file is, or that its film begins with; null where there is none, or none yet. */
export const imageOf = (media: MediaRow, gate: GateRef): MediaImageRow | null =>
  pictureOf(media, gate, (variant) => variant.kind !== 'BLURRED')

/** A hint of a picture that tells nothing of what is on it, for those who may not see it. */
export const hintOf = (media: MediaRow, gate: GateRef): MediaImageRow | null => {
  const hint = pictureOf(media, gate, (variant) => variant.kind === 'BLURRED')
  return hint && { ...hint, media: { ...media, altText: null } }
}

function pictureOf(media: MediaRow, gate: GateRef, isMeant: (variant: MediaVariant) => boolean): MediaImageRow | null {
  if (media.state !== 'READY') return null
  const sizes = media.variants.filter((variant): variant is Picture => isMeant(variant) && isPicture(variant))
  if (sizes.length === 0) return null
  return { media, gate, sizes: [...sizes].sort(byWidth) }
}

/** Of two as wide, the one that was made to be small first. */
const byWidth = (one: Picture, other: Picture): number =>
  one.width - other.width || Number(one.kind === 'RENDITION') - Number(other.kind === 'RENDITION')

const isPicture = ({ contentType, width, height }: MediaVariant): boolean =>
  contentType.startsWith('image/') && width !== null && height !== null

/** The bytes that stand for the whole file. */
export const originalOf = ({ variants }: MediaRow): MediaVariant | null =>
  variants.find(({ kind, label }) => kind === 'RENDITION' && label === 'original') ?? null

/** The narrowest picture that is at least as wide as asked, or else as wide as there is; the file's own where nothing was asked. */
export function sizeFor({ sizes }: MediaImageRow, width: number | null): Picture | null {
  const widest = sizes.at(-1) ?? null
  if (width === null || !widest) return widest
  return sizes.find((size) => size.width >= Math.min(width, widest.width)) ?? widest
}
