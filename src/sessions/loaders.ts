import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import { listTotpCounts } from './factor-queries.js'
import { listSessionsById } from './queries.js'
import type { SessionRow } from './queries.js'
import type { TotpState } from './types.js'

export interface SessionsLoaders {
  /** A session by its id, ended or not, whoever it belongs to: compare `userId` before showing it. */
  readonly session: DataLoader<string, SessionRow | null>
  /** By a person's id: whether they have a second factor. */
  readonly totp: DataLoader<string, TotpState>
}

/** Loaders for one request or one event. */
export const makeSessionsLoaders = (db: Db): SessionsLoaders => ({
  session: makeIdLoader((ids) => listSessionsById(db, ids)),
  totp: new DataLoader<string, TotpState>(async (userIds) => {
    const left = new Map((await listTotpCounts(db, userIds)).map(({ userId, codesLeft }) => [userId, codesLeft]))
    return userIds.map((id) => ({ hasTotp: left.has(id), recoveryCodesLeft: left.get(id) ?? null }))
  }),
})
