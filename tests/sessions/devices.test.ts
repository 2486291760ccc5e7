import { expect, it } from 'vitest'
import { countryOf } from '../../src/lib/geo.js'
import { describeDevice } from '../../src/sessions/devices.js'

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'

it('names a device as its owner would', async () => {
  const describe = (userAgent: string) => describeDevice({ ip: '127.0.0.1', userAgent })
  expect(await describe(PHONE)).toMatchObject({
    deviceLabel: 'Mobile Safari on iOS',
    deviceType: 'MOBILE',
    countryCode: null,
  })
  expect(await describe('curl/8.4.0')).toMatchObject({ deviceLabel: 'curl', deviceType: 'OTHER', browser: null })
  expect(await describe('')).toMatchObject({ deviceLabel: null, userAgent: null })
  expect(await describe('Googlebot/2.1')).toMatchObject({ deviceType: 'BOT' })
})

it('keeps within the limits of its columns, whatever is sent', async () => {
  const device = await describeDevice({
    ip: 'x',
    userAgent: `a\u0000\r\n${'b'.repeat(10_000)} Firefox/${'9'.repeat(400)}`,
  })
  expect(device.userAgent).toHaveLength(512)
  expect(device.deviceLabel?.length ?? 0).toBeLessThanOrEqual(100)
  expect(device.userAgent).not.toMatch(/\p{C}/u)
})

it('knows the country of public addresses, and of no others', async () => {
  const countries = await Promise.all(
    ['8.8.8.8', '::ffff:8.8.8.8', '2001:4860:4860::8888', '10.0.0.1', '::1', 'no address'].map(countryOf),
  )
  expect(countries).toEqual(['US', 'US', 'US', null, null, null])
})
