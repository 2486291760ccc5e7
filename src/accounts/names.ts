import { normaliseEmail } from '../keys/keys.js'
import { AppError } from '../lib/errors.js'
import { checkedShortText } from '../lib/text.js'

const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._]{2,29}$/
const MAX_DISPLAY_NAME_LENGTH = 50
const MAX_EMAIL_LENGTH = 254
const MAX_LOCAL_PART_LENGTH = 64
/** RFC 5321 without quoted local parts and address literals, which nobody has and every parser reads differently. */
const LOCAL_PART = /^[^\s@"(),:;<>[\]\\\p{C}]+$/u
const DOMAIN = /^(?=.{4,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/

/** Names that would pass for the platform's own, or stand in the way of an address of it. */
const RESERVED = new Set(
  `about abuse account accounts admin admin.team administrator administrators anonymous api app assets auth billing blog bot
  contact copyright creator creators dashboard deleted developer developers dmca everyone explore faq feed finance
  graphql guest health help helpdesk home info jobs legal live login logout mail me messages metrics mod moderation moderator
  moderators news nobody notifications null official operator owner payments payouts police postmaster press privacy
  register root safety sales search security self settings signin signup somebody staff status stream streams subscriptions
  superuser support sysadmin system team terms test tips trust undefined unknown user username users verified webmaster
  www you`.split(/\s+/),
)
const RESERVED_BEGINNINGS = /^(admin|moderator|support|official|staff|system|deleted|erased)[._]/

/** What becomes of the name of an erased account: reserved, so that nobody can be taken for somebody else. */
export const erasedUsername = (userId: string): string => `erased.${userId.replaceAll('-', '').slice(0, 20)}`

/** The form in which names are the same. */
export const foldedUsername = (username: string): string => username.toLowerCase()

/** Whether anybody can have this username at all; looking for another one needs no query. */
export const isUsername = (text: string): boolean => USERNAME.test(text)

/** @throws INVALID username_invalid, username_reserved */
export function checkedUsername(text: string): string {
  const path = ['input', 'username']
  if (!USERNAME.test(text))
    throw new AppError('INVALID', 'username_invalid', 'A username has 3 to 30 letters, digits, dots and underscores.', {
      path,
    })
  const folded = foldedUsername(text)
  if (RESERVED.has(folded.replace(/[._]+$/, '')) || RESERVED_BEGINNINGS.test(folded))
    throw new AppError('INVALID', 'username_reserved', 'This username is reserved for the platform.', { path })
  return text
}

/** Text that others see, in one line. @throws INVALID invalid_input */
export const checkedDisplayName = (text: string): string =>
  checkedShortText(text, ['input', 'displayName'], MAX_DISPLAY_NAME_LENGTH)

/** An address that mail can go to, as written and as compared. @throws INVALID email_invalid */
export function checkedEmail(
  text: string,
  field: 'email' | 'newEmail' = 'email',
): { readonly address: string; readonly normalised: string } {
  const address = text.trim()
  const normalised = address.length <= MAX_EMAIL_LENGTH ? normaliseEmail(address) : ''
  const at = normalised.lastIndexOf('@')
  const [local, domain] = [normalised.slice(0, Math.max(at, 0)), normalised.slice(at + 1)]
  const isAddress =
    LOCAL_PART.test(local) &&
    local.length <= MAX_LOCAL_PART_LENGTH &&
    !/^\.|\.$|\.\./.test(local) &&
    DOMAIN.test(domain)
  if (!isAddress || /\p{C}/u.test(address))
    throw new AppError('INVALID', 'email_invalid', 'This is not an address that mail can go to.', {
      path: ['input', field],
    })
  return { address, normalised }
}

/** The name is somebody's, or was. */
export const usernameTaken = (): AppError =>
  new AppError('CONFLICT', 'username_taken', 'This username is taken.', { path: ['input', 'username'] })

/** The address has an account. */
export const emailTaken = (field: string): AppError =>
  new AppError('CONFLICT', 'email_taken', 'This address has an account.', { path: ['input', field] })
