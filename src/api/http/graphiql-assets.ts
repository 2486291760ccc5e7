import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** How a body may be packed for the wire. */
export type Encoding = 'br' | 'gzip' | 'identity'

const OURS = new URL('../../../public/graphiql/', import.meta.url)
const require = createRequire(import.meta.url)
/** A module that is nothing but `export const name = "…"`, one line each: 9 MB that need not stay in memory as a module. */
const BUNDLE = join(dirname(require.resolve('@graphql-yoga/render-graphiql')), '../esm/graphiql.js')
const SOCKET_CLIENT = join(dirname(require.resolve('graphql-ws/package.json')), 'umd/graphql-ws.min.js')
const VERSION_LENGTH = 12
/** A seventh more bytes than the best quality, in a sixtieth of its time. */
const BROTLI_QUALITY = 5

interface Asset {
  readonly type: string
  readonly read: () => Promise<Buffer>
}

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'
const ours =
  (name: string): (() => Promise<Buffer>) =>
  () =>
    readFile(new URL(name, OURS))

const ASSETS: Readonly<Record<string, Asset>> = {
  'app.js': { type: SCRIPT, read: async () => withHistory(await fromBundle('js')) },
  'app.css': { type: STYLE, read: () => fromBundle('css') },
  'editor.worker.js': { type: SCRIPT, read: () => fromBundle('editorWorkerService') },
  'json.worker.js': { type: SCRIPT, read: () => fromBundle('jsonWorker') },
  'graphql.worker.js': { type: SCRIPT, read: () => fromBundle('graphqlWorker') },
  'graphql-ws.js': { type: SCRIPT, read: () => readFile(SOCKET_CLIENT) },
  'page.js': { type: SCRIPT, read: ours('page.js') },
  'page.css': { type: STYLE, read: ours('page.css') },
  'icon.svg': { type: 'image/svg+xml', read: ours('icon.svg') },
}

/** What the files are served under: another version of any of them has another address, so that browsers keep them for good. */
export const assetsVersion = (): string =>
  ['page.js', 'page.css', 'icon.svg']
    .reduce(
      (hash, name) => hash.update(readFileSync(new URL(name, OURS))),
      createHash('sha256').update(bundleVersion()),
    )
    .digest('hex')
    .slice(0, VERSION_LENGTH)

const bundleVersion = (): string => readFileSync(join(dirname(BUNDLE), '../package.json'), 'utf8')

/** The sample operations, in the order of their file names. */
export const readSample = (name: string): string => readFileSync(new URL(`operations/${name}.graphql`, OURS), 'utf8')

async function fromBundle(name: string): Promise<Buffer> {
  const start = `export const ${name} = `
  const line = (await readFile(BUNDLE, 'utf8')).split('\n').find((text) => text.startsWith(start))
  if (!line) throw new Error(`@graphql-yoga/render-graphiql has no ${name}`)
  return Buffer.from(JSON.parse(line.slice(start.length).replace(/;\s*$/, '')) as string)
}

/** The page's wrapper of GraphiQL replaces its default plugins, the history, by its own, the explorer; here both are given. */
function withHistory(script: Buffer): Buffer {
  const text = script.toString('utf8')
  const history = /const (\w+)=\{title:"History",icon:/.exec(text)?.[1]
  return history ? Buffer.from(text.replace('plugins:[r],', `plugins:[${history},r],`)) : script
}

const pack: Readonly<Record<Encoding, (bytes: Buffer) => Promise<Buffer>>> = {
  identity: (bytes) => Promise.resolve(bytes),
  gzip: promisify(gzip) as (bytes: Buffer) => Promise<Buffer>,
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
}

/** The files of the page; each is packed when first asked for, and kept only packed. */
export class GraphiqlAssets {
  readonly #packed = new Map<string, Promise<Buffer>>()

  /** A file's type and bytes, or null when there is none of that name. */
  async find(name: string, encoding: Encoding): Promise<{ readonly type: string; readonly body: Buffer } | null> {
    const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined
    if (!asset) return null
    if (encoding === 'identity') return { type: asset.type, body: await asset.read() }
    const key = `${encoding}:${name}`
    const body = this.#packed.get(key) ?? asset.read().then(pack[encoding])
    this.#packed.set(key, body)
    body.catch(() => this.#packed.delete(key))
    return { type: asset.type, body: await body }
  }
}
