import { HOUR_MS, MINUTE_MS, DAY_MS, addMs } from '../lib/clock.js'
import { later } from './bonds.js'
import type { Audience, Reader } from './bonds.js'
import type { SeenPost } from './posts.js'
import { DemoRandom, demoId } from './random.js'
import {
  ABOUT_BODIES,
  ABOUT_FOOD,
  ABOUT_MAKING,
  ABOUT_PICTURES,
  ABOUT_SOUND,
  ABOUT_TEXTS,
  GENERAL,
  IN_LANGUAGES,
} from './talk-words.js'
import type { DemoPerson } from './world.js'

/** A comment of the demo world. */
export interface DemoComment {
  readonly id: string
  readonly contentId: string
  readonly author: DemoPerson
  readonly parentId: string | null
  readonly rootId: string | null
  readonly depth: number
  readonly body: string
  /** What it said at first, where it was edited. */
  readonly firstBody: string | null
  readonly editedAt: Date | null
  readonly isByCreator: boolean
  readonly pinnedAt: Date | null
  readonly heldAt: Date | null
  readonly hiddenAt: Date | null
  readonly hiddenById: string | null
  readonly deletedAt: Date | null
  /** When its author was banned or deleted. */
  readonly withdrawnAt: Date | null
  readonly createdAt: Date
}

interface Line {
  readonly depth: number
  readonly isCreator: boolean
  readonly text: string
}

/** A conversation: the first line is on top, every other one answers the last before it that is one higher. */
export type Talk = readonly Line[]

const LINE = /^(>*) ?(C: )?(.*)$/

const parse = (text: string): Talk[] =>
  text
    .trim()
    .split(/\n\n+/)
    .map((block) =>
      block.split('\n').map((line): Line => {
        const [, marks = '', creator, words = ''] = LINE.exec(line) ?? []
        return { depth: marks.length, isCreator: creator !== undefined, text: words }
      }),
    )

const general = parse(GENERAL)
const byType = { IMAGE: parse(ABOUT_PICTURES), TEXT: parse(ABOUT_TEXTS), AUDIO: parse(ABOUT_SOUND) }
const bySubject: Readonly<Record<string, Talk[]>> = {
  food: parse(ABOUT_FOOD),
  crafts: parse(ABOUT_MAKING),
  fitness: parse(ABOUT_BODIES),
}
const byLanguage = new Map(Object.entries(IN_LANGUAGES).map(([language, text]) => [language, parse(text)]))

/** Conversations that fit a post, most of them about what it is; each is held once under one creator's posts. */
function talksFor(
  random: DemoRandom,
  { language, text: { type }, creator }: SeenPost,
  held: Set<Talk>,
  count: number,
): Talk[] {
  const { subjects } = creator.creator.studio
  const native = byLanguage.get(language)
  const close = native ?? [...byType[type], ...subjects.flatMap((subject) => bySubject[subject] ?? [])]
  const fresh = (talks: readonly Talk[]): Talk[] => talks.filter((talk) => !held.has(talk))
  const about = random.sample(fresh(close), Math.ceil(count * CLOSE_SHARE))
  // where few know the language, they say the same again
  const others = random.sample(native ?? fresh(general), count - about.length).filter((talk) => !about.includes(talk))
  for (const talk of [...about, ...others]) held.add(talk)
  return random.sample([...about, ...others], count)
}

/** Of the conversations, so many are about what the post is. */
const CLOSE_SHARE = 0.4
const EDITED_SHARE = 0.02
const DELETED_SHARE = 0.03
const PINNED_SHARE = 0.3
/** What comes under a post comes sooner rather than later. */
const HASTE = 3
const CORRECTION = ' (Edited: spelling.)'
const SPAM = [
  'Easy money from home, ask me how!!!',
  'Nice. Follow me for a giveaway.',
  'Crypto signals, first week free.',
  'I can get you ten thousand followers by Friday.',
] as const

/** Up to `count` conversations under a post, between people who can read it; none of those that were `held` before. */
export function commentsOn(
  post: SeenPost,
  audience: Audience,
  { count, held, today }: { count: number; held: Set<Talk>; today: Date },
): DemoComment[] {
  const random = new DemoRandom(`talk/${post.name}`)
  const talks = talksFor(random, post, held, count)
  const comments = talks.flatMap((talk, index) => hold(random, { post, audience, talk, index, today }))
  const pinned = random.chance(PINNED_SHARE)
    ? comments.find(({ depth, deletedAt, withdrawnAt }) => depth === 0 && !deletedAt && !withdrawnAt)
    : null
  return comments.map((comment) => (comment === pinned ? { ...comment, pinnedAt: comment.createdAt } : comment))
}

interface Talking {
  readonly post: SeenPost
  readonly audience: Audience
  readonly talk: Talk
  readonly index: number
  readonly today: Date
}

