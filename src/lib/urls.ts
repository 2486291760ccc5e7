import { AppError } from './errors.js'

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The address that a text is; null where it is none. */
export function parsedUrl(text: string): URL | null {
  // not `URL.canParse`: once it is compiled, Node 20 reads Latin-1 as UTF-8 there, and says other than the constructor does
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** Whether an address leads to a server without a certificate on the machine of whoever opens it. */
export const isLocal = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && LOCAL_HOSTS.has(hostname)

/**
 * Where somebody is sent back to: `https`, or outside production a front end on their own machine.
 * @throws INVALID invalid_input at `path`
 */
export function checkedReturnUrl(
  url: string,
  { isProduction }: { readonly isProduction: boolean },
  path: readonly string[],
): string {
  return isProduction ? checkedHttps(url, path) : url
}

/** An address that everybody can open. @throws INVALID invalid_input at `path` */
export function checkedHttps(url: string, path: readonly string[]): string {
  if (url.startsWith('https:')) return url
  throw new AppError('INVALID', 'invalid_input', 'This address has to be https.', { path })
}
