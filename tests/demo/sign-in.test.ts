import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO_PASSWORD, DEMO_SIGN_INS, seedDemo } from '../../src/demo/seed.js'
import { request } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'

const LOGIN = /* GraphQL */ `
  mutation DemoLogin($input: LoginInput!) {
    login(input: $input) {
      accessToken
      challenge {
        token
      }
      viewer {
        isLimited
        user {
          accountType
        }
        sessions {
          nodes {
            device
          }
        }
        notices {
          nodes {
            title
          }
        }
      }
      userErrors {
        code
      }
    }
  }
`

interface Login {
  login: {
    accessToken: string
    challenge: null
    viewer: {
      isLimited: boolean
      user: { accountType: string }
      sessions: { nodes: { device: string }[] }
      notices: { nodes: { title: string }[] }
    }
    userErrors: { code: string }[]
  }
}

const PAGE = /* GraphQL */ `
  query DemoPage($username: String!) {
    user(username: $username) {
      displayName
      isDeleted
      subscriptionPrice {
        formatted
      }
      profile {
        bio
        location {
          city
        }
      }
    }
  }
`

const PEOPLE = /* GraphQL */ `
  query DemoPeople {
    users(first: 100, filter: { status: SUSPENDED }) {
      nodes {
        staffView {
          email
          statusReason
        }
      }
    }
  }
`

const FEED = /* GraphQL */ `
  query DemoFeed {
    feed(first: 50) {
      nodes {
        id
        type
        commentCount
        creator {
          username
        }
        viewerAccess {
          isOpen
          rule
        }
        body {
          __typename
          ... on UnlockedBody {
            text
          }
          ... on LockedBody {
            reason
            offers {
              kind
            }
          }
        }
      }
    }
  }
`

interface Feed {
  feed: {
    nodes: {
      id: string
      type: string
      commentCount: number
      creator: { username: string }
      viewerAccess: { isOpen: boolean; rule: string }
      body: { __typename: string; text?: string; offers?: { kind: string }[] }
    }[]
  }
}

const THREAD = /* GraphQL */ `
  query DemoThread($id: ID!) {
    content(id: $id) {
      comments(first: 50) {
        nodes {
          body {
            ... on CommentText {
              text
            }
          }
          replies(first: 5) {
            nodes {
              isByCreator
            }
          }
        }
      }
    }
  }
`

interface Thread {
  content: { comments: { nodes: { body: { text?: string }; replies: { nodes: { isByCreator: boolean }[] } }[] } }
}

const NEWS = /* GraphQL */ `
  query DemoNews {
    viewer {
      unreadNotificationCount
    }
    notifications(first: 50) {
      nodes {
        type
        text
        actorCount
        isRead
      }
    }
  }
`

interface News {
  viewer: { unreadNotificationCount: number }
  notifications: { nodes: { type: string; text: string; actorCount: number; isRead: boolean }[] }
}

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await seedDemo(server.database)
})
afterAll(() => server.close())

async function signIn(email: string): Promise<Login['login']> {
  const { data, errors } = await request<Login, unknown>(server.url, LOGIN, {
    input: { email, password: DEMO_PASSWORD },
  })
  expect(errors).toEqual([])
  if (!data) throw new Error('no answer')
  return data.login
}

const asked = async <Data>(token: string, query: string, variables = {}): Promise<Data> => {
  const { data, errors } = await request<Data, unknown>(server.url, query, variables, {
    authorization: `Bearer ${token}`,
  })
  expect(errors).toEqual([])
  return data as Data
}

