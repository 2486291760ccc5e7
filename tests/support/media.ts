import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import type { MediaKind, MediaPurpose } from './gql/graphql.js'
import { graphql } from './gql/index.js'
import type { TestServer } from './server.js'
import type { Person } from './world.js'

export interface PictureOptions {
  readonly width?: number
  readonly height?: number
  readonly format?: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif'
}

/** A picture of random colours, no two alike. */
export async function makePicture({ width = 64, height = 48, format = 'png' }: PictureOptions = {}): Promise<Buffer> {
  const raw = { width: 8, height: 8, channels: 3 } as const
  return await sharp(randomBytes(8 * 8 * 3), { raw })
    .resize({ width, height, fit: 'fill' })
    .toFormat(format)
    .toBuffer()
}

const REQUEST_UPLOAD = graphql(`
  mutation RequestUpload($input: RequestMediaUploadInput!) {
    requestMediaUpload(input: $input) {
      media {
        id
        state
      }
      upload {
        url
        method
        expiresAt
        headers {
          name
          value
        }
      }
      replayed
      userErrors {
        code
        message
        path
      }
    }
  }
`)

const COMPLETE_UPLOAD = graphql(`
  mutation CompleteUpload($input: CompleteMediaUploadInput!) {
    completeMediaUpload(input: $input) {
      media {
        id
        state
        failure
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`)

/** What is said of a file before it is sent. */
export interface UploadOptions {
  readonly kind?: MediaKind
  readonly purpose?: MediaPurpose
  readonly contentType?: string
  /** As many as there are, unless said otherwise. */
  readonly sizeBytes?: number
  readonly sha256?: string
  readonly fileName?: string
  readonly altText?: string
  readonly idempotencyKey?: string
}

/** Where a file is to be sent. */
export interface Target {
  readonly url: string
  readonly method: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** Asks for an upload; the answer as it comes. */
export const requestUpload = (person: Person, bytes: Buffer, options: UploadOptions = {}) =>
  person.request(REQUEST_UPLOAD, {
    input: {
      kind: 'IMAGE',
      purpose: 'AVATAR',
      contentType: 'image/png',
      ...options,
      sizeBytes: String(options.sizeBytes ?? bytes.length),
    },
  })

/** Sends bytes to a target as a front end would; `headers` are other than the target's where they are given. */
export const send = (target: Target, bytes: Buffer, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(target.url, {
    method: target.method,
    headers: { ...Object.fromEntries(target.headers.map(({ name, value }) => [name, value])), ...headers },
    body: new Uint8Array(bytes),
  })

/** Says that a file was sent; the answer as it comes. */
export const completeUpload = (person: Person, mediaId: string) =>
  person.request(COMPLETE_UPLOAD, { input: { mediaId } })

/** Asks for an upload and sends it; answers the file's opaque id. */
export async function sendUpload(person: Person, bytes: Buffer, options: UploadOptions = {}): Promise<string> {
  const { data, errors } = await requestUpload(person, bytes, options)
  const { media, upload, userErrors } = data?.requestMediaUpload ?? {}
  if (!media || !upload) throw new Error(`no upload: ${JSON.stringify({ errors, userErrors })}`)
  const answer = await send(upload, bytes)
  if (answer.status !== 200) throw new Error(`not taken: ${String(answer.status)} ${await answer.text()}`)
  return media.id
}

/** Uploads a file through the API, and has it prepared; answers the opaque id of a file that is ready. */
export async function uploadMedia(
  server: TestServer,
  person: Person,
  bytes: Buffer,
  options: UploadOptions = {},
): Promise<string> {
  const id = await sendUpload(person, bytes, options)
  const { data } = await completeUpload(person, id)
  if (data?.completeMediaUpload.media?.state !== 'UPLOADED') throw new Error(`refused: ${JSON.stringify(data)}`)
  await server.drain()
  return id
}
