import assert from 'node:assert'
import type {
  AgeVerificationResolvers,
  MutationResolvers,
  ProfileResolvers,
  QueryResolvers,
  SubscriptionResolvers,
  UserResolvers,
  UserStaffViewResolvers,
  ViewerChangeResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import type { Reason } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { mapped } from '../lib/sources.js'
import { signedIn } from '../lib/viewer.js'
import { providerOf } from './age-providers.js'
import { reviewAgeVerification, submitAgeVerification } from './age-verifications.js'
import { checkedReason } from './changes.js'
import { becomeCreator } from './creators.js'
import { deleteAccount, restoreAccount } from './deletion.js'
import { changeEmail, resendVerification, verifyEmail } from './emails.js'
import { checkedFilter } from './filter.js'
import { isUsername } from './names.js'
import { checkedProfileChange } from './profile-input.js'
import { emptyProfile, toProfileView, yearsSince } from './profile-view.js'
import { PROFILE_CHANGES, RENAMES, updateProfile } from './profiles.js'
import { findProfilePage, listUsers } from './queries.js'
import { register } from './registration.js'
import {
  ageStatusAt,
  bareRelation,
  isActingStaff,
  isAgeVerifiedAt,
  isDeleted,
  isHidden,
  isShell,
  refusalToSetStatus,
  statusAt,
} from './standing.js'
import { setAccountStatus, setAccountType } from './statuses.js'
import type { AgeVerificationRow, Asker, Bonds, Relation, UserRow } from './types.js'
import { viewerChanges } from './viewer-changes.js'
import { findVisibleUser, loadAccount, loadUser } from './reading.js'
import type { AccountsAsking } from './reading.js'

const NOBODY = '[deleted]'
const NO_SESSION = { accessToken: null, refreshToken: null, expiresAt: null, viewer: null, challenge: null }

export const Query = {
  viewer: (_parent, _args, { viewer }) => viewer,

  user: async (_parent, { username }, { db, viewer, loaders, now }) => {
    const page = isUsername(username) ? await findProfilePage(db, username, viewer?.userId ?? null, now) : null
    if (!page || isShell(page.user, viewer) || isHidden(page.relation, viewer)) return null
    const { user, profile, relation, counts } = page
    loaders.user.prime(user.id, user)
    loaders.profile.prime(user.id, profile)
    loaders.counts.prime(user.id, counts)
    if (viewer) loaders.relation.prime({ viewerId: viewer.userId, userId: user.id }, relation)
    return user
  },

  users: async (_parent, { filter: unchecked, ...args }, { db, loaders, now }) => {
    const filter = checkedFilter(unchecked)
    const page = checkedPage(args, { list: 'users', ...filter }, ['time', 'uuid'])
    const rows = await listUsers(db, filter, page, now)
    for (const row of rows) loaders.user.prime(row.id, row)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
} satisfies Partial<QueryResolvers>

export const Subscription = {
  viewerChanged: {
    subscribe: async (_parent, { after }, { db, bus, viewer, signal }) => {
      assert(viewer && signal, 'a rule asked for a session, and a subscription can be ended')
      const changes = await viewerChanges(db, bus, viewer.userId, { after: after ?? null, signal })
      return mapped(changes, (viewerChanged) => ({ viewerChanged }))
    },
  },
} satisfies Partial<SubscriptionResolvers>

export const ViewerChange = {
  // the context of an event is its own, so this is the person as of now
  viewer: (_change, _args, context) => signedIn(context),
} satisfies Partial<ViewerChangeResolvers>

// Hashing and providers must not hold a connection: verbs that need them take the request and open their transactions.
export const Mutation = {
  register: async (_parent, { input }, context) => {
    const { displayName = null, idempotencyKey = null, ...who } = input
    const outcome = await register(context, { ...who, displayName, idempotencyKey })
    return outcome.kind === 'session'
      ? { ...NO_SESSION, ...outcome.session, userErrors: [] }
      : { ...NO_SESSION, challenge: { ...outcome.challenge, factors: ['TOTP', 'RECOVERY_CODE'] }, userErrors: [] }
  },

  verifyEmail: async (_parent, { input }, context) => {
    const userId = await verifyEmail(context, input.token)
    context.loaders.account.clear(userId)
    return { viewer: context.viewer?.userId === userId ? context.viewer : null, isVerified: true, userErrors: [] }
  },

  resendVerification: async (_parent, { input }, context) => {
    const isSent = await resendVerification(context, signedIn(context))
    return { isSent, clientMutationId: input.clientMutationId ?? null, userErrors: [] }
  },

  changeEmail: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    await changeEmail(context, viewer, input.newEmail)
    return { viewer, userErrors: [] }
  },

  updateProfile: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const change = checkedProfileChange(input, context.now)
    await context.limiter.spend(PROFILE_CHANGES, viewer.userId)
    if (input.username !== null && input.username !== undefined) await context.limiter.spend(RENAMES, viewer.userId)
    await transaction(context, (tx, now) => updateProfile(tx, viewer, change, now))
    return { user: await reloaded(viewer.userId, context), userErrors: [] }
  },

  becomeCreator: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const offer = { currency: input.currency, subscriptionPriceMinor: input.subscriptionPriceMinor ?? null }
    await transaction(context, (tx, now) => becomeCreator(tx, viewer, offer, now))
    return { user: await reloaded(viewer.userId, context), userErrors: [] }
  },

  submitAgeVerification: async (_parent, { input }, context) => {
    const { idempotencyKey = null, ...submission } = input
    const provider = providerOf(context.config)
    const { answer, replayed } = await submitAgeVerification(context, signedIn(context), provider, {
      ...submission,
      idempotencyKey,
    })
    return { ageVerification: await reloadedAttempt(answer.ageVerificationId, context), replayed, userErrors: [] }
  },

  reviewAgeVerification: async (_parent, { input }, context) => {
    const ageVerificationId = uuidOf('AgeVerification', input.ageVerificationId, ['input', 'ageVerificationId'])
    const reason = checkedReason(input.reason)
    const review = { ageVerificationId, isApproved: input.isApproved, reason }
    await transaction({ ...context, reason }, (tx, now) => reviewAgeVerification(tx, signedIn(context), review, now))
    const ageVerification = await reloadedAttempt(ageVerificationId, context)
    return {
      ageVerification,
      user: ageVerification && (await reloaded(ageVerification.userId, context)),
      userErrors: [],
    }
  },

  setAccountStatus: async (_parent, { input }, context) => {
    const userId = uuidOf('User', input.userId, ['input', 'userId'])
    const reason = checkedReason(input.reason)
    const decision = { userId, status: input.status, reason, suspendedUntil: input.suspendedUntil ?? null }
    await transaction({ ...context, reason }, (tx, now) => setAccountStatus(tx, signedIn(context), decision, now))
    return { user: await reloaded(userId, context), userErrors: [] }
  },

  setAccountType: async (_parent, { input }, context) => {
    const userId = uuidOf('User', input.userId, ['input', 'userId'])
    const reason = checkedReason(input.reason)
    const decision = { userId, accountType: input.accountType, reason }
    await transaction({ ...context, reason }, (tx, now) => setAccountType(tx, signedIn(context), decision, now))
    return { user: await reloaded(userId, context), userErrors: [] }
  },

  deleteAccount: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const purgeAfter = await deleteAccount(context, viewer, { ...input, code: input.code ?? null })
    await reloaded(viewer.userId, context)
    return { viewer: { ...viewer, status: 'DELETED', isLimited: true }, purgeAfter, userErrors: [] }
  },

  restoreAccount: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    await transaction(context, (tx, now) => restoreAccount(tx, viewer, now))
    await reloaded(viewer.userId, context)
    return {
      viewer: { ...viewer, status: 'ACTIVE', isLimited: false },
      clientMutationId: input.clientMutationId ?? null,
      userErrors: [],
    }
  },
} satisfies Partial<MutationResolvers>

