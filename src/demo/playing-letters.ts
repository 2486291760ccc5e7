import { archiveConversation, markConversationRead, pinConversation } from '../messages/keeping.js'
import { purchaseMessage } from '../messages/buying.js'
import { runMassMessage, sendMassMessage } from '../messages/mass.js'
import { sendMessage } from '../messages/sending.js'
import { startConversation } from '../messages/starting.js'
import type { Tx } from '../lib/db.js'
import type { Viewer } from '../lib/viewer.js'
import type { DeedOf } from './deeds.js'
import { fileId } from './files.js'
import { findMessage, listMade } from './playing-queries.js'
import { act, keyOf, named, originOf, pay } from './stage.js'
import type { Stage } from './stage.js'

type LetterDeed = DeedOf<'WRITE' | 'WRITE_TO_MANY' | 'BUY_MESSAGE' | 'PIN' | 'ARCHIVE'>

/** Plays what somebody does in a conversation. */
export function performLetter(stage: Stage, deed: LetterDeed): Promise<void> {
  switch (deed.kind) {
    case 'WRITE':
      return write(stage, deed)
    case 'WRITE_TO_MANY':
      return writeToMany(stage, deed)
    case 'BUY_MESSAGE':
      return buy(stage, deed)
    case 'PIN':
      return keep(stage, deed, (tx, viewer, conversationId, now) =>
        pinConversation(tx, viewer, { conversationId, pinned: true }, now),
      )
    case 'ARCHIVE':
      return keep(stage, deed, (tx, viewer, conversationId, now) =>
        archiveConversation(tx, viewer, { conversationId, archived: true }, now),
      )
  }
}

/** Who writes has read what came before. The files are there where any were made. */
async function write(stage: Stage, { name, from, to, answers, files, ...words }: DeedOf<'WRITE'>): Promise<void> {
  const { db, messages } = stage
  const { body, teaser, priceMinor } = words
  const made = await listMade(
    db,
    files.map((file) => fileId(file.name)),
  )
  const media = files.flatMap((file) =>
    made.includes(fileId(file.name)) ? [{ mediaId: fileId(file.name), isTeaser: file.isTeaser }] : [],
  )
  const id = await act(stage, from, async (tx, viewer, now) => {
    const conversationId = await startConversation(tx, viewer, to.id, now)
    const replyToId = answers === null ? null : named(messages, answers)
    const order = {
      conversationId,
      replyToId,
      body,
      teaser,
      priceMinor,
      media,
      isAgeRestricted: false,
      idempotencyKey: keyOf(name),
    }
    const { answer } = await sendMessage(tx, viewer, order, now)
    const { sequence } = await findMessage(tx, answer.messageId)
    await markConversationRead(tx, viewer, { conversationId, upTo: sequence }, now)
    return answer.messageId
  })
  messages.set(name, id)
}

async function writeToMany(stage: Stage, { name, creator, body }: DeedOf<'WRITE_TO_MANY'>): Promise<void> {
  const audience = { segment: 'ACTIVE_SUBSCRIBERS', listId: null, spentOverMinor: null } as const
  const order = {
    ...audience,
    body,
    teaser: null,
    priceMinor: null,
    subscriberDiscountBasisPoints: null,
    media: [],
    isAgeRestricted: false,
    sendAt: null,
    idempotencyKey: keyOf(name),
  }
  const { answer } = await act(stage, creator, (tx, viewer, now) => sendMassMessage(tx, viewer, order, now))
  await runMassMessage(originOf(stage.db, creator.id), answer.massMessageId)
}

const buy = async (stage: Stage, deed: DeedOf<'BUY_MESSAGE'>): Promise<void> => {
  const messageId = named(stage.messages, deed.message)
  const { price } = await findMessage(stage.db, messageId)
  await pay(stage, deed, (tx, viewer, how, now) =>
    purchaseMessage(tx, stage.services, viewer, { ...how, messageId, expectedPrice: price, isGated: false }, now),
  )
}

async function keep(
  stage: Stage,
  { keeper, of }: DeedOf<'PIN' | 'ARCHIVE'>,
  verb: (tx: Tx, viewer: Viewer, conversationId: string, now: Date) => Promise<void>,
): Promise<void> {
  const { conversationId } = await findMessage(stage.db, named(stage.messages, of))
  await act(stage, keeper, (tx, viewer, now) => verb(tx, viewer, conversationId, now))
}
