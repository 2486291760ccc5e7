import { endStream, settleStream, startStream } from '../streams/airing.js'
import { sendStreamChat } from '../streams/chat.js'
import { listStreamsById } from '../streams/queries.js'
import { scheduleStream } from '../streams/scheduling.js'
import { findViewerCount, writeViewerCount } from '../streams/watch-queries.js'
import { transaction } from '../lib/db.js'
import type { DeedOf } from './deeds.js'
import { insertVisits } from './playing-queries.js'
import { act, keyOf, named, originOf } from './stage.js'
import type { Stage } from './stage.js'

type StreamDeed = DeedOf<'ANNOUNCE' | 'GO_LIVE' | 'WATCH' | 'SAY' | 'END_STREAM'>

/** Plays what somebody does about a stream. */
export function performStream(stage: Stage, deed: StreamDeed): Promise<void> {
  switch (deed.kind) {
    case 'ANNOUNCE':
      return announce(stage, deed)
    case 'GO_LIVE':
      return goLive(stage, deed)
    case 'WATCH':
      return watch(stage, deed)
    case 'SAY':
      return say(stage, deed)
    case 'END_STREAM':
      return end(stage, deed)
  }
}

const CHAT = { chatEnabled: true, chatSubscribersOnly: false, slowModeSeconds: 0 }
/** No post of the demo world that is broadcast asks for a proof of age. */
const CONFIG = { ageGate: 'content' } as const

async function announce(stage: Stage, deed: DeedOf<'ANNOUNCE'>): Promise<void> {
  const { name, creator, title, teaser, startsAt, plannedMinutes, priceMinor } = deed
  const { language, subjects } = creator.creator.studio
  const post = { title, teaser, language, categories: [...subjects], priceMinor }
  const order = { post, startsAt, plannedMinutes, chat: CHAT, idempotencyKey: keyOf(name) }
  const { answer } = await act(stage, creator, (tx, viewer, now) => scheduleStream(tx, viewer, order, now))
  stage.streams.set(name, answer.streamId)
}

/** Nothing where it was on air before a crash: it may be over since. */
async function goLive(stage: Stage, { creator, stream }: DeedOf<'GO_LIVE'>): Promise<void> {
  const streamId = named(stage.streams, stream)
  const [row] = await listStreamsById(stage.db, [streamId])
  if (row?.startedAt) return
  const order = { streamId, asksEncoders: false }
  await act(stage, creator, (tx, viewer, now) => startStream(tx, viewer, order, now))
}

/** In the place of a sign of life every ten seconds; who is there now is counted once, as whoever asks would have it counted. */
async function watch(stage: Stage, { stream, visits }: DeedOf<'WATCH'>): Promise<void> {
  const streamId = named(stage.streams, stream)
  await transaction(originOf(stage.db, null), async (tx) => {
    await insertVisits(tx, streamId, visits)
    const count = await findViewerCount(tx, streamId)
    if (count) await writeViewerCount(tx, streamId, count.viewers)
  })
}

async function say(stage: Stage, { name, stream, person, text }: DeedOf<'SAY'>): Promise<void> {
  const order = { streamId: named(stage.streams, stream), text, idempotencyKey: keyOf(name) }
  await act(stage, person, (tx, viewer, now) => sendStreamChat(tx, { viewer, config: CONFIG }, order, now))
}

async function end(stage: Stage, { creator, stream }: DeedOf<'END_STREAM'>): Promise<void> {
  const streamId = named(stage.streams, stream)
  await act(stage, creator, (tx, viewer, now) => endStream(tx, viewer, streamId, now))
  await settleStream(originOf(stage.db, null), streamId)
}