/** A person as a mutation left them: what was loaded before it is forgotten. */
async function reloaded(userId: string, { loaders }: AccountsAsking): Promise<UserRow | null> {
  loaders.user.clear(userId)
  loaders.account.clear(userId)
  loaders.profile.clear(userId)
  loaders.ageVerifications.clear(userId)
  return await loaders.user.load(userId)
}

async function reloadedAttempt(id: string, { loaders }: AccountsAsking): Promise<AgeVerificationRow | null> {
  loaders.ageVerification.clear(id)
  const attempt = await loaders.ageVerification.load(id)
  if (attempt) loaders.ageVerifications.clear(attempt.userId)
  return attempt
}

export const User = {
  id: ({ id }) => globalId('User', id),
  username: (user, _args, { viewer }) => (isShell(user, viewer) ? NOBODY : user.username),
  displayName: (user, _args, { viewer }) => (isShell(user, viewer) ? NOBODY : user.displayName),
  isDeleted,
  isAgeVerified: (user, _args, { viewer, now }) => isAgeVerifiedAt(user, now) && !isShell(user, viewer),
  // who is not verified, or no longer, offers nothing
  subscriptionPrice: (user, _args, { viewer, now }) => {
    const { accountType, subscriptionPriceMinor, currency } = user
    const isOffered = accountType === 'CREATOR' && isAgeVerifiedAt(user, now) && !isShell(user, viewer)
    return isOffered && subscriptionPriceMinor !== null && currency !== null
      ? { amountMinor: subscriptionPriceMinor, currency }
      : null
  },
  profile: async (user, _args, context) => {
    const row = isShell(user, context.viewer) ? null : await context.loaders.profile.load(user.id)
    if (!row) return emptyProfile(user)
    const relation = await relationTo(user.id, context)
    // who is still named behind a block, as the maker of what the viewer holds, shows no more than that
    return isHidden(relation, context.viewer) ? emptyProfile(user) : toProfileView(row, relation)
  },
  viewerIsSelf: ({ id }, _args, { viewer }) => viewer?.userId === id,
  viewerCanSetStatus: (user, _args, { viewer }) => {
    const reason = refusalToSetStatus(viewer, user)
    return { isAllowed: reason === null, reason: reason && toCode(reason) }
  },
  staffView: ({ id }, _args, context) => loadAccount(id, context),
} satisfies Partial<UserResolvers>

