import { allow, chain, rule } from 'graphql-shield'
import type { IRule } from 'graphql-shield'
import { MINUTE_MS } from './clock.js'
import { AppError } from './errors.js'
import type { Reason } from './errors.js'
import type { AccountType } from '../generated/prisma/enums.js'
import type { Asking, Viewer } from './viewer.js'

/** How long a proof of identity counts as fresh. */
export const FRESH_AUTHENTICATION_MS = 5 * MINUTE_MS

type Refusal = AppError | null

/** A rule from a function of who is asking; never cached, so that a role taken away counts at once. */
const refuseUnless = (name: string, check: (asking: Asking) => Refusal): IRule =>
  rule(name, { cache: 'no_cache' })((_parent, _args, context: Asking) => check(context) ?? true)

const unauthenticated = (): AppError => new AppError('UNAUTHENTICATED', 'not_signed_in', 'Sign in first.')
const forbidden = (reason: Reason, message: string): AppError => new AppError('FORBIDDEN', reason, message)

function checkFull(viewer: Viewer | null): Refusal {
  if (!viewer) return unauthenticated()
  return viewer.isLimited ? forbidden('account_limited', 'This account is limited; see viewer.notices.') : null
}

function checkRole(viewer: Viewer | null, roles: readonly AccountType[]): Refusal {
  const refusal = checkFull(viewer)
  if (refusal || !viewer) return refusal
  if (!roles.includes(viewer.role)) {
    const people = roles.map((role) => `${role.toLowerCase()}s`).join(' and ')
    return forbidden('role_required', `Only for ${people}.`)
  }
  const isStaffPower = !roles.includes('FAN') && !roles.includes('CREATOR')
  if (isStaffPower && !viewer.hasSecondFactor)
    return forbidden('second_factor_required', 'Staff powers need a session with a second factor.')
  return null
}

/** Everybody, signed in or not. */
export const anyone = allow

/** Anybody with a session, also the limited one of a suspended or deleted account. */
export const hasSession = refuseUnless('hasSession', ({ viewer }) => (viewer ? null : unauthenticated()))

/** Anybody signed in whose account is in good standing. */
export const isSignedIn = refuseUnless('isSignedIn', ({ viewer }) => checkFull(viewer))

/** Creators. */
export const isCreator = refuseUnless('isCreator', ({ viewer }) => checkRole(viewer, ['CREATOR']))

/** Moderators and admins, with a second factor. */
export const isStaff = refuseUnless('isStaff', ({ viewer }) => checkRole(viewer, ['MODERATOR', 'ADMIN']))

/** Admins, with a second factor. */
export const isAdmin = refuseUnless('isAdmin', ({ viewer }) => checkRole(viewer, ['ADMIN']))

const wasFresh = refuseUnless('wasFresh', ({ viewer, now }) =>
  viewer && now.getTime() - viewer.authenticatedAt.getTime() > FRESH_AUTHENTICATION_MS
    ? new AppError('REAUTH_REQUIRED', 'reauthentication_required', 'Prove who you are again: call reauthenticate.')
    : null,
)

/** `rule`, and a proof of identity less than five minutes old. */
export const freshly = (inner: IRule): ReturnType<typeof chain> => chain(inner, wasFresh)

/** Whether something is the viewer's to do, as the schema says it; `refusal` is why not. */
export const toPermission = (refusal: Reason | null): { isAllowed: boolean; reason: Uppercase<Reason> | null } => ({
  isAllowed: refusal === null,
  reason: refusal && (refusal.toUpperCase() as Uppercase<Reason>),
})
