import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { follow, inboxOf, textsOf } from './inbox.js'

let server: TestServer
let world: World
let ann: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  ann = await world.fan({ displayName: 'Ann', isEmailVerified: false })
})
afterAll(() => server.close())

const SET = `mutation ($input: UpdateNotificationPreferencesInput!) { updateNotificationPreferences(input: $input) {
  viewer { notificationPreferences { type channel isEnabled isFixed } } userErrors { code path }
} }`
const SETTINGS = `mutation ($input: UpdateNotificationSettingsInput!) { updateNotificationSettings(input: $input) {
  viewer { notificationSettings { quietHours { from to } timeZone } } userErrors { code path }
} }`
const set = async (person: Person, ...wishes: [string, string, boolean][]): Promise<any> =>
  (
    await person.request(SET, {
      input: { preferences: wishes.map(([type, channel, isEnabled]) => ({ type, channel, isEnabled })) },
    })
  ).data?.['updateNotificationPreferences']
const settle = async (person: Person, timeZone: string, quietHours: object | null): Promise<any> =>
  (await person.request(SETTINGS, { input: { timeZone, quietHours } })).data?.['updateNotificationSettings']
const followed = async (person: Person, ...followers: Person[]): Promise<void> => {
  for (const follower of followers) await follow(follower, person)
  await server.drain()
}
const own = (displayName = 'Somebody') => world.fan({ displayName })
const mailsTo = async (person: Person) =>
  (await server.mails.to(person.email)).filter(({ subject }) => !subject.startsWith('Confirm'))

describe('preferences', () => {
  it('are on but for mail, which is for what concerns the account', async () => {
    const { viewer } = await ann.do('{ viewer { notificationPreferences { type channel isEnabled isFixed } } }')
    const all = viewer.notificationPreferences as {
      type: string
      channel: string
      isEnabled: boolean
      isFixed: boolean
    }[]
    expect(all).toHaveLength(36)
    expect(all.filter(({ isEnabled }) => !isEnabled).map(({ channel }) => channel)).toEqual(Array(10).fill('EMAIL'))
    expect(all.filter(({ isFixed }) => isFixed).map(({ type, channel }) => `${type} ${channel}`)).toEqual([
      'SYSTEM_ANNOUNCEMENT IN_APP',
      'MODERATION_ACTION IN_APP',
      'MODERATION_ACTION EMAIL',
      'ACCOUNT IN_APP',
      'ACCOUNT EMAIL',
    ])
  })

  it('count from then on, and can be taken back', async () => {
    const person = await own()
    const { viewer } = await set(person, ['NEW_FOLLOWER', 'IN_APP', false], ['TIP', 'EMAIL', true])
    expect(viewer.notificationPreferences).toEqual(
      expect.arrayContaining([
        { type: 'NEW_FOLLOWER', channel: 'IN_APP', isEnabled: false, isFixed: false },
        { type: 'TIP', channel: 'EMAIL', isEnabled: true, isFixed: false },
        { type: 'TIP', channel: 'IN_APP', isEnabled: true, isFixed: false },
      ]),
    )
    await followed(person, ann)
    expect(await inboxOf(person)).toMatchObject({ nodes: [], unread: 0 })
    await set(person, ['NEW_FOLLOWER', 'IN_APP', true])
    await followed(person, await own('Bob'))
    expect(await textsOf(person)).toEqual(['Bob follows you.'])
  })

  it('mute nothing that tells of the account, of moderation, or everybody, also by SQL', async () => {
    const person = await own()
    for (const [type, channel] of [
      ['SYSTEM_ANNOUNCEMENT', 'IN_APP'],
      ['ACCOUNT', 'IN_APP'],
      ['ACCOUNT', 'EMAIL'],
      ['MODERATION_ACTION', 'IN_APP'],
      ['MODERATION_ACTION', 'EMAIL'],
    ] as const) {
      expect(await set(person, ['TIP', 'PUSH', false], [type, channel, false])).toEqual({
        viewer: null,
        userErrors: [{ code: 'NOTIFICATION_CANNOT_BE_MUTED', path: ['input', 'preferences', '1'] }],
      })
      await expect(
        server.database.owner.query(
          'insert into notification_preferences (user_id, type, channel, enabled) values ($1, $2, $3, false)',
          [person.uuid, type.toLowerCase(), channel.toLowerCase()],
        ),
      ).rejects.toThrow('notification_preferences_some_stay_on')
    }
    expect((await set(person, ['ACCOUNT', 'IN_APP', true], ['ACCOUNT', 'PUSH', false])).userErrors).toEqual([])
    expect((await set(person, ['TIP', 'PUSH', false], ['TIP', 'PUSH', true])).userErrors).toMatchObject([
      { code: 'INVALID_INPUT' },
    ])
  })
})

