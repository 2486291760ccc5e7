import type { Mail } from '../lib/mail.js'
import type { AccountNotice } from './types.js'

/** A mail without its recipient. */
export type MailText = Pick<Mail, 'subject' | 'text' | 'html'>

/** The mail that carries a reset token. */
export function passwordResetMail({ displayName, token }: { displayName: string; token: string }): MailText {
  const lead = 'Somebody, we hope you, asked for another password for your account.'
  const how = 'To set it, give this token to the app; it works once, for 30 minutes:'
  const otherwise = 'If it was not you, do nothing: your password stays as it is.'
  return {
    subject: 'Set another password',
    text: page([`Hello ${displayName},`, `${lead}\n${how}`, token, otherwise]),
    html: htmlPage([`Hello ${escaped(displayName)},`, `${lead} ${how}`, `<code>${escaped(token)}</code>`, otherwise]),
  }
}

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
    lead: 'Somebody used one of your recovery codes in the place of your authenticator app.',
  },
}

/** The mail that tells the owner of an account what happened to it. */
export function accountNoticeMail({ displayName, notice }: { displayName: string; notice: AccountNotice }): MailText {
  const { subject, lead } = NOTICES[notice]
  const otherwise = 'If it was not you, ask for another password at once and end all your sessions.'
  return {
    subject,
    text: page([`Hello ${displayName},`, lead, otherwise]),
    html: htmlPage([`Hello ${escaped(displayName)},`, lead, otherwise]),
  }
}

const page = (paragraphs: readonly string[]): string => `${paragraphs.join('\n\n')}\n`

const htmlPage = (paragraphs: readonly string[]): string =>
  `<!doctype html>\n<html lang="en"><body>\n${paragraphs.map((text) => `<p>${text}</p>`).join('\n')}\n</body></html>\n`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
