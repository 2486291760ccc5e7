import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** How a body may be packed for the wire. */
export type Encoding = 'gzip' | 'identity'

const OURS = new URL('../../../public/graphiql/', import.meta.url)
const DEMO = new URL('../../../public/demo/', import.meta.url)
const require = createRequire(import.meta.url)
/** A module that is nothing but `export const name = "…"`, one line each: 9 MB that need not stay in memory as a module. */
const BUNDLE = join(dirname(require.resolve('@graphql-yoga/render-graphiql')), '../esm/graphiql.js')
const SOCKET_CLIENT = join(dirname(require.resolve('graphql-ws/package.json')), 'umd/graphql-ws.min.js')
const VERSION_LENGTH = 12
const PLUGINS = 'plugins:[r],'
const MAX_NAME_LENGTH = 20

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

/** The page's files, by the names they have in the bundle. */
const BUNDLED: Readonly<Record<string, { readonly type: string; readonly name: string }>> = {
  'app.js': { type: SCRIPT, name: 'js' },
  'app.css': { type: STYLE, name: 'css' },
  'editor.worker.js': { type: SCRIPT, name: 'editorWorkerService' },
  'json.worker.js': { type: SCRIPT, name: 'jsonWorker' },
  'graphql.worker.js': { type: SCRIPT, name: 'graphqlWorker' },
}

const OWN_FILES: Readonly<Record<string, { readonly type: string; readonly path: URL }>> = {
  'page.js': { type: SCRIPT, path: new URL('page.js', OURS) },
  'page.css': { type: STYLE, path: new URL('page.css', OURS) },
  'icon.svg': { type: 'image/svg+xml', path: new URL('icon.svg', OURS) },
  'demo.js': { type: SCRIPT, path: new URL('demo.js', DEMO) },
  'demo.css': { type: STYLE, path: new URL('demo.css', DEMO) },
}

const FILES: Readonly<Record<string, { readonly type: string; readonly path: string | URL }>> = {
  ...OWN_FILES,
  'graphql-ws.js': { type: SCRIPT, path: SOCKET_CLIENT },
}

/** What the files are served under: another version of any of them has another address, so that browsers keep them for good. */
export const assetsVersion = (): string =>
  Object.values(OWN_FILES)
    .reduce((hash, { path }) => hash.update(readFileSync(path)), createHash('sha256').update(bundleVersion()))
    .digest('hex')
    .slice(0, VERSION_LENGTH)

const bundleVersion = (): string => readFileSync(join(dirname(BUNDLE), '../package.json'), 'utf8')

/** The sample operations, in the order of their file names. */
export const readSample = (name: string): string => readFileSync(new URL(`operations/${name}.graphql`, OURS), 'utf8')

/** The bundle's constants, by name, all in the one buffer that the file was read into. */
async function readBundle(): Promise<ReadonlyMap<string, Buffer>> {
  const file = await readFile(BUNDLE)
  const constants = Object.values(BUNDLED).map(({ name }) => [name, unescaped(literalIn(file, name))] as const)
  return new Map(constants.map(([name, text]) => [name, name === 'js' ? withHistory(text) : text]))
}

function literalIn(file: Buffer, name: string): Buffer {
  const opening = `export const ${name} = "`
  const start = file.indexOf(opening)
  if (start < 0) throw new Error(`@graphql-yoga/render-graphiql has no ${name}`)
  const lineEnd = file.indexOf('\n', start)
  return file.subarray(start + opening.length, file.lastIndexOf('"', lineEnd))
}

const BACKSLASH = 0x5c
const UNICODE_ESCAPE = 'u'.charCodeAt(0)
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** Undoes JSON's escapes in place: what one stands for is never longer than itself. */
function unescaped(literal: Buffer): Buffer {
  let written = 0
  for (let read = 0; read < literal.length;) {
    const escape = literal.indexOf(BACKSLASH, read)
    const end = escape < 0 ? literal.length : escape
    literal.copyWithin(written, read, end)
    written += end - read
    if (escape < 0) break
    const isUnicode = literal[escape + 1] === UNICODE_ESCAPE
    const after = escape + (isUnicode ? 6 : 2)
    const sign = literal.toString('latin1', escape + 1, after)
    written += literal.write(
      isUnicode ? String.fromCharCode(parseInt(sign.slice(1), 16)) : (ESCAPED[sign] ?? sign),
      written,
    )
    read = after
  }
  return literal.subarray(0, written)
}

/** The page's wrapper of GraphiQL replaces its default plugins, the history, by its own, the explorer; here both are given. */
function withHistory(script: Buffer): Buffer {
  const definition = script.indexOf('={title:"History",icon:')
  const history = /\w+$/.exec(script.toString('latin1', definition - MAX_NAME_LENGTH, definition))?.[0]
  const list = script.indexOf(PLUGINS)
  if (definition < 0 || list < 0 || history === undefined) return script
  return Buffer.concat([
    script.subarray(0, list),
    Buffer.from(`plugins:[${history},r],`),
    script.subarray(list + PLUGINS.length),
  ])
}

interface Packed {
  readonly type: string
  readonly body: Buffer
}

/** The files of the page; packed when one is first asked for, and kept only packed. */
export class GraphiqlAssets {
  #packed: Promise<ReadonlyMap<string, Packed>> | null = null

  /** A file's type and bytes, or null when there is none of that name. */
  async find(name: string, encoding: Encoding): Promise<Packed | null> {
    if (!Object.hasOwn(BUNDLED, name) && !Object.hasOwn(FILES, name)) return null
    // who takes nothing packed is rare: their 9 MB are not kept
    if (encoding === 'identity') return (await readAll()).get(name) ?? null
    this.#packed ??= packAll().catch((error: unknown) => {
      this.#packed = null
      throw error
    })
    return (await this.#packed).get(name) ?? null
  }
}

async function readAll(): Promise<Map<string, Packed>> {
  const constants = await readBundle()
  const files = new Map<string, Packed>()
  for (const [file, { type, name }] of Object.entries(BUNDLED))
    files.set(file, { type, body: constants.get(name) ?? Buffer.alloc(0) })
  for (const [file, { type, path }] of Object.entries(FILES)) files.set(file, { type, body: await readFile(path) })
  return files
}

async function packAll(): Promise<ReadonlyMap<string, Packed>> {
  const files = await readAll()
  for (const [file, { type, body }] of files) files.set(file, { type, body: await promisify(gzip)(body) })
  return files
}
