import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { S3Config } from '../env.js'
import { SECOND_MS } from '../lib/clock.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import { STORE_URL_SECONDS } from './limits.js'
import type { ExpectedUpload, MediaStorage, UploadTarget } from './storage.js'

const CONNECT_TIMEOUT_MS = 3 * SECOND_MS
const MAX_ATTEMPTS = 3
const MAX_SOCKETS = 50
const CHECKSUM = 'x-amz-checksum-sha256'

/** Objects in a bucket of an S3-compatible store; copies to work on are in `workFolder`. */
export function makeS3Store(config: S3Config, workFolder: string): MediaStorage {
  const { bucket } = config
  const client = openClient(config, config.endpoint)
  // what a browser is sent to has the address that browsers know, and that is part of what is signed
  const outside = openClient(config, config.publicEndpoint ?? config.endpoint)
  const read = async (key: string, firstBytes?: number): Promise<Readable> => {
    const range = firstBytes === undefined ? {} : { Range: `bytes=0-${String(firstBytes - 1)}` }
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...range }))
    if (!(Body instanceof Readable)) throw new Error('the store answered without a body')
    return Body
  }
  return {
    targetOf: (upload) => targetOf(outside, bucket, upload),
    delivery: {
      kind: 'redirect',
      urlOf: (key, { contentType, disposition }, method) => {
        const Command = method === 'HEAD' ? HeadObjectCommand : GetObjectCommand
        const command = new Command({
          Bucket: bucket,
          Key: key,
          ResponseContentType: contentType,
          ResponseContentDisposition: disposition,
          ResponseCacheControl: 'private, no-cache',
        })
        return getSignedUrl(outside, command, { expiresIn: STORE_URL_SECONDS })
      },
    },
    sizeOf: async (key) => {
      const head = await unlessMissing(client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })))
      return head?.ContentLength ?? null
    },
    read: (key, { firstBytes } = {}) => read(key, firstBytes),
    write: async (key, body, contentType) => {
      const [Body, ContentLength] = body instanceof Uint8Array ? [body, body.byteLength] : [body.open(), body.sizeBytes]
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, ContentType: contentType, Body, ContentLength }),
      )
    },
    remove: async (key) => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    },
    withFile: async (key, work) => {
      const path = join(workFolder, randomUUID())
      await mkdir(workFolder, { recursive: true, mode: 0o700 })
      try {
        await pipeline(await read(key), createWriteStream(path, { mode: 0o600 }))
        return await work(path)
      } finally {
        await rm(path, { force: true })
      }
    },
  }
}

const openClient = (config: S3Config, endpoint: string | null): S3Client => {
  const { region, accessKeyId, secretAccessKey, usesPathStyle } = config
  const options: S3ClientConfig = {
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: usesPathStyle,
    maxAttempts: MAX_ATTEMPTS,
    // checksums of the kind that not every store knows are sent and looked for only where they are asked for
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: TIMEOUTS.requestMs,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  }
  return new S3Client(endpoint === null ? options : { ...options, endpoint })
}

/** The signature covers length and type, and the checksum where one was declared: with others it is refused by the store. */
async function targetOf(client: S3Client, bucket: string, upload: ExpectedUpload): Promise<UploadTarget> {
  const { key, contentType, sizeBytes, sha256, expiresAt, secondsLeft } = upload
  const checksum = sha256 && Buffer.from(sha256).toString('base64')
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentType: contentType,
    ContentLength: sizeBytes,
    ...(checksum !== null && { ChecksumSHA256: checksum }),
  })
  const url = await getSignedUrl(client, command, {
    expiresIn: secondsLeft,
    signableHeaders: new Set(['host', 'content-type', 'content-length']),
    unhoistableHeaders: new Set([CHECKSUM]),
  })
  const headers = [{ name: 'content-type', value: contentType }]
  if (checksum !== null) headers.push({ name: CHECKSUM, value: checksum })
  return { url, method: 'PUT', headers, expiresAt }
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  '$metadata' in error &&
  (error.$metadata as { httpStatusCode?: number }).httpStatusCode === 404
