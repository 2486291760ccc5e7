import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { say, uuidIn } from '../comments/calls.js'
import { publish } from '../content/posts.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import { statementsOf } from '../support/statements.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const PEOPLE = 55

let server: TestServer
let world: World
let admin: Person
let fan: Person
const crowd: Person[] = []
/** One of the crowd, with many posts. */
const writer = (): Person => crowd[0] as Person
/** A post of theirs, with many comments that were edited. */
let discussed: string
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 10_000_000 } })
  world = makeWorld(server)
  admin = await world.admin()
  fan = await world.fan()
  for (let n = 0; n < PEOPLE; n += 5)
    crowd.push(...(await Promise.all(Array.from({ length: 5 }, () => world.fan({ isEmailVerified: false })))))
  for (const person of crowd)
    await person.do(`mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { userErrors { code } } }`, {
      input: {
        bio: 'Hello.',
        birthDate: '1990-05-17',
        characteristics: { eyes: 'green' },
        location: { countryCode: 'DE', city: 'Leipzig' },
        audiences: { age: 'PUBLIC', location: 'STAFF', characteristics: 'FOLLOWERS', socialLinks: 'PUBLIC' },
      },
    })
  // sessions and notices in numbers: as the verbs write them, but without a password hash each
  await server.database.owner.query(
    `insert into user_sessions (user_id, device_label, created_at, last_used_at, expires_at, absolute_expires_at)
     select user_id, 'device ' || n, created_at, last_used_at - make_interval(secs => n), expires_at, absolute_expires_at
     from user_sessions, generate_series(1, 60) n where user_id = $1 and revoked_at is null`,
    [fan.uuid],
  )
  await server.database.owner.query(
    `with follower as (
      insert into follows (follower_id, following_id) select unnest($2::uuid[]), $1::uuid returning follower_id as id
    ), post as (
      insert into content (creator_id, type, title, body, publish_at, announced_at)
      select id, 'text', 'A post', 'Its text', app_now(), app_now() from follower returning id, creator_id
    ), comment as (
      insert into comments (content_id, author_id, body) select id, creator_id, 'Words' from post returning id, author_id
    ), told as (
      select row_number() over () as sequence, * from (
        select 'new_follower' as type, id as actor, 'users' as what, $1::uuid as subject from follower
        union all select 'new_content', creator_id, 'content', id from post
        union all select 'content_comment', author_id, 'comments', id from comment
        order by 2, 1
      ) news
    ), written as (
      insert into notifications (user_id, created_at, sequence, type, actor_id, subject_type, subject_id, group_key, group_id, group_from, group_since)
      select $1, $3, sequence, type::notification_type, actor, what, subject, 'group:' || sequence, gen_random_uuid(), sequence, $3
      from told
      returning 1
    )
    insert into notification_inboxes (user_id, last_sequence) select $1, count(*) from written`,
    [fan.uuid, crowd.map(({ uuid }) => uuid), await server.now()],
  )
  await server.database.owner.query(
    `insert into content (creator_id, type, title, body) select $1, 'text', 'A draft', 'Its text' from generate_series(1, 55)`,
    [writer().uuid],
  )
  await server.database.owner.query(`update content set title = 'Another title' where creator_id = $1`, [writer().uuid])
  const { rows } = await server.database.owner.query<{ id: string }>(
    `with post as (
      select id from content where creator_id = $1 limit 1
    ), comment as (
      insert into comments (content_id, author_id, body) select id, unnest($2::uuid[]), 'Words' from post returning id
    ), version as (
      insert into comment_versions (comment_id, body, valid_from, valid_to)
      select id, 'Other words', app_now(), app_now() from comment, generate_series(1, 3)
    )
    select id::text as id from post`,
    [writer().uuid, crowd.map(({ uuid }) => uuid)],
  )
  await server.database.owner.query(
    `insert into comments (content_id, author_id, body, held_at)
     select post.id, unnest($2::uuid[]), 'Words', app_now()
     from (select id from content where creator_id = $1 and id <> $3 limit 1) post`,
    [writer().uuid, crowd.map(({ uuid }) => uuid), rows[0]!.id],
  )
  await server.database.owner.query(
    `insert into saved_content (user_id, content_id) select $1, id from content where title = 'A post'`,
    [fan.uuid],
  )
  await uploadMedia(server, fan, await makePicture(), { purpose: 'AVATAR' })
  await server.database.owner.query(
    `with copy as (
      select md5(a.id::text || n)::uuid as id, a.id as of, n, a from media_assets a, generate_series(1, 55) n where a.owner_id = $1
    ), written as (
      insert into media_assets select made.* from copy, jsonb_populate_record(copy.a, jsonb_build_object(
        'id', copy.id, 'storage_key', (copy.a).storage_key || n
      )) made
    )
    insert into media_variants (asset_id, kind, label, storage_key, content_type, size_bytes, width, height)
    select copy.id, kind, label, v.storage_key || n, content_type, size_bytes, width, height
    from copy join media_variants v on v.asset_id = copy.of`,
    [fan.uuid],
  )
  discussed = globalId('Content', rows[0]!.id)
}, 120_000)
afterAll(() => server.close())