const toCode = (reason: Reason): Uppercase<Reason> => reason.toUpperCase() as Uppercase<Reason>

async function relationTo(
  userId: string,
  { viewer, loaders }: AccountsAsking,
): Promise<Relation & Pick<Bonds, 'isBlocked'>> {
  const bare = { ...bareRelation(userId, viewer), isBlocked: false }
  if (!viewer || bare.isSelf) return bare
  return { ...bare, ...(await loaders.relation.load({ viewerId: viewer.userId, userId })) }
}

export const Profile = {
  characteristics: async ({ userId, rowId, sealedCharacteristics: bytes }, _args, { loaders }) =>
    bytes &&
    (JSON.parse(
      await loaders.sealed.load({ ref: { table: 'user_profiles', column: 'characteristics', userId, rowId }, bytes }),
    ) as unknown),
  age: async ({ userId, rowId, sealedBirthDate: bytes }, _args, { loaders, now }) =>
    bytes &&
    yearsSince(
      await loaders.sealed.load({ ref: { table: 'user_profiles', column: 'birth_date', userId, rowId }, bytes }),
      now,
    ),
  location: async ({ userId, rowId, place }, _args, { loaders }) =>
    place && {
      countryCode: place.countryCode,
      region: place.region,
      city:
        place.city &&
        (await loaders.sealed.load({
          ref: { table: 'user_profiles', column: 'city', userId, rowId },
          bytes: place.city,
        })),
    },
} satisfies Partial<ProfileResolvers>

const emailOf = async (userId: string, { loaders }: AccountsAsking): Promise<string> => {
  const account = await loaders.account.load(userId)
  if (!account?.email) return ''
  return await loaders.sealed.load({
    ref: { table: 'users', column: 'email', userId, rowId: userId },
    bytes: account.email,
  })
}

export const UserStaffView = {
  email: ({ id }, _args, context) => emailOf(id, context),
  isEmailVerified: ({ emailVerifiedAt }) => emailVerifiedAt !== null,
  status: async ({ id }, _args, context) => statusAt(await loadUser(id, context), context.now),
  hasTotp: async ({ id }, _args, { loaders }) => (await loaders.totp.load(id)).hasTotp,
  ageVerifications: ({ id }, _args, { loaders }) => loaders.ageVerifications.load(id),
} satisfies Partial<UserStaffViewResolvers>

export const Viewer = {
  user: ({ userId }, _args, context) => loadUser(userId, context),
  email: ({ userId }, _args, context) => emailOf(userId, context),
  isEmailVerified: async ({ userId }, _args, context) => (await loadAccount(userId, context)).emailVerifiedAt !== null,
  statusReason: async ({ userId, status }, _args, context) =>
    status === 'ACTIVE' ? null : (await loadAccount(userId, context)).statusReason,
  suspendedUntil: async ({ userId, status }, _args, context) =>
    status === 'SUSPENDED' ? (await loadAccount(userId, context)).suspendedUntil : null,
  purgeAfter: async ({ userId }, _args, context) => (await loadAccount(userId, context)).purgeAfter,
  ageVerification: async ({ userId }, _args, { loaders }) => (await loaders.ageVerifications.load(userId))[0] ?? null,
} satisfies Partial<ViewerResolvers>

export const AgeVerification = {
  id: ({ id }) => globalId('AgeVerification', id),
  status: (attempt, _args, { now }) => ageStatusAt(attempt, now),
  submittedAt: ({ createdAt }) => createdAt,
} satisfies Partial<AgeVerificationResolvers>

/** A person as `node` finds them. */
export const findUserNode = findVisibleUser

/** An age verification as `node` finds it: one's own, or anybody's for staff. */
export const findAgeVerificationNode = async (
  id: string,
  { viewer, loaders }: AccountsAsking,
): Promise<AgeVerificationRow | null> => {
  const attempt = await loaders.ageVerification.load(id)
  return attempt && mayRead(attempt, viewer) ? attempt : null
}

const mayRead = ({ userId }: AgeVerificationRow, viewer: Asker): boolean =>
  userId === viewer?.userId || isActingStaff(viewer)
