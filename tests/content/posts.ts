import type { Person, World } from '../support/world.js'

/** What tests ask of a post. */
export const POST = `fragment Post on Content {
  id type title teaser state visibility isPremium isAgeRestricted tags warnings publishedAt likeCount saveCount viewerHasSaved
  price { amountMinor currency } creator { username } categories { slug }
  viewerAccess { isOpen rule reason until } viewerCanEdit { isAllowed reason }
  body { __typename ... on UnlockedBody { text } ... on LockedBody { reason teaser price { amountMinor } offers { kind price { amountMinor } } } }
  authorView { version publishAt scheduledFor { localTime timeZone } deletedAt purgeAfter }
}`

const ANSWER = `content { ...Post } userErrors { code message path ... on ConflictError { currentVersion } }`

/** `mutation` with a post in its payload. */
export const postMutation = (name: string): string => {
  const input = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`
  return `mutation ($input: ${input}) { ${name}(input: $input) { ${ANSWER} } } ${POST}`
}

export const READ = `query ($id: ID!) { content(id: $id) { ...Post } } ${POST}`

export interface PostInput {
  readonly type?: string
  readonly title?: string
  readonly teaser?: string
  readonly body?: string | null
  readonly visibility?: string
  readonly priceMinor?: string
  readonly includedInSubscription?: boolean
  readonly isAgeRestricted?: boolean
  readonly tags?: string[]
  readonly categories?: string[]
  readonly warnings?: string[]
  readonly media?: { readonly mediaId: string; readonly isTeaser?: boolean }[]
  readonly idempotencyKey?: string
}

/** A draft of this creator's; answers it. */
export async function draft(creator: Person, input: PostInput = {}): Promise<Record<string, any>> {
  const { createContent } = await creator.do(postMutation('createContent'), {
    input: { type: 'TEXT', title: 'A title', teaser: 'A teaser', body: 'A body', ...input },
  })
  return createContent.content as Record<string, any>
}

/** A published post of this creator's. */
export async function publish(creator: Person, input: PostInput = {}): Promise<Record<string, any>> {
  const { id } = await draft(creator, input)
  const { publishContent } = await creator.do(postMutation('publishContent'), { input: { contentId: id } })
  return publishContent.content as Record<string, any>
}

/** A post as somebody sees it; null when they do not. */
export async function read(person: Pick<Person, 'request'>, id: string): Promise<Record<string, any> | null> {
  const { data, errors } = await person.request<{ content: Record<string, any> | null }>(READ, { id })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return data?.content ?? null
}

/** Calls a mutation that answers a post; its user errors, or none. */
export async function refusals(person: Person, name: string, input: Record<string, unknown>): Promise<any[]> {
  const { data, errors } = await person.request(postMutation(name), { input })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return data?.[name].userErrors as any[]
}

/** A creator of proven age, who may earn. */
export async function provenCreator(world: World): Promise<Person> {
  const creator = await world.creator()
  await prove(creator)
  return creator
}

/** Has somebody's age proven by the sandbox. */
export async function prove(person: Person): Promise<void> {
  await person.do(
    `mutation ($input: SubmitAgeVerificationInput!) { submitAgeVerification(input: $input) { ageVerification { status } userErrors { code message } } }`,
    { input: { countryCode: 'DE', birthDate: '1990-05-17', documentToken: 'sandbox-approve' } },
  )
}
