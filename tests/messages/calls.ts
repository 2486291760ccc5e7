import { call, done } from '../comments/calls.js'
import { newKey } from '../payments/paying.js'
import type { Person } from '../support/world.js'

/** What the tests ask of a conversation. */
export const CONVERSATION = `id lastSequence lastMessageAt unreadCount readUpTo otherReadUpTo isArchived isPinned isMuted mutedUntil viewerRole
  other { id username } viewerCanSend { isAllowed reason }
  lastMessage { id sequence body { __typename ... on MessageText { text } } }`

/** Begins a conversation, or finds it; answers its id. */
export const start = async (person: Person, other: { readonly id: string }): Promise<string> =>
  (await done(person, 'startConversation', { userId: other.id }, 'conversation { id }'))['conversation'].id as string

export interface Sent {
  readonly id: string
  readonly sequence: string
  readonly version: number
}

/** Says something in a conversation. */
export const send = async (person: Person, conversationId: string, body = 'Hello.', more: object = {}): Promise<Sent> =>
  (
    await done(
      person,
      'sendMessage',
      { conversationId, body, idempotencyKey: newKey(), ...more },
      'message { id sequence version } replayed',
    )
  )['message'] as Sent

/** Tries to say something; answers the codes it is refused with. */
export const trySend = async (person: Person, conversationId: string, more: object = {}): Promise<string[]> =>
  (
    await call(person, 'sendMessage', { conversationId, body: 'Hello.', idempotencyKey: newKey(), ...more })
  ).userErrors.map(({ code }) => code)

/** Marks as read up to a message; answers the conversation. */
export const markRead = async (person: Person, conversationId: string, upTo: string) =>
  (
    await done(
      person,
      'markConversationRead',
      { conversationId, upTo },
      `conversation { unreadCount readUpTo otherReadUpTo }`,
    )
  )['conversation'] as { unreadCount: number; readUpTo: string; otherReadUpTo: string | null }

/** A conversation as somebody has it; null where it is not theirs. */
export const conversationOf = async (person: Person, id: string): Promise<Record<string, any> | null> =>
  (await person.do(`query ($id: ID!) { conversation(id: $id) { ${CONVERSATION} } }`, { id }))['conversation']

/** The ids of somebody's conversations. */
export const listOf = async (person: Person, args = ''): Promise<string[]> =>
  (await person.do(`{ viewer { conversations${args ? `(${args})` : ''} { nodes { id } } } }`))[
    'viewer'
  ].conversations.nodes.map(({ id }: { id: string }) => id)

/** Sequence and text of the messages of a conversation, oldest first. */
export const messagesOf = async (person: Person, id: string): Promise<[string, string | null][]> => {
  const { conversation } = await person.do(
    `query ($id: ID!) { conversation(id: $id) { messages(last: 100) { nodes { sequence body { ... on MessageText { text } } } } } }`,
    { id },
  )
  return conversation.messages.nodes
    .map(({ sequence, body }: { sequence: string; body: { text?: string } }) => [sequence, body.text ?? null])
    .reverse()
}
