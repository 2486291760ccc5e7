import { mailText } from '../lib/mail.js'
import type { MailText } from '../lib/mail.js'

/** The mail that carries the token which proves an address. */
export const verificationMail = ({ displayName, token }: { displayName: string; token: string }): MailText =>
  mailText('Confirm your address', [
    `Hello ${displayName},`,
    'This address was given for an account. To confirm it, give this token to the app; it works for 24 hours:',
    { code: token },
    'If you made no account, do nothing.',
  ])

/** The mail that carries the token for another address, to that address. */
export const emailChangeMail = ({ displayName, token }: { displayName: string; token: string }): MailText =>
  mailText('Confirm your new address', [
    `Hello ${displayName},`,
    'This address shall become the one of your account. To confirm it, give this token to the app; it works for 24 hours:',
    { code: token },
    'Until then everything goes to the old address. If you asked for nothing, do nothing.',
  ])

/** Word to the address in force that another one was asked for. */
export const emailChangeNoticeMail = ({ displayName }: { displayName: string }): MailText =>
  mailText('Another address was asked for', [
    `Hello ${displayName},`,
    'Somebody who is signed in to your account asked for its mail to go to another address. A token was sent there.',
    'If it was not you, change your password at once and end all your sessions.',
  ])

/** Word that an account was closed by its owner. */
export const deletionMail = ({ displayName, purgeAfter }: { displayName: string; purgeAfter: Date }): MailText =>
  mailText('Your account was deleted', [
    `Hello ${displayName},`,
    `Your account was deleted. Until ${purgeAfter.toISOString().slice(0, 10)} you can sign in and bring it back; then it is gone for good.`,
    'If it was not you, sign in, bring it back and change your password.',
  ])
