import { parseGlobalId } from '../../src/lib/ids.js'
import { graphql } from '../support/gql/index.js'
import type { TestServer } from '../support/server.js'
import type { Person } from '../support/world.js'

const MEDIA = graphql(`
  query Media($id: ID!) {
    node(id: $id) {
      ... on MediaAsset {
        id
        kind
        purpose
        state
        failure
        contentType
        sizeBytes
        fileName
        altText
        readyAt
        file {
          kind
          contentType
          sizeBytes
          durationMs
          altText
          url
          urlExpiresAt
          image {
            width
            height
            thumbhash
            altText
            url
            narrow: url(width: 100)
            middle: url(width: 321)
            wide: url(width: 5000)
          }
        }
      }
    }
  }
`)

/** A file as `person` sees it; null when there is none for them. */
export async function readMedia(person: Person, id: string) {
  const { node } = await person.do(MEDIA, { id })
  return node && 'state' in node ? node : null
}

/** The row's key behind an opaque id. */
export const uuidIn = (id: string): string => parseGlobalId(id)?.uuid ?? ''

/** A file's row and those of what was made of it, as they stand in the database. */
export async function rowsOf({ database }: TestServer, id: string) {
  const { rows: assets } = await database.owner.query<Record<string, any>>('select * from media_assets where id = $1', [
    uuidIn(id),
  ])
  const { rows: variants } = await database.owner.query<Record<string, any>>(
    'select * from media_variants where asset_id = $1 order by kind, label',
    [uuidIn(id)],
  )
  return { asset: assets[0], variants }
}

/** Every object that the store has of a file, by the names that there may be. */
export async function objectsOf({ services }: TestServer, folder: string): Promise<string[]> {
  const names = [
    'upload',
    'blurred.webp',
    'poster.webp',
    ...['320', '640', '1280'].map((width) => `w${width}.webp`),
    ...['jpg', 'png', 'gif', 'webp', 'mp4', 'mov', 'webm', 'mp3', 'm4a', 'weba', 'ogg', 'wav', 'flac'].map(
      (extension) => `original.${extension}`,
    ),
  ]
  const sizes = await Promise.all(names.map((name) => services.media.storage.sizeOf(`${folder}/${name}`)))
  return names.filter((_name, index) => sizes[index] !== null).sort()
}

/** An object's bytes, as they are in the store. */
export async function storedBytes({ services }: TestServer, key: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of await services.media.storage.read(key)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** What an address answers; one of the store is followed. */
export async function fetchFrom(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url, { headers })
}

export const bytesFrom = async (url: string): Promise<Buffer> => Buffer.from(await (await fetchFrom(url)).arrayBuffer())
