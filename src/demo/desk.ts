import { forFollowers, forSubscribers, image, soldOrIncluded, text } from './studios/studio.js'
import type { StudioPost } from './studios/studio.js'

interface Draft {
  readonly text: StudioPost
  readonly state: 'draft' | 'scheduled' | 'unpublished' | 'deleted'
  /** From today: when it was begun, or will be seen. */
  readonly days: number
}

/** What lies on Cleo's desk, and what she took off it. */
export const DRAFTS: readonly Draft[] = [
  {
    text: image('Tiles 21 to 24', 'Still wet. The grout is wrong; ask me tomorrow.', 'tiles pattern', { pictures: 2 }),
    state: 'draft',
    days: -1,
  },
  {
    text: text(
      'What a tile costs (draft)',
      'Clay, glaze, two firings, my time at what I would pay somebody else, the three that break. I always get a number that I then do not dare to write down.',
      'essay money',
      forFollowers('The number that I did not dare to write down.'),
    ),
    state: 'draft',
    days: -12,
  },
  {
    text: image(
      'Linocut: the tree in the courtyard',
      'The one that nobody may touch. Four blocks.',
      'linocut print tree',
    ),
    state: 'scheduled',
    days: 1,
  },
  {
    text: text(
      'Workshop: the first six places',
      'A Saturday in spring, ten to four, soup included. You carve one tile and take it home; I keep a cast for the wall.',
      'workshop news',
      forSubscribers('Six places, soup included.'),
    ),
    state: 'scheduled',
    days: 6,
  },
  {
    text: image(
      'Printable: the canal set',
      'All five canal prints with separations.',
      'printable linocut',
      soldOrIncluded(9, 'Five prints with separations.'),
    ),
    state: 'unpublished',
    days: -20,
  },
  {
    text: image('Wrong blue', 'I posted the wrong scan. The right one is coming.', 'linocut'),
    state: 'deleted',
    days: -3,
  },
]
