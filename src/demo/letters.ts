import { HOUR_MS, MINUTE_MS, addMs } from '../lib/clock.js'
import { daysAgo, toAmount } from './deeds.js'
import type { Creator, Deed, DeedOf, LetterFile } from './deeds.js'
import type { DemoPerson } from './world.js'

/** Somebody's message in a talk: how long after the one before, and what it says. */
interface Line {
  readonly isCreator: boolean
  readonly body: string
  /** Since the one before. */
  readonly afterMs: number
  /** The place in the talk of the one that it answers. */
  readonly answers?: number
  readonly files?: readonly LetterFile[]
  /** What it costs, in units that are worth about a euro, and what can be read before. */
  readonly sold?: { readonly units: number; readonly teaser: string }
}

const says =
  (isCreator: boolean) =>
  (body: string, afterMs = 40 * MINUTE_MS, more: Partial<Pick<Line, 'answers' | 'files' | 'sold'>> = {}): Line => ({
    isCreator,
    body,
    afterMs,
    ...more,
  })
const creator = says(true)
const fan = says(false)
const picture = (name: string, isTeaser = false): LetterFile => ({ name, isTeaser })

/** Of the fan who can sign in and the creator who can, in days before today when each part begins. */
const FAY_AND_CLEO: readonly { readonly days: number; readonly lines: readonly Line[] }[] = [
  {
    days: 71.2,
    lines: [
      fan(
        'Hello Cleo! I have just subscribed. The blue tile of week one is my favourite: is there a print of it left?',
      ),
      creator(
        'Welcome, Fay! Blue was gone in a day, but I am cutting a second edition. You will hear of it first.',
        2 * HOUR_MS,
      ),
      fan('That would be wonderful. Thank you!'),
    ],
  },
  {
    days: 33.4,
    lines: [
      creator('Look what came out of the press this morning. Nobody else has seen it yet.', 0, {
        files: [picture('letter/green')],
      }),
      fan('The green! How did you get it so deep?', 25 * MINUTE_MS, { answers: 0 }),
      creator(
        'Two passes with an hour between them. The second one is nearly transparent, with a drop of black.',
        50 * MINUTE_MS,
      ),
    ],
  },
  {
    days: 21.6,
    lines: [
      creator('First and last cut of the block. Mind the corner at the top left: that is where the knife slipped.', 0, {
        files: [picture('letter/block/0', true), picture('letter/block/1')],
        sold: {
          units: 6,
          teaser: 'The block while I was cutting it, with my notes. The first picture is on the house.',
        },
      }),
    ],
  },
  { days: 20.9, lines: [fan('Worth every penny. One sees exactly where it slipped!')] },
  {
    days: 3.3,
    lines: [
      creator('Ultramarine 14 g, cyan 3 g, transparent base 40 g, and the one thing that I never tell anybody.', 0, {
        files: [picture('letter/recipe')],
        sold: { units: 4, teaser: 'The recipe of the blue, to the gram.' },
      }),
    ],
  },
  {
    days: 0.9,
    lines: [
      creator('The second edition is on the drying rack. Number three is yours, if you still want it.'),
      creator('Shall I send it flat or rolled?', 3 * MINUTE_MS),
    ],
  },
]

const TO_ALL =
  'To all who make this possible: the studio is closed for two days while the new press is carried in. Prints that are ordered by tonight leave before that. Thank you for being here!'
const TO_ALL_DAYS = 5.2

/** Of subscribers and the creator who can sign in; the last of a talk is unread where nobody answered it. */
const TALKS: readonly { readonly days: number; readonly lines: readonly Line[] }[] = [
  {
    days: 12.3,
    lines: [
      fan('Do you send prints to Norway?'),
      creator('I do: rolled, about two weeks.', 3 * HOUR_MS),
      fan('Perfect, thank you.'),
      creator('You are welcome!'),
    ],
  },
  {
    days: 8.1,
    lines: [
      fan('The link in your last post leads nowhere, I am afraid.'),
      creator('Mended. Thank you for telling me!', 20 * MINUTE_MS),
    ],
  },
  {
    days: 4.4,
    lines: [
      fan('I teach twelve-year-olds. May I print the small tile with them?'),
      creator('Please do! Lino is kinder to small hands when it is a little warm.', 90 * MINUTE_MS),
      fan('They loved it. Nobody wanted to go home.', 26 * HOUR_MS),
    ],
  },
  { days: 2.2, lines: [fan('Would you take a commission? A cat, in tiles. She is quite round.')] },
  {
    days: 0.7,
    lines: [
      fan('Happy birthday to the studio!'),
      fan('And thank you for the essay on mistakes. I have read it to my mother.', 4 * MINUTE_MS),
    ],
  },
]

