import { findProfilePage } from '../../src/accounts/queries.js'
import type { ProfilePage } from '../../src/accounts/queries.js'
import { yearsSince } from '../../src/accounts/profile-view.js'
import { isAgeVerifiedAt } from '../../src/accounts/accounts.js'
import { openField } from '../../src/keys/keys.js'
import type { Db } from '../../src/lib/db.js'
import { globalId } from '../../src/lib/ids.js'
import { formatMoney } from '../../src/lib/money.js'
import type { BenchPage } from './page.js'

/** A front end's page of one creator, as a signed-in person sees it. */
const DOCUMENT = /* GraphQL */ `
  query ProfilePage($username: String!) {
    user(username: $username) {
      id
      username
      displayName
      accountType
      isDeleted
      isAgeVerified
      subscriptionPrice {
        amountMinor
        currency
        formatted
      }
      createdAt
      viewerIsSelf
      viewerCanSetStatus {
        isAllowed
        reason
      }
      profile {
        bio
        website
        socialLinks {
          platform
          url
        }
        categories
        characteristics
        location {
          countryCode
          region
          city
        }
        age
        version
        updatedAt
      }
    }
  }
`

/** `user(username:)` with the profile and what the viewer may do, of the creators of the demo world. */
export const profile: BenchPage = {
  name: 'profile',
  title: 'profile page',
  goal: 0.5,
  document: DOCUMENT,
  isWhole: (data) => data['user'] !== null,
  asked: ({ usernames }, index) => ({ username: usernames[index % usernames.length] ?? '' }),
  bare: async ({ db, now, viewerId }, { username = '' }) => {
    const page = await findProfilePage(db, username, viewerId, now)
    return { user: page && (await toUser(db, page, now)) }
  },
}

async function toUser(db: Db, { user, profile, relation }: ProfilePage, now: Date) {
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