describe('a list costs as many statements however long it is', () => {
  const person = `id username displayName isAgeVerified subscriptionPrice { formatted } viewerIsSelf viewerCanSetStatus { isAllowed }
    profile { bio website socialLinks { url } categories preferences characteristics location { city countryCode } age audiences { age } }`
  const staff = 'staffView { email status statusReason hasTotp ageVerifications { id status } }'
  const documents: Record<
    string,
    { asker: () => Person; document: string; variables: (n: number) => Record<string, unknown>; most: number }
  > = {
    'users, all of each': {
      asker: () => admin,
      document: `query ($n: Int) { users(first: $n) { nodes { ${person} ${staff} } edges { cursor node { username } } pageInfo { hasNextPage } } }`,
      variables: (n) => ({ n }),
      most: 9,
    },
    'users, found by text': {
      asker: () => admin,
      document: `query ($n: Int) { users(first: $n, filter: { text: "someone" }) { nodes { ${person} } } }`,
      variables: (n) => ({ n }),
      most: 6,
    },
    'nodes, all of each': {
      asker: () => fan,
      document: `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on User { ${person} } } }`,
      variables: (n) => ({ ids: crowd.slice(0, n).map(({ id }) => id) }),
      most: 6,
    },
    'posts of people, all of each': {
      asker: () => fan,
      document: `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { contents(first: 1, type: TEXT) { nodes {
        id title tags categories { slug } creator { username } viewerHasLiked viewerHasSaved likeCount
        body { __typename ... on UnlockedBody { text } }
        comments(first: 2) { nodes { id replies(first: 2) { nodes { id } } } } likers(first: 2) { nodes { username } }
      } } } } }`,
      variables: (n) => ({ ids: crowd.slice(1, n + 1).map(({ id }) => id) }),
      most: 12,
    },
    'one’s own posts, and how they were': {
      asker: writer,
      document: `query ($n: Int) { viewer { contents(first: $n) { nodes { id authorView { version versions(first: 2) { nodes { id title } } } } } } }`,
      variables: (n) => ({ n }),
      most: 4,
    },
    'comments under one’s own post, and what they said': {
      asker: writer,
      document: `query ($id: ID!, $n: Int) { content(id: $id) { comments(first: $n) { nodes { id versions(first: 2) { nodes { id text } } } } } }`,
      variables: (n) => ({ n, id: discussed }),
      most: 4,
    },
    'comments that wait for the viewer': {
      asker: writer,
      document: `query ($n: Int) { viewer { heldComments(first: $n) { nodes {
        id author { username } body { ... on CommentText { text } } content { title } versions(first: 2) { nodes { text } }
        replyCount viewerCanDelete { isAllowed } replies(first: 2) { nodes { id } }
      } } } }`,
      variables: (n) => ({ n }),
      most: 6,
    },
    'posts that the viewer saved': {
      asker: () => fan,
      document: `query ($n: Int) { viewer { savedContents(first: $n) { nodes {
        id title tags categories { slug } creator { username } viewerHasLiked viewerHasSaved viewerAccess { isOpen rule }
        body { ... on UnlockedBody { text media { url } } } viewerCanComment { isAllowed }
        comments(first: 2) { nodes { id } } likers(first: 2) { nodes { username } }
      } } } }`,
      variables: (n) => ({ n }),
      most: 10,
    },
    'files of the viewer': {
      asker: () => fan,
      document: `query ($n: Int) { viewer { media(first: $n) { nodes {
        id state fileName altText file { url durationMs image { url(width: 100) thumbhash } }
      } } } }`,
      variables: (n) => ({ n }),
      most: 3,
    },
    'sessions of the viewer': {
      asker: () => fan,
      document:
        'query ($n: Int) { viewer { sessions(first: $n) { nodes { id device countryCode isCurrent lastUsedAt } } } }',
      variables: (n) => ({ n }),
      most: 2,
    },
    'notices of the viewer': {
      asker: () => fan,
      document: 'query ($n: Int) { viewer { notices(first: $n) { nodes { id title body } } } }',
      variables: (n) => ({ n }),
      most: 2,
    },
    ...Object.fromEntries(
      ['NEW_FOLLOWER', 'NEW_CONTENT', 'CONTENT_COMMENT'].map((type) => [
        `notifications, all of each, of ${type}`,
        {
          asker: () => fan,
          document: `query ($n: Int) { notifications(first: $n, types: [${type}]) { nodes {
            id type title text actorCount isRead sequence actors { username }
            subject {
              __typename ... on User { username } ... on Content { title body { __typename } }
              ... on Comment { body { ... on CommentText { text } } author { username } }
            }
          } } viewer { unreadNotificationCount } }`,
          variables: (n: number) => ({ n }),
          most: 8,
        },
      ]),
    ),
  }
  for (const [what, { asker, document, variables, most }] of Object.entries(documents))
    it(`for ${what}`, async () => {
      // keys of people's data are kept once they are read
      await statementsOf(asker(), document, variables(50))
      const counts: number[] = []
      for (const size of [1, 10, 50]) counts.push(await statementsOf(asker(), document, variables(size)))
      expect(Math.max(...counts) - Math.min(...counts), `${what}: ${counts.join(', ')}`).toBeLessThanOrEqual(1)
      expect(Math.max(...counts), what).toBeLessThanOrEqual(most)
    })

  it('and a person’s page takes two: who asks, and the page', async () => {
    const document = `query ($username: String!) { user(username: $username) { ${person.replace('location { city countryCode } age ', '').replace('characteristics ', '')} } }`
    const username = crowd[1]?.username ?? ''
    await statementsOf(fan, document, { username })
    expect(await statementsOf(fan, document, { username })).toBe(2)
  })
})

