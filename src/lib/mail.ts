/** A message to one person, in plain text and HTML. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Makes a repeated delivery of one message recognisable: the `Message-ID`. */
  readonly messageId: string
}

/** Where mail goes: an SMTP server, or a folder. */
export interface Mailer {
  send(mail: Mail): Promise<void>
  close(): void
}
