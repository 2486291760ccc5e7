import { randomBytes } from 'node:crypto'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { Kind, OperationTypeNode } from 'graphql'
import { Secret, TOTP } from 'otpauth'
import { parseGlobalId } from '../../src/lib/ids.js'
import { request, watch } from './client.js'
import type { Answer, Watch } from './client.js'
import type { TestServer } from './server.js'

type Document<Data, Variables> = TypedDocumentNode<Data, Variables> | string
type Vars = Record<string, unknown>

/** Somebody with an account, signed in. */
export interface Person {
  /** The opaque id of the `User`. */
  readonly id: string
  /** The row's key. */
  readonly uuid: string
  readonly username: string
  readonly email: string
  readonly password: string
  /** The access token of the newest session that this person opened here. */
  readonly token: string
  readonly refreshToken: string
  /** The authenticator app's secret in Base32; null without a second factor. */
  readonly totpSecret: string | null
  /** The address that the server sees; one per person, so that nobody uses up another's limits. */
  readonly ip: string
  request<Data = Record<string, any>, Variables = Vars>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<Answer<Data>>
  /** As `request`, but a top-level error or a user error fails the test. */
  do<Data = Record<string, any>, Variables = Vars>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<Data>
  watch<Data = Record<string, any>, Variables extends Vars = Vars>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<Watch<Data>>
  /** Signs in once more, with the second factor where there is one; the person goes on with the new session. */
  signIn(): Promise<void>
  /** This person in another session of their own, as on a second device. */
  elsewhere(): Promise<Person>
  /** Sets up an authenticator app and confirms it; answers the recovery codes. */
  addSecondFactor(): Promise<string[]>
  /** A code of the authenticator app that was not used before. */
  code(): Promise<string>
}

export interface PersonOptions {
  readonly username?: string
  readonly email?: string
  readonly password?: string
  readonly displayName?: string
  /** True unless said otherwise: the address of the mail is confirmed. */
  readonly isEmailVerified?: boolean
}

export interface CreatorOptions extends PersonOptions {
  readonly currency?: string
}

/** Builds people through the public API; whatever they need first is done on the way. */
export interface World {
  readonly server: TestServer
  fan(options?: PersonOptions): Promise<Person>
  creator(options?: CreatorOptions): Promise<Person>
  /** Staff with a confirmed second factor, shown in the session. */
  moderator(options?: PersonOptions): Promise<Person>
  admin(options?: PersonOptions): Promise<Person>
  /** Staff whose session was opened without a second factor: they have none yet. */
  staffWithoutSecondFactor(role?: 'MODERATOR' | 'ADMIN'): Promise<Person>
  /** Somebody suspended by an admin for a day, in the limited session that is left to them. */
  suspended(options?: PersonOptions): Promise<Person>
  /** Nobody: an address without an account. */
  stranger(): Pick<Person, 'ip' | 'request' | 'watch'>
  /** Moves the platform's time away from the real one, by `ms`. */
  setClock(ms: number): Promise<void>
}

export const PASSWORD = 'correct-Horse-7-battery'

/** A world over a server; several may share one. */
export const makeWorld = (server: TestServer): World => {
  let admin: Promise<Person> | undefined
  const fan = (options: PersonOptions = {}): Promise<Person> => makePerson(server, options)
  const makeStaff = async (role: 'MODERATOR' | 'ADMIN', options: PersonOptions = {}): Promise<Person> => {
    const person = await makePerson(server, options)
    await setRole(server, person, role)
    await person.addSecondFactor()
    return person
  }
  return {
    server,
    fan,
    creator: async ({ currency = 'EUR', ...options } = {}) => {
      const person = await fan(options)
      await person.do(
        `mutation ($input: BecomeCreatorInput!) { becomeCreator(input: $input) { userErrors { code message } } }`,
        { input: { currency } },
      )
      return person
    },
    moderator: (options) => makeStaff('MODERATOR', options),
    admin: (options) => makeStaff('ADMIN', options),
    staffWithoutSecondFactor: async (role = 'MODERATOR') => {
      const person = await fan()
      await setRole(server, person, role)
      return person
    },
    suspended: async (options) => {
      const person = await fan(options)
      const suspendedUntil = new Date((await server.now()).getTime() + 86_400_000).toISOString()
      const staff = await (admin ??= makeStaff('ADMIN'))
      await staff.do(SET_STATUS, {
        input: { userId: person.id, status: 'SUSPENDED', reason: 'For a day.', suspendedUntil },
      })
      await person.signIn()
      return person
    },
    stranger: () => new Someone(server, unnamed()),
    setClock: (ms) => server.database.setClock(ms),
  }
}

const SOON_MS = 300_000

