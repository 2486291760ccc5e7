import { randomUUID } from 'node:crypto'
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client'
import type { TypedDocumentNode } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { getMainDefinition } from '@apollo/client/utilities'
import { Kind, OperationTypeNode } from 'graphql'
import { createClient } from 'graphql-ws'
import type { Client as SocketClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { DEMO_IDS, DEMO_PAIR, DEMO_PASSWORD, seedDemo } from '../../src/demo/seed.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'

/** A front end on Apollo Client: operations over HTTP, subscriptions over a socket, one normalized cache. */
interface FrontEnd {
  readonly client: ApolloClient
  readonly socket: SocketClient
}

interface Received {
  readonly messageReceived: {
    readonly sequence: string
    readonly kind: string
    readonly message: { readonly id: string; readonly isOwn: boolean; readonly body: { readonly text: string } }
  }
}

let server: TestServer
const frontEnds: FrontEnd[] = []
beforeAll(async () => {
  server = await startServer({ config: { isDemo: true } })
  await seedDemo(server.services.database)
})
afterAll(async () => {
  for (const { client, socket } of frontEnds) {
    client.stop()
    await socket.dispose()
  }
  await server.close()
})

const LOGIN: TypedDocumentNode<{ login: { accessToken: string } }, { input: { email: string; password: string } }> =
  gql`
    mutation Login($input: LoginInput!) {
      login(input: $input) {
        accessToken
      }
    }
  `

async function openFrontEnd(email: string): Promise<FrontEnd> {
  let token = ''
  const authorization = (): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {})
  const http = new ApolloLink((operation, forward) => {
    operation.setContext({ headers: authorization() })
    return forward(operation)
  }).concat(new HttpLink({ uri: server.url }))
  const socket = createClient({
    url: server.wsUrl,
    webSocketImpl: WebSocket,
    connectionParams: () => authorization(),
  })
  const isSubscription = ({ query }: { readonly query: Parameters<typeof getMainDefinition>[0] }): boolean => {
    const definition = getMainDefinition(query)
    return definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.SUBSCRIPTION
  }
  const client = new ApolloClient({
    link: ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http),
    cache: new InMemoryCache(),
  })
  const { data } = await client.mutate({
    mutation: LOGIN,
    variables: { input: { email, password: DEMO_PASSWORD } },
  })
  token = data?.login.accessToken ?? ''
  frontEnds.push({ client, socket })
  return { client, socket }
}

const START: TypedDocumentNode<
  { startConversation: { conversation: { id: string; lastEventSequence: string } } },
  { userId: string }
> = gql`
  mutation Start($userId: ID!) {
    startConversation(input: { userId: $userId }) {
      conversation {
        id
        lastEventSequence
      }
    }
  }
`
const CONVERSATION: TypedDocumentNode<
  { conversation: { lastMessage: { body: { text: string } } | null } },
  { id: string }
> = gql`
  query Conversation($id: ID!) {
    conversation(id: $id) {
      id
      unreadCount
      lastMessage {
        id
        body {
          ... on MessageText {
            text
          }
        }
      }
    }
  }
`
const SEND: TypedDocumentNode<{ sendMessage: { message: { id: string } } }, { id: string; body: string; key: string }> =
  gql`
    mutation Send($id: ID!, $body: String!, $key: ID!) {
      sendMessage(input: { conversationId: $id, body: $body, idempotencyKey: $key }) {
        message {
          id
          sequence
          isOwn
        }
        conversation {
          id
          lastMessage {
            id
            body {
              ... on MessageText {
                text
              }
            }
          }
        }
      }
    }
  `
const RECEIVED: TypedDocumentNode<Received, { id: string; after: string }> = gql`
  subscription Received($id: ID!, $after: BigInt) {
    messageReceived(conversationId: $id, after: $after) {
      sequence
      kind
      message {
        id
        isOwn
        body {
          ... on MessageText {
            text
          }
        }
        conversation {
          id
          unreadCount
        }
      }
    }
  }
`

it('talks through Apollo Client: operations over HTTP, events over a socket, one cache', async () => {
  const [fan, creator] = await Promise.all(DEMO_PAIR.map(openFrontEnd))
  if (!fan || !creator) throw new Error('the demo world has a pair')
  const started = await fan.client.mutate({ mutation: START, variables: { userId: DEMO_IDS.creator } })
  const { id, lastEventSequence } = started.data?.startConversation.conversation ?? { id: '', lastEventSequence: '0' }
  const told: Received['messageReceived'][] = []
  creator.client
    .subscribe({ query: RECEIVED, variables: { id, after: lastEventSequence } })
    .subscribe(({ data }) => data && told.push(data.messageReceived))
  const seen: (string | undefined)[] = []
  fan.client
    .watchQuery({ query: CONVERSATION, variables: { id } })
    .subscribe(({ data, dataState }) => dataState === 'complete' && seen.push(data.conversation.lastMessage?.body.text))
  await until(() => seen.length > 0)

  await fan.client.mutate({ mutation: SEND, variables: { id, body: 'By Apollo', key: randomUUID() } })
  await until(() => told.length === 1)
  expect(told[0]).toMatchObject({ kind: 'CREATED', message: { isOwn: false, body: { text: 'By Apollo' } } })
  // the payload of the mutation changed what the query watches, by the ids of its nodes
  await until(() => seen.at(-1) === 'By Apollo')
  const cached = creator.client.cache.readFragment<{ unreadCount: number }>({
    id: `Conversation:${id}`,
    fragment: gql`
      fragment Unread on Conversation {
        unreadCount
      }
    `,
  })
  expect(cached?.unreadCount).toBeGreaterThan(0)
})
