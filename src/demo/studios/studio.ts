/** How a picture is drawn; `demo/pictures` has one way for each. */
export type LookName =
  | 'arches'
  | 'aurora'
  | 'blocks'
  | 'bubbles'
  | 'contours'
  | 'crossword'
  | 'cutouts'
  | 'figures'
  | 'flow'
  | 'glass'
  | 'ink'
  | 'isobars'
  | 'lighthouse'
  | 'loaves'
  | 'makeup'
  | 'market'
  | 'masks'
  | 'pages'
  | 'patch'
  | 'pixels'
  | 'quilt'
  | 'receipts'
  | 'reeds'
  | 'ribbons'
  | 'ridges'
  | 'rings'
  | 'score'
  | 'shopfront'
  | 'skyline'
  | 'spines'
  | 'sprites'
  | 'stars'
  | 'stems'
  | 'strings'
  | 'table'
  | 'terrazzo'
  | 'tiles'
  | 'trinkets'
  | 'waves'
  | 'weave'
  | 'wheels'

/** What all pictures of one creator have in common: how they are drawn, and in which colours, the ground first. */
export interface Look {
  readonly name: LookName
  readonly colours: readonly [string, string, string, ...string[]]
}

/** For whom a post is; absent in a studio's post: for everybody. */
export type Gate =
  | { readonly kind: 'followers' }
  | { readonly kind: 'subscribers' }
  /** Sold singly; `price` in whole units of the creator's currency. */
  | { readonly kind: 'sold'; readonly price: number; readonly isIncluded: boolean }

/** A post as its creator wrote it. */
export interface StudioPost {
  readonly type: 'IMAGE' | 'TEXT' | 'AUDIO'
  readonly title: string
  readonly body: string
  readonly tags: readonly string[]
  readonly gate: Gate | null
  readonly teaser: string | null
  readonly warnings: readonly string[]
  readonly isForAdults: boolean
  readonly pictures: number
}

/** What one creator makes, how it looks and what they write; no two creators share one. */
export interface Studio {
  /** Theirs among all; names the pictures. */
  readonly name: string
  /** Language they write in. */
  readonly language: string
  /** A few words about oneself. */
  readonly bio: string
  /** Their own words for what they do, on their profile. */
  readonly crafts: readonly string[]
  /** Slugs of the platform's categories. */
  readonly subjects: readonly string[]
  readonly look: Look
  /** What people point at when they comment, to stand after `I love …`. */
  readonly details: readonly [string, string, ...string[]]
  /** The oldest first. */
  readonly posts: readonly StudioPost[]
}

type Options = Partial<Pick<StudioPost, 'gate' | 'teaser' | 'warnings' | 'isForAdults' | 'pictures'>>

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '')

const post =
  (type: StudioPost['type'], pictures: number) =>
  (title: string, body: string, tags: string, options: Options = {}): StudioPost => ({
    type,
    title,
    body,
    tags: words(tags),
    gate: null,
    teaser: null,
    warnings: [],
    isForAdults: false,
    pictures,
    ...options,
  })

/** One picture, or as many as `pictures` says. */
export const image = post('IMAGE', 1)
export const text = post('TEXT', 0)
export const sound = post('AUDIO', 0)

export const forFollowers = (teaser: string | null = null): Options => ({ gate: { kind: 'followers' }, teaser })
export const forSubscribers = (teaser: string | null = null): Options => ({ gate: { kind: 'subscribers' }, teaser })
export const sold = (price: number, teaser: string | null = null): Options => ({
  gate: { kind: 'sold', price, isIncluded: false },
  teaser,
})
/** Sold, and open to subscribers. */
export const soldOrIncluded = (price: number, teaser: string | null = null): Options => ({
  gate: { kind: 'sold', price, isIncluded: true },
  teaser,
})
export const forAdults = (...warnings: string[]): Options => ({ isForAdults: true, warnings })

export const look = (name: LookName, colours: string): Look => {
  const [ground, first, second, ...rest] = words(colours)
  if (!ground || !first || !second) throw new Error('a look has three colours at least')
  return { name, colours: [ground, first, second, ...rest] }
}