describe('mail', () => {
  it('goes to who wants it, once per group, to a confirmed address', async () => {
    const [person, unconfirmed] = [await own(), await world.fan({ isEmailVerified: false })]
    for (const one of [person, unconfirmed]) await set(one, ['NEW_FOLLOWER', 'EMAIL', true])
    await followed(person, ann)
    await followed(person, await own('Bob'))
    await followed(unconfirmed, ann)
    const mails = await mailsTo(person)
    expect(mails.map(({ subject }) => subject)).toEqual(['New follower'])
    expect(mails[0]?.text).toContain('Ann follows you.')
    expect(await mailsTo(unconfirmed)).toEqual([])
    expect((await inboxOf(unconfirmed)).nodes).toHaveLength(1)
  })

  it('comes alone to who wants nothing else', async () => {
    const person = await own()
    await set(person, ['NEW_FOLLOWER', 'IN_APP', false], ['NEW_FOLLOWER', 'EMAIL', true])
    await followed(person, ann)
    expect((await inboxOf(person)).nodes).toEqual([])
    expect((await mailsTo(person)).map(({ text }) => text)).toEqual([expect.stringContaining('Ann follows you.')])
  })

  it('tells of the account unasked, and of announcements when asked', async () => {
    const [person, curious, admin] = [await own(), await own(), await world.admin()]
    await set(curious, ['SYSTEM_ANNOUNCEMENT', 'EMAIL', true])
    await admin.do('mutation ($input: AnnounceInput!) { announce(input: $input) { userErrors { code } } }', {
      input: { title: 'New terms', body: 'As of Monday.', idempotencyKey: 'terms' },
    })
    await admin.do(
      'mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }',
      {
        input: { userId: person.id, status: 'BANNED', reason: 'Broke the rules.' },
      },
    )
    await server.drain()
    expect((await mailsTo(curious)).map(({ subject }) => subject)).toEqual(['New terms'])
    expect(await mailsTo(person)).toMatchObject([
      { subject: 'Your account is banned', text: expect.stringContaining('Broke the rules.') },
    ])
  })

  it('waits for the end of quiet hours, and is not sent at all when there is nothing to see by then', async () => {
    const [person, fickle] = [await own(), await own()]
    const now = await server.now()
    const at = (minutes: number): string => new Date(now.getTime() + minutes * 60_000).toISOString().slice(11, 16)
    for (const one of [person, fickle]) {
      await set(one, ['NEW_FOLLOWER', 'EMAIL', true])
      expect((await settle(one, 'UTC', { from: at(-5), to: at(60) })).userErrors).toEqual([])
    }
    await followed(person, ann)
    await followed(fickle, ann)
    expect([...(await mailsTo(person)), ...(await mailsTo(fickle))]).toEqual([])
    expect((await inboxOf(person)).nodes).toHaveLength(1)
    const waiting = `select run_at from graphile_worker.jobs where task_identifier = 'notifications.mail'`
    const { rows } = await server.database.owner.query<{ run_at: Date }>(waiting)
    for (const { run_at } of rows) expect((run_at.getTime() - now.getTime()) / 60_000).toBeCloseTo(60, -0.5)
    // too early, as when the settings changed: they wait again
    const hurry = `update graphile_worker._private_jobs set run_at = now() where run_at > now()`
    await server.database.owner.query(hurry)
    await server.drain()
    expect((await server.database.owner.query(waiting)).rowCount).toBe(2)
    await server.database.owner.query('insert into mutes (muter_id, muted_id) values ($1, $2)', [fickle.uuid, ann.uuid])
    await server.database.setClock(61 * 60_000)
    await server.database.owner.query(hurry)
    await server.drain()
    await server.database.setClock(0)
    expect((await mailsTo(person)).map(({ subject }) => subject)).toEqual(['New follower'])
    expect(await mailsTo(fickle)).toEqual([])
  })
})

