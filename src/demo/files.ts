import type { MediaKind, MediaPurpose } from '../media/types.js'
import { isCreator } from './posts.js'
import type { DemoPost } from './posts.js'
import { DemoRandom, demoId } from './random.js'
import type { ProfilePictures } from './rows.js'
import { STUDIO_LOOKS } from './studios/studios.js'
import type { Look } from './studios/studio.js'
import type { DemoPerson } from './world.js'

/** What is made for a file: a picture in a look, somebody's face, what they are fond of, or a few bars of music. */
export type Recipe =
  | { readonly kind: 'picture'; readonly look: Look; readonly width: number; readonly height: number }
  | { readonly kind: 'face' | 'emblem'; readonly look: Look; readonly width: number; readonly height: number }
  | { readonly kind: 'sound' }

/** A file of the demo world, not made yet. */
export interface DemoFile {
  readonly id: string
  /** Theirs among all: the same name is the same file. */
  readonly name: string
  readonly ownerId: string
  readonly kind: MediaKind
  readonly purpose: MediaPurpose
  readonly recipe: Recipe
  readonly altText: string
  readonly createdAt: Date
  /** The post that it is in, and where; null for a picture of a profile or of a message. */
  readonly place: { readonly contentId: string; readonly position: number; readonly isTeaser: boolean } | null
}

/** The file of this name, where files were made. */
export const fileId = (name: string): string => demoId(`media/${name}`)

/** How wide most pictures are; the others go by it. */
export const PICTURE_WIDTH = 960
/** Pictures are of these shapes: as wide and as high, against the usual width. */
const SHAPES: readonly [Shape, ...Shape[]] = [
  [1, 0.75],
  [1, 0.75],
  [1, 0.5625],
  [0.8, 1],
  [0.9, 0.9],
]
type Shape = readonly [number, number]
const BANNER: Shape = [1, 1 / 3]
const AVATAR: Shape = [1 / 3, 1 / 3]
const AVATAR_SHARE = 0.25
const EMBLEM_SHARE = 0.25
/** Of the posts that are not for everybody and have several pictures, so many show the first. */
const TEASER_SHARE = 0.5

/** Everything that is to be drawn and played: in posts, on profiles and in messages. */
export const demoFiles = (
  people: readonly DemoPerson[],
  posts: readonly DemoPost[],
  pictureWidth = PICTURE_WIDTH,
): DemoFile[] => [
  ...people.flatMap((person) => profileFiles(person, pictureWidth)),
  ...posts.flatMap((post) => postFiles(post, pictureWidth)),
  ...people
    .filter(isCreator)
    .filter(({ isSignIn }) => isSignIn)
    .flatMap((creator) => letterFiles(creator, pictureWidth)),
]

const sized = ([wide, high]: Shape, pictureWidth: number): { width: number; height: number } => ({
  width: Math.floor(wide * pictureWidth),
  height: Math.floor(high * pictureWidth),
})

/** Creators show themselves and what they do; of the others some do. */
function profileFiles(person: DemoPerson, pictureWidth: number): DemoFile[] {
  const { id, username, displayName, joinedAt, isSignIn } = person
  const random = new DemoRandom(`avatar/${username}`)
  const file = (purpose: 'AVATAR' | 'BANNER', recipe: Recipe, altText: string): DemoFile => {
    const name = `${purpose.toLowerCase()}/${username}`
    return {
      id: fileId(name),
      name,
      ownerId: id,
      kind: 'IMAGE',
      purpose,
      recipe,
      altText,
      createdAt: joinedAt,
      place: null,
    }
  }
  const ownLook = isCreator(person) ? person.creator.studio.look : random.pick(STUDIO_LOOKS)
  const avatar = (): DemoFile => {
    const isFace = person.creator !== null || isSignIn || !random.chance(EMBLEM_SHARE)
    const recipe = { kind: isFace ? 'face' : 'emblem', look: ownLook, ...sized(AVATAR, pictureWidth) } as const
    return file('AVATAR', recipe, isFace ? `${displayName}, drawn.` : `What ${displayName} is fond of.`)
  }
  const banner = (): DemoFile =>
    file(
      'BANNER',
      { kind: 'picture', look: ownLook, ...sized(BANNER, pictureWidth) },
      `From the studio of ${displayName}.`,
    )
  if (person.creator) return [avatar(), banner()]
  return isSignIn || random.chance(AVATAR_SHARE) ? [avatar()] : []
}

/** Pictures that the creator who can sign in sends in messages, by the names that messages call them. */
const LETTER_PICTURES = [
  ['letter/green', 'The green tile, fresh from the press.'],
  ['letter/block/0', 'The block with its first cuts.'],
  ['letter/block/1', 'The block, half cut.'],
  ['letter/recipe', 'A page of a notebook with weights.'],
] as const

const letterFiles = ({ id, joinedAt, creator }: DemoPost['creator'], pictureWidth: number): DemoFile[] =>
  LETTER_PICTURES.map(([name, altText]) => ({
    id: fileId(name),
    name,
    ownerId: id,
    kind: 'IMAGE',
    purpose: 'MESSAGE',
    recipe: { kind: 'picture', look: creator.studio.look, ...sized(SHAPES[0], pictureWidth) },
    altText,
    createdAt: joinedAt,
    place: null,
  }))

/** The pictures of a post; sound comes with one that everybody sees. */
function postFiles(
  { id, name, creator, text, priceMinor, visibility, createdAt }: DemoPost,
  pictureWidth: number,
): DemoFile[] {
  const random = new DemoRandom(`files/${name}`)
  const isClosed = priceMinor !== null || visibility !== 'PUBLIC'
  const showsFirst = isClosed && text.pictures > 1 && !text.isForAdults && random.chance(TEASER_SHARE)
  const file = (position: number, kind: MediaKind, recipe: Recipe, altText: string): DemoFile => ({
    id: fileId(`${name}/${String(position)}`),
    name: `${name}/${String(position)}`,
    ownerId: creator.id,
    kind,
    purpose: 'CONTENT',
    recipe,
    altText,
    createdAt,
    place: {
      contentId: id,
      position,
      isTeaser: kind === 'IMAGE' && ((text.type === 'AUDIO' && position > 0) || (showsFirst && position === 0)),
    },
  })
  const picture = (position: number, altText: string): DemoFile =>
    file(
      position,
      'IMAGE',
      { kind: 'picture', look: creator.creator.studio.look, ...sized(random.pick(SHAPES), pictureWidth) },
      altText,
    )
  if (text.type === 'AUDIO')
    return [file(0, 'AUDIO', { kind: 'sound' }, text.title), picture(1, `Cover of “${text.title}”.`)]
  return Array.from({ length: text.pictures }, (_none, position) =>
    picture(
      position,
      text.pictures > 1 ? `“${text.title}”, ${String(position + 1)} of ${String(text.pictures)}.` : `“${text.title}”.`,
    ),
  )
}

/** Which of the files are on whose profile. */
export function profilePictures(files: readonly DemoFile[]): Map<string, ProfilePictures> {
  const pictures = new Map<string, ProfilePictures>()
  for (const { id, ownerId, purpose } of files) {
    const known = pictures.get(ownerId) ?? { avatarMediaId: null, bannerMediaId: null }
    if (purpose === 'AVATAR') pictures.set(ownerId, { ...known, avatarMediaId: id })
    if (purpose === 'BANNER') pictures.set(ownerId, { ...known, bannerMediaId: id })
  }
  return pictures
}