describe('the demo sign-ins', () => {
  it.each(DEMO_SIGN_INS)(
    '$email is a $accountType at once, with devices and notices',
    async ({ email, accountType }) => {
      const { accessToken, challenge, viewer, userErrors } = await signIn(email)
      expect({ challenge, userErrors }).toEqual({ challenge: null, userErrors: [] })
      expect(accessToken).toMatch(/^ey/)
      expect(viewer).toMatchObject({ isLimited: false, user: { accountType } })
      expect(viewer.sessions.nodes.length).toBeGreaterThan(1)
      expect(viewer.notices.nodes.map(({ title }) => title)).toContain('A short pause on Sunday')
    },
  )

  it('have staff powers without a second factor', async () => {
    for (const email of ['moderator@example.com', 'admin@example.com']) {
      const { accessToken } = await signIn(email)
      const { users } = await asked<{ users: { nodes: { staffView: { email: string; statusReason: string } }[] } }>(
        accessToken,
        PEOPLE,
      )
      expect(users.nodes.length).toBeGreaterThan(0)
      for (const { staffView } of users.nodes) {
        expect(staffView.email).toMatch(/@people\.example$/)
        expect(staffView.statusReason).toBeTruthy()
      }
    }
  })

  it('see the creator’s page', async () => {
    const { accessToken } = await signIn('fan@example.com')
    const { user } = await asked<{ user: { displayName: string; profile: { bio: string } } }>(accessToken, PAGE, {
      username: 'Cleo',
    })
    expect(user).toMatchObject({
      displayName: 'Cleo Marchetti',
      isDeleted: false,
      subscriptionPrice: { formatted: expect.any(String) as string },
    })
    expect(user.profile.bio).toBeTruthy()
  })

  it('show the fan a full feed, of which some is open to her and some is not', async () => {
    const { accessToken } = await signIn('fan@example.com')
    const { nodes } = (await asked<Feed>(accessToken, FEED)).feed
    expect(nodes.length).toBeGreaterThanOrEqual(20)
    expect(new Set(nodes.map(({ creator }) => creator.username)).size).toBeGreaterThan(8)
    const rules = new Set(nodes.map(({ viewerAccess }) => viewerAccess.rule))
    for (const rule of ['PUBLIC', 'FOLLOWER', 'CREATOR_GRANT', 'CONTENT_GRANT', 'LOCKED']) expect(rules).toContain(rule)
    const locked = nodes.filter(({ viewerAccess }) => !viewerAccess.isOpen)
    expect(locked.length).toBeGreaterThanOrEqual(5)
    for (const { body } of locked)
      expect(body).toMatchObject({ __typename: 'LockedBody', offers: expect.arrayContaining([]) as [] })
    expect(new Set(locked.flatMap(({ body }) => body.offers?.map(({ kind }) => kind) ?? []))).toEqual(
      new Set(['BUY', 'SUBSCRIBE']),
    )
  })

  it('find discussions that creators take part in', async () => {
    const { accessToken } = await signIn('fan@example.com')
    const { nodes } = (await asked<Feed>(accessToken, FEED)).feed
    const open = nodes.filter(({ viewerAccess }) => viewerAccess.isOpen)
    const [liveliest] = open.toSorted((one, other) => other.commentCount - one.commentCount)
    const { content } = await asked<Thread>(accessToken, THREAD, { id: liveliest?.id })
    expect(content.comments.nodes.length).toBeGreaterThanOrEqual(4)
    expect(content.comments.nodes.flatMap(({ replies }) => replies.nodes).some(({ isByCreator }) => isByCreator)).toBe(
      true,
    )
  })

  it('are told what others did, likes and followers together', async () => {
    const creator = await asked<News>((await signIn('creator@example.com')).accessToken, NEWS)
    expect(creator.viewer.unreadNotificationCount).toBeGreaterThan(0)
    const types = new Set(creator.notifications.nodes.map(({ type }) => type))
    for (const type of ['NEW_FOLLOWER', 'CONTENT_LIKE', 'CONTENT_COMMENT', 'NEW_CONTENT']) expect(types).toContain(type)
    expect(creator.notifications.nodes.some(({ text }) => /and \d+ others like “/.test(text))).toBe(true)
    expect(creator.notifications.nodes.some(({ isRead }) => isRead)).toBe(true)
    const fan = await asked<News>((await signIn('fan@example.com')).accessToken, NEWS)
    expect(fan.notifications.nodes.filter(({ type }) => type === 'NEW_CONTENT').length).toBeGreaterThan(20)
    expect(fan.viewer.unreadNotificationCount).toBeGreaterThan(0)
  })
})