/** A conversation as it was held; it breaks off where nobody is there to say the next line. */
function hold(random: DemoRandom, { post, audience, talk, index, today }: Talking): DemoComment[] {
  const above: DemoComment[] = []
  const said: DemoComment[] = []
  const details = post.creator.creator.studio.details
  for (const [line, { depth, isCreator, text }] of talk.entries()) {
    const parent = depth === 0 ? null : (above[depth - 1] ?? null)
    if (depth > 0 && !parent) continue
    above.length = depth
    const at = parent ? soonAfter(random, parent.createdAt, today) : firstTime(random, post, today)
    const author = isCreator ? post.creator : speaker(random, { audience, said, parent, at })
    if (!author || at > today || hasGone(author, at)) continue
    const body = capitalised(text.replace('{detail}', random.pick(details)))
    const comment = toComment(random, {
      post,
      author,
      parent,
      body,
      at,
      name: `${post.name}/${String(index)}/${String(line)}`,
    })
    above[depth] = comment
    said.push(comment)
  }
  return said.map((comment) => withFate(random, comment, today))
}

const firstTime = (random: DemoRandom, { publishAt }: SeenPost, today: Date): Date =>
  addMs(publishAt, MINUTE_MS + Math.floor((today.getTime() - publishAt.getTime()) * random.next() ** HASTE))

const soonAfter = (random: DemoRandom, time: Date, today: Date): Date => {
  const at = addMs(time, random.int(2, 90) * MINUTE_MS + Math.floor(random.next() ** HASTE * 2 * DAY_MS))
  return at < today ? at : addMs(time, MINUTE_MS)
}

const hasGone = ({ standing: { status, changedAt } }: DemoPerson, at: Date): boolean =>
  status !== 'ACTIVE' && changedAt !== null && at >= changedAt

/** Who says a line: whoever was answered answers back; anybody else has not spoken in this conversation yet. */
function speaker(
  random: DemoRandom,
  {
    audience,
    said,
    parent,
    at,
  }: { audience: Audience; said: readonly DemoComment[]; parent: DemoComment | null; at: Date },
): DemoPerson | null {
  const answered = parent?.parentId ? said.find(({ id }) => id === parent.parentId) : null
  if (answered && !answered.isByCreator) return answered.author
  const silent = audience.filter(
    (reader) => isThere(reader, at) && !said.some(({ author }) => author.id === reader.person.id),
  )
  const [first, ...others] = silent
  return first ? random.pick([first, ...others]).person : null
}

export const isThere = ({ person, since, until }: Reader, at: Date): boolean =>
  person.joinedAt < at && since < at && (until === null || until > at) && !hasGone(person, at)

interface Said {
  readonly post: SeenPost
  readonly author: DemoPerson
  readonly parent: DemoComment | null
  readonly body: string
  readonly at: Date
  readonly name: string
}

function toComment(random: DemoRandom, { post, author, parent, body, at, name }: Said): DemoComment {
  const isEdited = random.chance(EDITED_SHARE) && post.language === 'en'
  const { status, changedAt } = author.standing
  return {
    id: demoId(`comment/${name}`),
    contentId: post.id,
    author,
    parentId: parent?.id ?? null,
    rootId: parent ? (parent.rootId ?? parent.id) : null,
    depth: parent ? parent.depth + 1 : 0,
    body: isEdited ? body + CORRECTION : body,
    firstBody: isEdited ? body : null,
    editedAt: isEdited ? addMs(at, 3 * MINUTE_MS) : null,
    isByCreator: author.id === post.creator.id,
    pinnedAt: null,
    heldAt: null,
    hiddenAt: null,
    hiddenById: null,
    deletedAt: null,
    withdrawnAt: status === 'BANNED' || status === 'DELETED' ? changedAt : null,
    createdAt: at,
  }
}

/** A few take back what they said. */
function withFate(random: DemoRandom, comment: DemoComment, today: Date): DemoComment {
  if (!random.chance(DELETED_SHARE) || comment.withdrawnAt || comment.isByCreator) return comment
  return { ...comment, deletedAt: later(random.between(comment.createdAt, today), addMs(comment.createdAt, MINUTE_MS)) }
}

/** What the creator who can sign in has to deal with: advertising that was hidden, and some that waits for her. */
export function spamOn(posts: readonly SeenPost[], people: readonly DemoPerson[], today: Date): DemoComment[] {
  const random = new DemoRandom('spam')
  const fans = people.filter(
    (person) => person.accountType === 'FAN' && !person.isSignIn && person.standing.status === 'ACTIVE',
  )
  const open = posts.filter(({ visibility, priceMinor }) => visibility === 'PUBLIC' && priceMinor === null)
  return random.sample(SPAM, SPAM.length).flatMap((body, index) => {
    const post = open.at(-1 - index)
    const [author] = random.sample(fans, 1)
    if (!post || !author) return []
    const at = random.between(later(post.publishAt, author.joinedAt), today)
    const comment = toComment(random, { post, author, parent: null, body, at, name: `spam/${String(index)}` })
    const plain = { ...comment, body, firstBody: null, editedAt: null }
    return [
      index % 2 === 0
        ? { ...plain, heldAt: at }
        : { ...plain, hiddenAt: addMs(at, HOUR_MS), hiddenById: post.creator.id },
    ]
  })
}

/** The first letter large, where there is such a thing. */
const capitalised = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1)
