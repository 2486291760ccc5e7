import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { VARIABLES, readConfig } from '../../src/env.js'

const ROOT = join(import.meta.dirname, '../..')
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8')

/** As much of the compose specification as the file may use; anything else in it is a mistake. */
const Healthcheck = z.strictObject({
  test: z.array(z.string()).min(2),
  interval: z.string().regex(/^\d+s$/),
  timeout: z.string().regex(/^\d+s$/),
  start_period: z.string().optional(),
  retries: z.number().int().positive(),
})
const Service = z.strictObject({
  build: z.string().optional(),
  image: z.string(),
  restart: z.literal('unless-stopped'),
  init: z.boolean().optional(),
  stop_grace_period: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).optional(),
  volumes: z.array(z.string().regex(/^[a-z]+:\/[\w/]+$/)).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  healthcheck: Healthcheck,
})
const Compose = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.null()),
})

const { services, volumes } = Compose.parse(parse(read('docker-compose.yml')))
const all = Object.entries(services)
const api = services['api']
const dataDir = mkdtempSync(join(tmpdir(), 'compose-'))
afterAll(() => {
  rmSync(dataDir, { recursive: true })
})

describe('docker-compose.yml', () => {
  it('has the server, PostgreSQL 18, Valkey, an S3-compatible store, a mail catcher and a media server', () => {
    expect(Object.keys(services).sort()).toEqual(['api', 'mail', 'media-server', 'media-store', 'postgres', 'valkey'])
    expect(services['postgres']?.image).toMatch(/^postgres:18(\.|$)/)
  })

  it('gives the server only variables that it knows, with values that it accepts', () => {
    const environment = api?.environment ?? {}
    for (const name of Object.keys(environment)) expect(VARIABLES).toContain(name)
    const config = readConfig({ ...environment, DATA_DIR: dataDir })
    expect(config).toMatchObject({
      mode: 'development',
      isDemo: true,
      smtpUrl: 'smtp://mail:1025',
      redisUrl: 'redis://valkey:6379',
    })
  })

  it('points the server at services of the file, with the names and passwords that they have', () => {
    const config = readConfig({ ...api?.environment, DATA_DIR: dataDir })
    const database = new URL(config.databaseUrl ?? '')
    expect({ user: database.username, password: database.password, name: database.pathname.slice(1) }).toEqual({
      user: services['postgres']?.environment?.['POSTGRES_USER'],
      password: services['postgres']?.environment?.['POSTGRES_PASSWORD'],
      name: services['postgres']?.environment?.['POSTGRES_DB'],
    })
    const store = services['media-store']
    expect(config.s3).toMatchObject({
      accessKeyId: store?.environment?.['AWS_ACCESS_KEY_ID'],
      secretAccessKey: store?.environment?.['AWS_SECRET_ACCESS_KEY'],
    })
    expect(store?.command).toContain(`-bucket=${config.s3?.bucket ?? ''}`)
    // a browser is not inside: it reaches the store at the port that is published
    const published = store?.ports?.map((port) => port.split(':')[1])
    expect(published).toContain(new URL(config.s3?.publicEndpoint ?? '').port)
    for (const url of [config.databaseUrl, config.redisUrl, config.smtpUrl, config.s3?.endpoint])
      expect(Object.keys(services)).toContain(new URL(url ?? '').hostname)
  })

  it('publishes every port once, on loopback', () => {
    const published = all.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]))
    expect(new Set(published).size).toBe(published.length)
    expect(api?.ports).toEqual([`127.0.0.1:4000:${api?.environment?.['PORT'] ?? ''}`])
  })

  it('declares every volume that is used, and uses every one declared', () => {
    const used = all.flatMap(([, service]) => (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? ''))
    expect([...new Set(used)].sort()).toEqual(Object.keys(volumes).sort())
  })

  it('names the version of every image, and waits for what is healthy', () => {
    for (const [name, { image, build }] of all) if (build === undefined) expect(image, name).toMatch(/:v?\d/)
    for (const name of Object.keys(api?.depends_on ?? {})) expect(services[name]?.healthcheck).toBeDefined()
  })

  it('leaves the server longer to stop than it takes to drain', () => {
    expect(Number.parseInt(api?.stop_grace_period ?? '', 10)).toBeGreaterThan(15)
  })
})

describe('Dockerfile', () => {
  const text = read('Dockerfile').replace(/\\\n/g, '')
  const instructions = text.split('\n').filter((line) => /^[A-Z]+ /.test(line))
  const lastStage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')))
  const sources = lastStage
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(' ').slice(1, -1))

  it('builds in stages, and ends in one that is not root and has a health check', () => {
    expect(instructions.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' AS ')[1])).toEqual([
      'build',
      'dependencies',
      'server',
    ])
    expect(lastStage).toContain('USER node')
    expect(lastStage.findIndex((line) => line === 'USER node')).toBeLessThan(
      lastStage.findIndex((line) => line.startsWith('CMD ')),
    )
    expect(lastStage.join('\n')).toMatch(/HEALTHCHECK .*\/health\/ready/)
  })

  it('starts node itself, so that signals reach it', () => {
    expect(lastStage.at(-1)).toBe('CMD ["node", "--enable-source-maps", "dist/main.js"]')
  })

  it('takes along what the server reads, and only what exists and is not ignored', () => {
    const ignored = read('.dockerignore').split('\n').filter(Boolean)
    expect(sources).toEqual(expect.arrayContaining(['package.json', 'graphql', 'prisma', 'public']))
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).toBe(true)
      expect(ignored).not.toContain(source)
    }
  })

  it('keeps secrets and local data out of the image', () => {
    const ignored = read('.dockerignore').split('\n')
    for (const path of ['.env', '.env.*', '.data', '.git', 'node_modules']) expect(ignored).toContain(path)
  })

  it('sets only variables that the server knows', () => {
    const [, settings = ''] = /^ENV (.*)$/m.exec(text) ?? []
    for (const setting of settings.split(' ')) expect(VARIABLES).toContain(setting.split('=')[0])
  })
})
