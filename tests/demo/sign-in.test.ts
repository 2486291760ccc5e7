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

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await seedDemo(server.database.db)
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
})
