import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import type { S3Config } from '../../src/env.js'
import { startServer } from '../support/server.js'
import type { ServerOptions, TestServer } from '../support/server.js'

/** What files are kept in: a folder that the server serves, or a bucket of a store that speaks S3. */
export const STORES = ['files', 's3'] as const
export type Store = (typeof STORES)[number]

/** A store that checks signatures, as Amazon's does, on a port of its own. */
async function startBucket(): Promise<{ s3: S3Config; close: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'media-bucket-'))
  const bucket = 'media'
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  })
  const { port } = await server.run()
  const s3 = {
    endpoint: `http://127.0.0.1:${String(port)}`,
    publicEndpoint: null,
    region: 'us-east-1',
    bucket,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    usesPathStyle: true,
  }
  const close = async (): Promise<void> => {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  }
  return { s3, close }
}

/** A server over a store of the kind; `close` ends both. */
export async function startWith(store: Store, options: ServerOptions = {}): Promise<TestServer> {
  if (store === 'files') return await startServer(options)
  const bucket = await startBucket()
  const server = await startServer({ ...options, config: { ...options.config, s3: bucket.s3 } })
  const close = async (): Promise<void> => {
    await server.close()
    await bucket.close()
  }
  return { ...server, close }
}
