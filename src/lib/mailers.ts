import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { SendMailOptions } from 'nodemailer'
import { SECOND_MS } from './clock.js'
import { log, scrubbed } from './log.js'
import type { Mail, Mailer } from './mail.js'

const CONNECTIONS = 2
const CONNECT_TIMEOUT_MS = 5 * SECOND_MS
const SOCKET_TIMEOUT_MS = 15 * SECOND_MS
const MAX_FILE_NAME_LENGTH = 120

/** A mailer over the SMTP server at `url` (`smtp://user:password@host:port`, `smtps://` for TLS from the first byte). */
export function smtpMailer(url: string, from: string): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
  })
  return {
    send: async (mail) => {
      try {
        await transport.sendMail(toMessage(mail, from))
      } catch (error) {
        // servers quote the address in their refusals
        throw new Error(`mail not taken: ${scrubbed(error instanceof Error ? error.message : String(error))}`)
      }
    },
    close: () => {
      transport.close()
    },
  }
}

/** A mailer that writes each message to a file of `folder`; the same message again replaces its file. */
export function folderMailer(folder: string, from: string): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
  return {
    send: async (mail) => {
      const { message } = await transport.sendMail(toMessage(mail, from))
      const file = join(folder, fileName(mail.messageId))
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(`${file}.part`, message, { mode: 0o600 })
      await rename(`${file}.part`, file)
      log.info({ file, subject: mail.subject }, 'mail: written to a file')
    },
    close: () => undefined,
  }
}

const toMessage = (mail: Mail, from: string): SendMailOptions => ({
  from,
  to: { name: '', address: mail.to },
  subject: mail.subject,
  text: mail.text,
  html: mail.html,
  messageId: messageId(mail.messageId, from),
  headers: { 'auto-submitted': 'auto-generated' },
  disableFileAccess: true,
  disableUrlAccess: true,
})

/** A bare id gets the sender's domain, as RFC 5322 §3.6.4 wants. */
function messageId(id: string, from: string): string {
  const bare = id.replace(/^<|>$/g, '')
  return bare.includes('@') ? `<${bare}>` : `<${bare}@${/@([^\s<>@]+)>?$/.exec(from)?.[1] ?? 'localhost'}>`
}

const fileName = (id: string): string => `${id.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, MAX_FILE_NAME_LENGTH)}.eml`
