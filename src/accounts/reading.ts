import type { AppError } from '../lib/errors.js'
import { noSuchUser } from './changes.js'
import type { AccountsLoaders } from './loaders.js'
import { isHidden } from './standing.js'
import type { AccountRow, Asker, UserRow } from './types.js'

/** Who asks, and with which loaders. */
export interface AccountsAsking {
  readonly viewer: Asker
  readonly loaders: AccountsLoaders
}

/** A person who must be there. @throws NOT_FOUND node_not_found */
export async function loadUser(id: string, { loaders }: AccountsAsking): Promise<UserRow> {
  return (await loaders.user.load(id)) ?? raise(noSuchUser())
}

/**
 * A person as others may see them, for whatever leads to one by an id: null when there is none, or they block the viewer.
 * Somebody deleted is a shell.
 */
export async function findVisibleUser(id: string, { viewer, loaders }: AccountsAsking): Promise<UserRow | null> {
  if (!viewer || viewer.userId === id) return await loaders.user.load(id)
  const [user, bonds] = await Promise.all([
    loaders.user.load(id),
    loaders.relation.load({ viewerId: viewer.userId, userId: id }),
  ])
  return isHidden(bonds, viewer) ? null : user
}

/** The private side of an account that must be there. @throws NOT_FOUND node_not_found */
export async function loadAccount(id: string, { loaders }: AccountsAsking): Promise<AccountRow> {
  return (await loaders.account.load(id)) ?? raise(noSuchUser())
}

function raise(error: AppError): never {
  throw error
}