/** With another creator, to whom the fan who can sign in subscribed six days ago. */
const WITH_ANOTHER: readonly Line[] = [
  creator('Thank you for subscribing! All that came before is open to you now; begin with the oldest.'),
  fan('I have been looking forward to this. The oldest it is.', 5 * HOUR_MS),
]
const WITH_ANOTHER_DAYS = 5.8

interface Writers {
  readonly fay: DemoPerson
  readonly cleo: Creator
  /** Who subscribed to whom. */
  readonly subscribers: readonly DeedOf<'SUBSCRIBE'>[]
}

/** What people write each other, buy of it and read. */
export function demoLetters({ fay, cleo, subscribers }: Writers, today: Date): Deed[] {
  const fans = subscribers.filter((deed) => deed.creator.id === cleo.id && deed.fan.id !== fay.id)
  const other = subscribers.find((deed) => deed.fan.id === fay.id && deed.creator.id !== cleo.id)
  const two = { fan: fay, creator: cleo }
  const fays = FAY_AND_CLEO.flatMap(({ days, lines }, part) =>
    talk({ ...two, name: `fay/${String(part)}`, lines }, daysAgo(today, days)),
  )
  const sold = fays.find(({ priceMinor }) => priceMinor !== null)
  return [
    ...fays,
    ...(sold ? [buying(fay, sold)] : []),
    { kind: 'PIN', at: daysAgo(today, 30), keeper: fay, of: 'fay/0/0' },
    { kind: 'WRITE_TO_MANY', at: daysAgo(today, TO_ALL_DAYS), name: 'to-all', creator: cleo, body: TO_ALL },
    ...TALKS.flatMap(({ days, lines }, index) => {
      const at = daysAgo(today, days)
      const early = fans.filter((deed) => deed.at < at)
      const writer = early[Math.floor(((index + 0.5) * early.length) / TALKS.length)]
      return writer ? talk({ fan: writer.fan, creator: cleo, name: `talk/${String(index)}`, lines }, at) : []
    }),
    ...(other
      ? [
          ...talk(
            { fan: fay, creator: other.creator, name: 'fay/other', lines: WITH_ANOTHER },
            daysAgo(today, WITH_ANOTHER_DAYS),
          ),
          { kind: 'ARCHIVE', at: daysAgo(today, 4), keeper: fay, of: 'fay/other/1' } as const,
        ]
      : []),
  ]
}

const buying = (fan: DemoPerson, { name, at }: DeedOf<'WRITE'>): DeedOf<'BUY_MESSAGE'> => ({
  kind: 'BUY_MESSAGE',
  at: addMs(at, 8 * HOUR_MS),
  name: `buy/${name}`,
  fan,
  message: name,
})

interface Talking {
  readonly name: string
  readonly fan: DemoPerson
  readonly creator: Creator
  readonly lines: readonly Line[]
}

/** Lines in their order. */
function talk({ name, fan, creator, lines }: Talking, from: Date): DeedOf<'WRITE'>[] {
  let at = from
  return lines.map(({ isCreator, body, afterMs, answers, sold, files = [] }, index) => {
    at = addMs(at, afterMs)
    const [writer, reader] = isCreator ? [creator, fan] : [fan, creator]
    return {
      kind: 'WRITE',
      at,
      name: `${name}/${String(index)}`,
      from: writer,
      to: reader,
      body,
      answers: answers === undefined ? null : `${name}/${String(answers)}`,
      priceMinor: sold ? toAmount(sold.units, creator.place.currency).amountMinor : null,
      teaser: sold?.teaser ?? null,
      files,
    }
  })
}