/** Signs somebody in again whose access token ends within minutes: a long proof outlasts it. */
export async function staySignedIn(server: TestServer, person: Person): Promise<void> {
  const claims = JSON.parse(Buffer.from(person.token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }
  if (claims.exp * 1_000 - (await server.now()).getTime() < SOON_MS) await person.signIn()
}

/** The first member of staff of an installation is made by its owner; so are those of the tests. */
async function setRole({ database }: TestServer, { uuid }: Person, role: 'MODERATOR' | 'ADMIN'): Promise<void> {
  await database.owner.query(`update users set account_type = $2::account_type where id = $1`, [
    uuid,
    role.toLowerCase(),
  ])
}

const SESSION = `accessToken refreshToken viewer { user { id } } challenge { token } userErrors { code message path }`
const REGISTER = `mutation ($input: RegisterInput!) { register(input: $input) { ${SESSION} } }`
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { ${SESSION} } }`
const VERIFY_EMAIL = `mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { isVerified userErrors { code } } }`
const START_TOTP = `mutation { startTotp(input: {}) { secret userErrors { code message } } }`
const SET_STATUS = `mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code message } } }`
const CONFIRM_TOTP = `mutation ($input: ConfirmTotpInput!) { confirmTotp(input: $input) { recoveryCodes userErrors { code message } } }`

interface SessionData {
  accessToken: string | null
  refreshToken: string | null
  viewer: { user: { id: string } } | null
  challenge: { token: string } | null
  userErrors: { code: string; message: string }[]
}

const isMutation = (document: Document<unknown, never>): boolean =>
  typeof document === 'string'
    ? /(^|\s|\})mutation\b/.test(document)
    : document.definitions.some(
        (part) => part.kind === Kind.OPERATION_DEFINITION && part.operation === OperationTypeNode.MUTATION,
      )

let made = 0
const nextAddress = (): string => {
  made += 1
  return `10.${String((process.pid >> 4) & 255)}.${String((made >> 8) & 255)}.${String(made & 255)}`
}
const unnamed = () => ({ username: '', email: '', password: '', ip: nextAddress() })

async function makePerson(server: TestServer, options: PersonOptions): Promise<Person> {
  const suffix = randomBytes(5).toString('hex')
  const username = options.username ?? `someone.${suffix}`
  const email = options.email ?? `${username}@example.org`
  const password = options.password ?? PASSWORD
  const person = new Someone(server, { username, email, password, ip: nextAddress() })
  await person.register(options.displayName)
  if (options.isEmailVerified ?? true) {
    await server.drain()
    const token = (await server.mails.newestTo(email)).token
    await person.do(VERIFY_EMAIL, { input: { token } })
  }
  return person
}

class Someone implements Person {
  id = ''
  uuid = ''
  token = ''
  refreshToken = ''
  totpSecret: string | null = null
  username: string
  readonly email: string
  readonly password: string
  readonly ip: string
  readonly #server: TestServer
  #lastStep = 0

  constructor(server: TestServer, who: { username: string; email: string; password: string; ip: string }) {
    this.#server = server
    this.username = who.username
    this.email = who.email
    this.password = who.password
    this.ip = who.ip
  }

  request<Data = Record<string, any>, Variables = Vars>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<Answer<Data>> {
    return request(isMutation(document) ? this.#server.url : this.#server.readUrl, document, variables, {
      'x-forwarded-for': this.ip,
      ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
    })
  }

  async do<Data = Record<string, any>, Variables = Vars>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<Data> {
    const { data, errors } = await this.request(document, variables)
    const userErrors = Object.values((data ?? {}) as Record<string, { userErrors?: unknown[] } | null>).flatMap(
      (payload) => payload?.userErrors ?? [],
    )
    if (!data || errors.length > 0 || userErrors.length > 0)
      throw new Error(`refused: ${JSON.stringify({ errors, userErrors })}`)
    return data
  }

  watch<Data, Variables extends Vars>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<Watch<Data>> {
    return watch(this.#server.readUrl, document, {
      ...(variables ? { variables } : {}),
      ...(this.token ? { token: this.token } : {}),
    })
  }

  async register(displayName?: string): Promise<void> {
    const { username, email, password } = this
    const input = { username, email, password, ...(displayName ? { displayName } : {}) }
    const { register } = await this.do<{ register: SessionData }>(REGISTER, { input })
    this.#take(register)
  }

  async signIn(): Promise<void> {
    this.token = ''
    const { email, password } = this
    const { login } = await this.do<{ login: SessionData }>(LOGIN, { input: { email, password } })
    if (!login.challenge) {
      this.#take(login)
      return
    }
    const input = { challengeToken: login.challenge.token, code: await this.code() }
    this.#take((await this.do<{ login: SessionData }>(LOGIN, { input })).login)
  }

  async elsewhere(): Promise<Person> {
    const { username, email, password } = this
    const other = new Someone(this.#server, { username, email, password, ip: nextAddress() })
    other.totpSecret = this.totpSecret
    other.#lastStep = this.#lastStep
    await other.signIn()
    this.#lastStep = other.#lastStep
    return other
  }

  async addSecondFactor(): Promise<string[]> {
    const { startTotp } = await this.do<{ startTotp: { secret: string } }>(START_TOTP)
    this.totpSecret = startTotp.secret
    const { confirmTotp } = await this.do<{ confirmTotp: { recoveryCodes: string[] } }>(CONFIRM_TOTP, {
      input: { code: await this.code() },
    })
    return confirmTotp.recoveryCodes
  }

  /** A code counts for its step of 30 s and one either side; each step's once, and never one before the last. */
  async code(): Promise<string> {
    if (!this.totpSecret) throw new Error(`${this.username} has no authenticator app`)
    const seconds = (await this.#server.now()).getTime() / 1_000
    const now = Math.floor(seconds / 30)
    // the step before counts too, unless this one is about to end: the answer may come after it has
    const earliest = seconds % 30 < 15 ? now - 1 : now
    const step = Math.max(earliest, this.#lastStep + 1)
    if (step > now + 1) throw new Error('three codes in half a minute: move the clock by 30 s')
    this.#lastStep = step
    return new TOTP({ secret: Secret.fromBase32(this.totpSecret) }).generate({ timestamp: step * 30_000 })
  }

  #take({ accessToken, refreshToken, viewer }: SessionData): void {
    if (!accessToken || !refreshToken || !viewer) throw new Error('no session was opened')
    this.token = accessToken
    this.refreshToken = refreshToken
    this.id = viewer.user.id
    this.uuid = parseGlobalId(this.id)?.uuid ?? ''
  }
}
