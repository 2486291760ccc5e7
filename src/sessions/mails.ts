import { mailText } from '../lib/mail.js'
import type { MailText } from '../lib/mail.js'
import type { AccountNotice } from './types.js'

/** The mail that carries a reset token. */
export const passwordResetMail = ({ displayName, token }: { displayName: string; token: string }): MailText =>
  mailText('Set another password', [
    `Hello ${displayName},`,
    'Another password was asked for. To set it, give this token to the app; it works once, for 30 minutes:',
    { code: token },
    'If you did not ask, do nothing: your password stays as it is.',
  ])

const NOTICES: Readonly<Record<AccountNotice, { readonly subject: string; readonly lead: string }>> = {
  password_changed: {
    subject: 'Your password was changed',
    lead: 'Your password was changed, and your other sessions were ended.',
  },
  password_reset: {
    subject: 'Your password was reset',
    lead: 'Your password was set by a mailed token, and all your sessions were ended.',
  },
  totp_confirmed: {
    subject: 'Your account now asks for a second factor',
    lead: 'An authenticator app was confirmed for your account. Keep the recovery codes in a safe place.',
  },
  totp_disabled: {
    subject: 'Your account no longer asks for a second factor',
    lead: 'The authenticator app was taken off your account.',
  },
  recovery_code_used: {
    subject: 'A recovery code was used',
    lead: 'One of your recovery codes was used in the place of your authenticator app.',
  },
}

/** The mail that tells the owner of an account what happened to it. */
export function accountNoticeMail({ displayName, notice }: { displayName: string; notice: AccountNotice }): MailText {
  const { subject, lead } = NOTICES[notice]
  const otherwise = 'If it was not you, ask for another password at once and end all your sessions.'
  return mailText(subject, [`Hello ${displayName},`, lead, otherwise])
}
