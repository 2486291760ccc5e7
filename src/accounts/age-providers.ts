/** What a provider is asked; it knows the document by a token of its own, which is never stored here. */
export interface AgeQuestion {
  /** Our id of the attempt: the provider answers a repeated one alike. */
  readonly reference: string
  readonly documentToken: string
  readonly countryCode: string
  /** `YYYY-MM-DD`, as on the document. */
  readonly birthDate: string
}

/** What comes back: a result and the proof of it, of which only a hash is kept; or that people must look. */
export type AgeAnswer =
  | { readonly kind: 'decided'; readonly isOfAge: boolean; readonly proof: string; readonly reason?: string }
  | { readonly kind: 'review' }

/** Somebody who checks documents. */
export interface AgeProvider {
  readonly name: string
  check(question: AgeQuestion): Promise<AgeAnswer>
}

/** Decides by the token's own words: `sandbox-approve`, `sandbox-reject`; whatever else goes to staff. */
export const sandboxAgeProvider: AgeProvider = {
  name: 'sandbox',
  check: ({ documentToken, reference }) => {
    const proof = `sandbox:${reference}`
    if (documentToken === 'sandbox-approve') return Promise.resolve({ kind: 'decided', isOfAge: true, proof })
    if (documentToken === 'sandbox-reject')
      return Promise.resolve({ kind: 'decided', isOfAge: false, proof, reason: 'The document does not show an adult.' })
    return Promise.resolve({ kind: 'review' })
  },
}

/** No provider: every attempt waits for staff. What production uses until one is configured. */
export const staffAgeProvider: AgeProvider = { name: 'staff', check: () => Promise.resolve({ kind: 'review' }) }

/** Who checks documents here: production has nobody yet, and lets staff look. */
export const providerOf = ({ isProduction }: { readonly isProduction: boolean }): AgeProvider =>
  isProduction ? staffAgeProvider : sandboxAgeProvider
