import { fileOf, hintOf } from '../media/media.js'
import type { GateRef, MediaFileRow, MediaImageRow, MediaRow } from '../media/types.js'
import type { ContentMediaRow } from './media-queries.js'

/** The loaders that find the files of a post. */
export interface FileLoaders {
  readonly contentMedia: { load(contentId: string): Promise<ContentMediaRow[]> }
  readonly media: { load(mediaId: string): Promise<MediaRow | null> }
}

/** The files of an open body, each behind `gate`. */
export const filesOf = async (contentId: string, gate: GateRef, loaders: FileLoaders): Promise<MediaFileRow[]> =>
  present((await assetsOf(contentId, loaders)).map(({ asset }) => fileOf(asset, gate)))

/** The files that everybody may see who may know of the post. */
export const teaserFilesOf = async (contentId: string, loaders: FileLoaders): Promise<MediaFileRow[]> =>
  present(
    (await assetsOf(contentId, loaders))
      .filter(({ isTeaser }) => isTeaser)
      .map(({ asset }) => fileOf(asset, { kind: 'teaser', contentId })),
  )

/** Hints of the pictures of a body that is locked. */
export const hintsOf = async (contentId: string, loaders: FileLoaders): Promise<MediaImageRow[]> =>
  present((await assetsOf(contentId, loaders)).map(({ asset }) => hintOf(asset, { kind: 'teaser', contentId })))

/** The files of a post as their owner has them, those that are not ready as well. */
export async function assetsOf(
  contentId: string,
  loaders: FileLoaders,
): Promise<{ readonly asset: MediaRow; readonly isTeaser: boolean }[]> {
  const places = await loaders.contentMedia.load(contentId)
  const assets = await Promise.all(places.map(({ mediaId }) => loaders.media.load(mediaId)))
  return places.flatMap(({ isTeaser }, index) => {
    const asset = assets[index]
    return asset ? [{ asset, isTeaser }] : []
  })
}

const present = <T>(rows: readonly (T | null)[]): T[] => rows.filter((row) => row !== null)