describe('two people at once', () => {
  it('see their own, and nothing of each other, in 500 interleaved requests', async () => {
    const [one, two] = [crowd[20], crowd[21]]
    if (!one || !two) throw new Error('nobody there')
    const document = `query ($other: ID!, $mine: ID!) {
      viewer { email user { id username viewerIsSelf } session { isCurrent } sessions(first: 2) { nodes { id isCurrent } } }
      nodes(ids: [$other, $mine, $other]) { ... on User { username viewerIsSelf profile { audiences { age } preferences } } }
    }`
    const ask = async (asker: Person, other: Person): Promise<void> => {
      const { data, errors } = await asker.request(document, { other: other.id, mine: asker.id })
      expect(errors).toEqual([])
      expect(data?.['viewer']).toMatchObject({
        email: asker.email,
        user: { id: asker.id, username: asker.username, viewerIsSelf: true },
        session: { isCurrent: true },
      })
      expect(
        data?.['nodes'].map(({ username, viewerIsSelf, profile }: any) => [
          username,
          viewerIsSelf,
          profile.audiences !== null,
        ]),
      ).toEqual([
        [other.username, false, false],
        [asker.username, true, true],
        [other.username, false, false],
      ])
      expect(JSON.stringify(data)).not.toContain(other.email)
    }
    for (let round = 0; round < 10; round += 1)
      await Promise.all(Array.from({ length: 50 }, (_, n) => ((n + round) % 2 === 0 ? ask(one, two) : ask(two, one))))
  }, 60_000)
})

