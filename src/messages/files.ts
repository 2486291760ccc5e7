import { fileOf, hintOf } from '../media/media.js'
import type { GateRef, MediaFileRow, MediaImageRow, MediaRow } from '../media/types.js'
import type { MessageMediaRow } from './message-queries.js'

/** The loaders that find the files of a message. */
export interface FileLoaders {
  readonly messageMedia: { load(messageId: string): Promise<MessageMediaRow[]> }
  readonly media: { load(mediaId: string): Promise<MediaRow | null> }
}

/** The files of an open message, each behind `gate`. */
export const filesOf = async (messageId: string, gate: GateRef, loaders: FileLoaders): Promise<MediaFileRow[]> =>
  present((await assetsOf(messageId, loaders)).map(({ asset }) => fileOf(asset, gate)))

/** The files that are seen before paying. */
export const teaserFilesOf = async (messageId: string, loaders: FileLoaders): Promise<MediaFileRow[]> =>
  present(
    (await assetsOf(messageId, loaders))
      .filter(({ isTeaser }) => isTeaser)
      .map(({ asset }) => fileOf(asset, { kind: 'message_teaser', messageId })),
  )

/** Hints of the pictures of a message that is locked. */
export const hintsOf = async (messageId: string, loaders: FileLoaders): Promise<MediaImageRow[]> =>
  present((await assetsOf(messageId, loaders)).map(({ asset }) => hintOf(asset, { kind: 'message_teaser', messageId })))

async function assetsOf(
  messageId: string,
  loaders: FileLoaders,
): Promise<{ readonly asset: MediaRow; readonly isTeaser: boolean }[]> {
  const places = await loaders.messageMedia.load(messageId)
  const assets = await Promise.all(places.map(({ mediaId }) => loaders.media.load(mediaId)))
  return places.flatMap(({ isTeaser }, index) => {
    const asset = assets[index]
    return asset ? [{ asset, isTeaser }] : []
  })
}

const present = <T>(rows: readonly (T | null)[]): T[] => rows.filter((row) => row !== null)