describe('quiet hours', () => {
  it('are set to the minute, with their zone, and taken away', async () => {
    const person = await own()
    const quietHours = { from: '22:30', to: '07:05' }
    expect(await settle(person, 'Europe/Berlin', quietHours)).toEqual({
      viewer: { notificationSettings: { quietHours, timeZone: 'Europe/Berlin' } },
      userErrors: [],
    })
    expect((await settle(person, 'Asia/Kathmandu', null)).viewer.notificationSettings).toEqual({
      quietHours: null,
      timeZone: 'Asia/Kathmandu',
    })
  })

  it('are refused where they make no sense', async () => {
    const wrong: [string, object | null, string[]][] = [
      ['Europe/Atlantis', null, ['input', 'timeZone']],
      ['CET', null, ['input', 'timeZone']],
      ['+02:00', null, ['input', 'timeZone']],
      ['UTC', { from: '22:60', to: '07:00' }, ['input', 'quietHours', 'from']],
      ['UTC', { from: '22:00', to: '24:00' }, ['input', 'quietHours', 'to']],
      ['UTC', { from: '7:00', to: '08:00' }, ['input', 'quietHours', 'from']],
      ['UTC', { from: '07:00', to: '07:00' }, ['input', 'quietHours', 'to']],
    ]
    for (const [timeZone, quietHours, path] of wrong)
      expect(await settle(ann, timeZone, quietHours)).toEqual({
        viewer: null,
        userErrors: [{ code: 'INVALID_INPUT', path }],
      })
  })

  it('end at the first instant at which the clock on the wall shows it, also in nights that an hour is set', async () => {
    const zones: [string, string][] = [
      ['Europe/Berlin', '2026-03-28T12:00:00Z'],
      ['Europe/Berlin', '2026-10-24T12:00:00Z'],
      ['America/New_York', '2026-11-01T00:00:00Z'],
      ['America/St_Johns', '2026-03-07T15:30:00Z'],
      ['America/St_Johns', '2026-10-31T15:30:00Z'],
      ['Australia/Lord_Howe', '2026-04-04T06:00:00Z'],
      ['Asia/Kathmandu', '2026-06-01T00:00:00Z'],
    ]
    const hours: [number, number][] = [
      [22 * 60, 7 * 60],
      [60, 150],
      [130, 170],
      [23 * 60 + 30, 135],
      [0, 1439],
    ]
    const MINUTE = 60_000
    for (const [zone, start] of zones) {
      const format = new Intl.DateTimeFormat('en', {
        timeZone: zone,
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })
      const from = new Date(start).getTime()
      const minuteAt = Array.from({ length: 3_000 }, (_, n) => {
        const [hour = '', minute = ''] = format.format(new Date(from + n * MINUTE)).split(':')
        return Number(hour) * 60 + Number(minute)
      })
      for (const [begin, end] of hours) {
        const isQuiet = (minute = 0): boolean =>
          begin < end ? minute >= begin && minute < end : minute >= begin || minute < end
        const { rows } = await server.database.owner.query<{ until: Date | null }>(
          `select app_quiet_until($1::timestamptz + n * interval '1 minute' + interval '7 seconds', $2::smallint, $3::smallint, $4) as until
           from generate_series(0, 1499) n order by n`,
          [start, begin, end, zone],
        )
        for (const [n, { until }] of rows.entries()) {
          const first = isQuiet(minuteAt[n]) ? minuteAt.findIndex((minute, m) => m > n && !isQuiet(minute)) : null
          const expected = first === null ? null : new Date(from + first * MINUTE).toISOString()
          expect(until?.toISOString() ?? null, `${zone} ${String(begin)}-${String(end)} + ${String(n)} min`).toBe(
            expected,
          )
        }
      }
    }
  })
})
