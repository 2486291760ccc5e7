import type { Person } from '../support/world.js'

const ERRORS = 'userErrors { code message path }'

/** What the tests ask of a stream. */
export const STREAM = `fragment Stream on LiveStream {
  id state scheduledFor plannedMinutes startedAt reconnectUntil endedAt endReason viewerCount peakViewerCount
  chat { isEnabled subscribersOnly slowModeSeconds } viewerCanManage { isAllowed reason }
  content { id title type price { amountMinor } viewerAccess { isOpen rule reason } }
}`

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** A mutation whose payload has a stream. */
export const streamMutation = (name: string): string =>
  `mutation ($input: ${capital(name)}Input!) { ${name}(input: $input) { stream { ...Stream } ${ERRORS} } } ${STREAM}`

/** Announces a stream; answers it. */
export async function schedule(creator: Person, input: Record<string, unknown> = {}): Promise<Record<string, any>> {
  const { scheduleStream } = await creator.do(streamMutation('scheduleStream'), {
    input: { title: 'Tonight', ...input },
  })
  return scheduleStream.stream as Record<string, any>
}

/** Announces a stream and puts it on air; answers it. */
export async function goLive(creator: Person, input: Record<string, unknown> = {}): Promise<Record<string, any>> {
  const { id } = await schedule(creator, input)
  const { startStream } = await creator.do(streamMutation('startStream'), { input: { streamId: id } })
  return startStream.stream as Record<string, any>
}

/** Calls a mutation about a stream; its user errors, or none. */
export async function errorsOf(person: Person, name: string, input: Record<string, unknown>): Promise<string[]> {
  const { data, errors } = await person.request(
    `mutation ($input: ${capital(name)}Input!) { ${name}(input: $input) { ${ERRORS} } }`,
    { input },
  )
  if (errors.length > 0) return errors.map(({ extensions }) => String(extensions['reason']))
  return (data?.[name].userErrors as { code: string }[]).map(({ code }) => code)
}

/** A stream as somebody sees it; null when they do not. */
export async function readStream(
  person: Pick<Person, 'request'>,
  id: string,
  more = '',
): Promise<Record<string, any> | null> {
  const { data, errors } = await person.request(
    `query ($id: ID!) { stream(id: $id) { ...Stream ${more} } } ${STREAM}`,
    { id },
  )
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return (data?.['stream'] as Record<string, any> | undefined) ?? null
}

/** Makes a key for a creator's encoder. */
export async function rotate(creator: Person, overlapMinutes = 60): Promise<{ id: string; key: string }> {
  const { rotateStreamKey } = await creator.do(
    `mutation ($input: RotateStreamKeyInput!) { rotateStreamKey(input: $input) { key streamKey { id } ${ERRORS} } }`,
    { input: { overlapMinutes } },
  )
  return { id: rotateStreamKey.streamKey.id as string, key: rotateStreamKey.key as string }
}

/** Joins a stream; answers the payload. */
export async function join(person: Person, streamId: string, deviceId?: string): Promise<Record<string, any>> {
  const { joinStream } = await person.do(
    `mutation ($input: JoinStreamInput!) { joinStream(input: $input) { presentUntil playback { playbackId token } stream { viewerCount } ${ERRORS} } }`,
    { input: { streamId, ...(deviceId !== undefined && { deviceId }) } },
  )
  return joinStream as Record<string, any>
}

/** Says something in a chat; answers the payload. */
export async function say(
  person: Person,
  streamId: string,
  text = 'Hello.',
  more: Record<string, unknown> = {},
): Promise<Record<string, any>> {
  const { sendStreamChat } = await person.do(
    `mutation ($input: SendStreamChatInput!) { sendStreamChat(input: $input) { replayed line { id sequence text author { username isCreator } tip { amountMinor } deletedAt } ${ERRORS} } }`,
    { input: { streamId, text, ...more } },
  )
  return sendStreamChat as Record<string, any>
}