describe('a cursor', () => {
  const lists = {
    users: {
      asker: () => admin,
      document:
        'query ($after: String, $text: String) { users(first: 2, after: $after, filter: { text: $text }) { nodes { username } pageInfo { endCursor } } }',
      at: (data: any) => data?.users,
    },
    sessions: {
      asker: () => fan,
      document:
        'query ($after: String) { viewer { sessions(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } } }',
      at: (data: any) => data?.viewer?.sessions,
    },
    notices: {
      asker: () => fan,
      document:
        'query ($after: String) { viewer { notices(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } } }',
      at: (data: any) => data?.viewer?.notices,
    },
  }
  beforeAll(async () => {
    for (const key of ['a', 'b', 'c'])
      await admin.do(`mutation ($input: AnnounceInput!) { announce(input: $input) { userErrors { code } } }`, {
        input: { title: key, body: key, idempotencyKey: key },
      })
    await server.drain()
  })

  for (const [name, { asker, document, at }] of Object.entries(lists))
    it(`of ${name} that was tampered with is refused, and leads to no other rows`, async () => {
      const first = at((await asker().do(document, {})) as any)
      const cursor = first.pageInfo.endCursor as string
      const [hash, ...key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[]
      const made = (...parts: unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url')
      expect(at((await asker().do(document, { after: cursor })) as any).nodes, 'as given').not.toHaveLength(0)
      const wrong = [
        '',
        'x',
        '!!!',
        cursor.slice(2),
        cursor.toLowerCase(),
        `${cursor}${cursor}`,
        'x'.repeat(5_000),
        made(),
        made(hash),
        made(...key),
        made(hash, ...key, 'more'),
        made('AAAAAAAA', ...key),
        made(hash, ...key.map(() => '')),
        made(hash, ...key.map(() => 'x')),
        made(hash, ...key.map(() => '2147483648')).replace(/$/, name === 'notices' ? '_' : ''),
        made(hash, ...key.map(() => '9'.repeat(30))),
        made(hash, ...key.map(() => '-1e5')),
        made(hash, ...key.map(() => '1.5')),
        made(hash, ...key.map(() => "' or true --")),
        made(hash, ...key.map(() => '\u0000')),
        made(hash, ...key.map(() => ({ gt: '' }))),
        made(hash, ...key.map(() => null)),
        made(hash, ...key.map(() => [])),
        made(hash, ...key.map(() => '2026-13-45T99:99:99.999Z')),
        made(hash, ...key.map(() => '+275760-09-13T00:00:00.000Z')),
        made(hash, ...[...key].reverse().map((part) => (key.length === 1 ? `${part}x` : part))),
        Buffer.from('{"a":1}').toString('base64url'),
        Buffer.from('[').toString('base64url'),
        Buffer.from([0xff, 0xfe, 0x00]).toString('base64url'),
      ]
      for (const after of wrong) {
        const answer = await asker().request(document, { after })
        const shown = `${Buffer.from(after, 'base64url').toString().slice(0, 90)}: ${JSON.stringify(answer.errors)} ${JSON.stringify(answer.data)}`
        expect(answer.errors, shown).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
        expect(['invalid_cursor', 'cursor_of_another_list'], shown).toContain(answer.errors[0]?.extensions['reason'])
        expect(at(answer.data) ?? null, shown).toBeNull()
      }
    })

  it('with a figure that no column holds leads to the end of the list, or its beginning', async () => {
    const creator = await world.creator()
    const { id } = await publish(creator, { tags: ['one', 'two'] })
    for (const [field, key] of [
      ['tags(first: 1, after: $after) { edges { cursor } }', 'tags'],
      ['search(text: "post") { contents(first: 1, after: $after) { edges { cursor } } }', 'search'],
      ['content(id: $id) { authorView { versions(first: 1, after: $after) { edges { cursor } } } }', 'versions'],
      ['content(id: $id) { comments(first: 1, after: $after) { edges { cursor } } }', 'comments'],
    ] as const) {
      const ask = (after: string | null) => {
        const takesId = field.includes('$id')
        return creator.request<any>(
          `query (${takesId ? '$id: ID!, ' : ''}$after: String) { ${field} }`,
          takesId ? { id, after } : { after },
        )
      }
      if (key === 'comments') await say(server, { contentId: uuidIn(id), authorId: creator.uuid })
      const { data } = await ask(null)
      const cursor = (data.tags ?? data.search?.contents ?? data.content.comments ?? data.content.authorView.versions)
        .edges[0].cursor as string
      const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[]
      const after = Buffer.from(JSON.stringify([parts[0], '9'.repeat(18), ...parts.slice(2)])).toString('base64url')
      expect((await ask(after)).errors, key).toEqual([])
    }
  })

  it('with a name that no text can be is none of ours', async () => {
    const ask = (after: string | null) =>
      fan.request<any>('query ($after: String) { tags(first: 1, after: $after) { edges { cursor } } }', { after })
    const { data } = await ask(null)
    const [hash, count] = JSON.parse(
      Buffer.from(data.tags.edges[0].cursor as string, 'base64url').toString(),
    ) as string[]
    for (const name of ['a\u0000b', '\ud800', 'x'.repeat(300)]) {
      const answer = await ask(Buffer.from(JSON.stringify([hash, count, name])).toString('base64url'))
      expect(answer.errors, JSON.stringify(name)).toMatchObject([{ extensions: { reason: 'invalid_cursor' } }])
    }
  })

  it('of one list does not fit another, nor another filter, nor another person’s', async () => {
    const refusedWith = async (asker: Person, document: string, variables: Record<string, unknown>): Promise<unknown> =>
      (await asker.request(document, variables)).errors[0]?.extensions['reason']
    const cursorOf = async (list: keyof typeof lists): Promise<string> =>
      lists[list].at((await lists[list].asker().do(lists[list].document, {})) as any).pageInfo.endCursor as string
    expect(await refusedWith(fan, lists.sessions.document, { after: await cursorOf('users') })).toBe(
      'cursor_of_another_list',
    )
    expect(await refusedWith(admin, lists.users.document, { after: await cursorOf('sessions') })).toBe(
      'cursor_of_another_list',
    )
    expect(await refusedWith(admin, lists.users.document, { after: await cursorOf('users'), text: 'some' })).toBe(
      'cursor_of_another_list',
    )
    expect(await refusedWith(admin, lists.sessions.document, { after: await cursorOf('sessions') })).toBe(
      'cursor_of_another_list',
    )
  })
})
