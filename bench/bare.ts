// The limit that the API is measured against: the same two statements on the same pool, behind bare node:http. It does not
// check signatures, limits or rules, and writes the answer by hand.
import { createServer } from 'node:http'
import { findProfilePage } from '../src/accounts/queries.js'
import type { ProfilePage } from '../src/accounts/queries.js'
import { yearsSince } from '../src/accounts/profile-view.js'
import { isAgeVerifiedAt } from '../src/accounts/standing.js'
import { openField, openKeyring, verifyKeys } from '../src/keys/keys.js'
import { readConfig } from '../src/env.js'
import { openDatabase } from '../src/lib/db.js'
import type { Db } from '../src/lib/db.js'
import { globalId } from '../src/lib/ids.js'
import { metrics } from '../src/lib/metrics.js'
import { formatMoney } from '../src/lib/money.js'
import { findLiveSession } from '../src/sessions/queries.js'

const config = readConfig()
openKeyring(config.masterKeys)
const { db } = openDatabase(config.databaseAppUrl ?? '', { poolSize: config.databasePoolSize })
await verifyKeys(db)

/** `Authorization: <session id>`, `GET /<username>`. */
async function answer(sessionId: string, username: string): Promise<string> {
  const { now, row } = await findLiveSession(db, sessionId)
  const page = await findProfilePage(db, username, row?.userId ?? null, now)
  return JSON.stringify({ data: { user: page && (await toUser(page, now)) } })
}

async function toUser({ user, profile, relation }: ProfilePage, now: Date) {
  const sees = (audience: string): boolean =>
    audience === 'PUBLIC' ||
    (audience === 'FOLLOWERS' && relation.follows) ||
    (relation.subscribes && audience !== 'SELF')
  const { subscriptionPriceMinor: amountMinor, currency } = user
  return {
    id: globalId('User', user.id),
    username: user.username,
    displayName: user.displayName,
    accountType: user.accountType,
    isDeleted: user.accountStatus === 'DELETED',
    isAgeVerified: isAgeVerifiedAt(user, now),
    subscriptionPrice:
      amountMinor === null || currency === null
        ? null
        : { amountMinor: String(amountMinor), currency, formatted: formatMoney({ amountMinor, currency }) },
    createdAt: user.createdAt,
    viewerIsSelf: false,
    viewerCanSetStatus: { isAllowed: false, reason: 'ROLE_REQUIRED' },
    profile: {
      bio: profile.bio,
      website: profile.website,
      socialLinks: sees(profile.socialLinksAudience) ? profile.socialLinks : [],
      categories: profile.categories,
      characteristics: sees(profile.characteristicsAudience)
        ? await opened(db, profile, 'characteristics', (text) => JSON.parse(text) as unknown)
        : null,
      location: sees(profile.locationAudience)
        ? { countryCode: profile.countryCode, region: profile.region, city: await opened(db, profile, 'city', String) }
        : null,
      age: sees(profile.birthDateAudience)
        ? await opened(db, profile, 'birthDate', (date) => yearsSince(date, now))
        : null,
      version: profile.revision,
      updatedAt: profile.createdAt,
    },
  }
}

const COLUMNS = { characteristics: 'characteristics', city: 'city', birthDate: 'birth_date' } as const

async function opened<T>(
  from: Db,
  profile: ProfilePage['profile'],
  field: keyof typeof COLUMNS,
  read: (text: string) => T,
): Promise<T | null> {
  const bytes = profile[field]
  if (!bytes) return null
  const ref = { table: 'user_profiles', column: COLUMNS[field], userId: profile.userId, rowId: profile.id } as const
  return read(await openField(from, ref, bytes))
}

const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    void metrics.metrics().then((text) => response.end(text))
    return
  }
  void answer(request.headers.authorization ?? '', (request.url ?? '/').slice(1)).then(
    (body) => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body)
    },
    (error: unknown) => {
      response.writeHead(500).end(String(error))
    },
  )
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`ready http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}\n`)
})
process.on('SIGTERM', () => process.exit(0))
