import { escapedHtml } from './text.js'

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

/** A mail without its recipient. */
export type MailText = Pick<Mail, 'subject' | 'text' | 'html'>

/** A paragraph of text, or of something to copy as it is. */
export type MailParagraph = string | { readonly code: string }

/** The same paragraphs as plain text and as HTML; nothing in them is taken for markup. */
export function mailText(subject: string, paragraphs: readonly MailParagraph[]): MailText {
  const plain = paragraphs.map((part) => (typeof part === 'string' ? part : part.code))
  const marked = paragraphs.map((part) =>
    typeof part === 'string' ? `<p>${escapedHtml(part)}</p>` : `<p><code>${escapedHtml(part.code)}</code></p>`,
  )
  return {
    subject,
    text: `${plain.join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="en"><body>\n${marked.join('\n')}\n</body></html>\n`,
  }
}
