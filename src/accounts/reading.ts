import type { AppError } from '../lib/errors.js'
import { noSuchUser } from './changes.js'
import type { AccountsLoaders } from './loaders.js'
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

/** The private side of an account that must be there. @throws NOT_FOUND node_not_found */
export async function loadAccount(id: string, { loaders }: AccountsAsking): Promise<AccountRow> {
  return (await loaders.account.load(id)) ?? raise(noSuchUser())
}

function raise(error: AppError): never {
  throw error
}
