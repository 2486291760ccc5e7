import assert from 'node:assert'
import type { MutationResolvers, SessionResolvers, ViewerResolvers } from '../generated/graphql.js'
import { addMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { FRESH_AUTHENTICATION_MS } from '../lib/rules.js'
import { signedIn } from '../lib/viewer.js'
import type { Viewer as SignedIn } from '../lib/viewer.js'
import { revokeOne, revokeSessions } from './lifecycle.js'
import type { SessionsLoaders } from './loaders.js'
import { changePassword, requestPasswordReset, resetPassword } from './passwords.js'
import { listLiveSessions } from './queries.js'
import type { SessionRow } from './queries.js'
import { reauthenticate } from './reauthentication.js'
import { refreshSession } from './refresh-tokens.js'
import { checkedSignIn, login } from './sign-in.js'
import { confirmTotp, disableTotp, startTotp } from './totp.js'
import type { SessionView } from './types.js'

const NOTHING_YET = { accessToken: null, refreshToken: null, expiresAt: null, viewer: null, challenge: null }

// Hashing must not hold a connection, and a refusal must leave its audit row: most verbs here take the request and open
// their transactions themselves.
export const Mutation = {
  login: async (_parent, { input }, context) => {
    const outcome = await login(context, checkedSignIn(input))
    return outcome.kind === 'session'
      ? { ...NOTHING_YET, ...outcome.session, userErrors: [] }
      : { ...NOTHING_YET, challenge: { ...outcome.challenge, factors: ['TOTP', 'RECOVERY_CODE'] }, userErrors: [] }
  },

  refreshSession: async (_parent, { input }, context) => ({
    ...NOTHING_YET,
    ...(await refreshSession(context, input.refreshToken)),
    userErrors: [],
  }),

  reauthenticate: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const provenAt = await reauthenticate(context, viewer, { password: input.password, code: input.code ?? null })
    return {
      viewer: { ...viewer, authenticatedAt: provenAt },
      freshUntil: addMs(provenAt, FRESH_AUTHENTICATION_MS),
      userErrors: [],
    }
  },

  logout: async (_parent, { input }, context) => {
    const { userId, sessionId } = signedIn(context)
    await transaction(context, (tx, now) => revokeOne(tx, { userId, sessionId, reason: 'LOGOUT' }, now))
    return { isLoggedOut: true, clientMutationId: input.clientMutationId ?? null, userErrors: [] }
  },

  logoutEverywhere: async (_parent, { input }, context) => {
    const { userId } = signedIn(context)
    const endedSessions = await transaction(context, (tx, now) => revokeSessions(tx, userId, { reason: 'LOGOUT' }, now))
    return { endedSessions, clientMutationId: input.clientMutationId ?? null, userErrors: [] }
  },

  revokeSession: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const path = ['input', 'sessionId']
    const sessionId = uuidOf('Session', input.sessionId, path)
    const row = await context.loaders.session.load(sessionId)
    if (row?.userId !== viewer.userId) throw new AppError('NOT_FOUND', 'node_not_found', 'No such Session.', { path })
    await transaction(context, (tx, now) => revokeOne(tx, { userId: viewer.userId, sessionId, reason: 'REVOKED' }, now))
    return { session: toView(row, viewer), userErrors: [] }
  },

  requestPasswordReset: async (_parent, { input }, context) => {
    await requestPasswordReset(context, input.email)
    return { isAccepted: true, userErrors: [] }
  },

  resetPassword: async (_parent, { input }, context) => {
    await resetPassword(context, input)
    return { isReset: true, userErrors: [] }
  },

  changePassword: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const endedSessions = await changePassword(context, viewer, input)
    return { viewer, endedSessions, userErrors: [] }
  },

  startTotp: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const secret = await transaction(context, (tx, now) => startTotp(tx, viewer, now))
    return { ...secret, clientMutationId: input.clientMutationId ?? null, userErrors: [] }
  },

  confirmTotp: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const recoveryCodes = await confirmTotp(context, viewer, input.code)
    context.loaders.totp.clear(viewer.userId)
    return { viewer, recoveryCodes, userErrors: [] }
  },

  disableTotp: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    await disableTotp(context, viewer, input.code)
    context.loaders.totp.clear(viewer.userId)
    return { viewer, userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

export const Viewer = {
  hasTotp: async (viewer, _args, { loaders }) => (await loaders.totp.load(viewer.userId)).hasTotp,
  recoveryCodesLeft: async (viewer, _args, { loaders }) => (await loaders.totp.load(viewer.userId)).recoveryCodesLeft,

  session: async (viewer, _args, { loaders }) => {
    const row = await loaders.session.load(viewer.sessionId)
    assert(row, 'the session of a request is there')
    return toView(row, viewer)
  },

  sessions: async (viewer, args, { db, now }) => {
    const page = checkedPage(args, { list: 'sessions', userId: viewer.userId }, ['time', 'uuid'])
    const rows = await listLiveSessions(db, viewer.userId, page, now)
    return toConnection(
      page,
      rows.map((row) => toView(row, viewer)),
      ({ lastUsedAt, id }) => [lastUsedAt.toISOString(), id],
    )
  },
} satisfies Partial<ViewerResolvers>

export const Session = {
  id: ({ id }) => globalId('Session', id),
  device: ({ deviceLabel }) => deviceLabel ?? 'An unknown device',
} satisfies Partial<SessionResolvers>

/** What tells one's own session from another's: who asks, and the loaders of the request. */
interface SessionAsking {
  readonly viewer: SignedIn | null
  readonly loaders: SessionsLoaders
}

/** A session as `node` finds it: one's own, or none. */
export const findSessionNode = async (id: string, { viewer, loaders }: SessionAsking): Promise<SessionView | null> => {
  const row = await loaders.session.load(id)
  return row && row.userId === viewer?.userId ? toView(row, viewer) : null
}

const toView = (row: SessionRow, viewer: SignedIn): SessionView => ({ ...row, isCurrent: row.id === viewer.sessionId })
