import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import type { ParsedMail } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { folderMailer, smtpMailer } from '../../src/lib/mailers.js'

const FROM = 'Creator Platform <no-reply@platform.example>'
const MAIL = {
  to: 'zoë+news@example.com',
  subject: 'Verify your address ✓',
  text: 'Hello Zoë,\n\nhttps://platform.example/verify?token=abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789\n',
  html: '<p>Hello Zoë</p>',
  messageId: 'verify-42',
}

const received: ParsedMail[] = []
const recipients: string[] = []
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onRcptTo: ({ address }, _session, done) => {
    if (address.startsWith('full@'))
      done(Object.assign(new Error(`mailbox of ${address} is full`), { responseCode: 452 }))
    else {
      recipients.push(address)
      done()
    }
  },
  onData: (stream, _session, done) => {
    void simpleParser(stream).then((mail) => {
      received.push(mail)
      done()
    })
  },
})
const folder = mkdtempSync(join(tmpdir(), 'mail-'))
let url: string
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `smtp://127.0.0.1:${String((server.server.address() as AddressInfo).port)}`
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await new Promise<void>((resolve) => {
    server.close(resolve)
  })
})

it('sends over SMTP, both parts, with an id that a second delivery repeats', async () => {
  const mailer = smtpMailer(url, FROM)
  await mailer.send(MAIL)
  await mailer.send(MAIL)
  mailer.close()
  expect(recipients).toEqual([MAIL.to, MAIL.to])
  expect(received[0]).toMatchObject({ subject: MAIL.subject, messageId: '<verify-42@platform.example>' })
  expect(received[0]?.text?.trim()).toBe(MAIL.text.trim())
  expect(received[0]?.html).toContain('<p>Hello Zoë</p>')
  expect(received[1]?.messageId).toBe(received[0]?.messageId)
})

it('fails with the reason, and without the address', async () => {
  const mailer = smtpMailer(url, FROM)
  const failure = await mailer.send({ ...MAIL, to: 'full@example.com' }).catch((error: unknown) => error)
  mailer.close()
  expect(failure).toBeInstanceOf(Error)
  expect((failure as Error).message).toContain('full')
  expect(String((failure as Error).stack)).not.toContain('full@example.com')
})

it('cannot be made to send to others by what is in the fields', async () => {
  const before = recipients.length
  const mailer = smtpMailer(url, FROM)
  await mailer.send({ ...MAIL, subject: 'Hi\r\nBcc: victim@example.com', messageId: 'x\r\nBcc: victim@example.com' })
  mailer.close()
  expect(recipients.slice(before)).toEqual([MAIL.to])
  expect(received.at(-1)?.headers.has('bcc')).toBe(false)
})

it('writes a message to a file that a person can read, and once only', async () => {
  const mailer = folderMailer(join(folder, 'mail'), FROM)
  await mailer.send(MAIL)
  await mailer.send(MAIL)
  const files = readdirSync(join(folder, 'mail'))
  expect(files).toEqual(['verify-42.eml'])
  const path = join(folder, 'mail', files[0] ?? '')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const parsed = await simpleParser(readFileSync(path))
  expect(parsed).toMatchObject({ subject: MAIL.subject, messageId: '<verify-42@platform.example>' })
  expect(parsed.text?.trim()).toBe(MAIL.text.trim())
})

it('writes nowhere else, whatever the id', async () => {
  await folderMailer(join(folder, 'strict'), FROM).send({ ...MAIL, messageId: '../../etc/passwd' })
  expect(readdirSync(join(folder, 'strict'))).toEqual(['.._.._etc_passwd.eml'])
})
