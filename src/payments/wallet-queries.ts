import type { Db, Tx } from '../lib/db.js'
import type { WalletRow } from './types.js'

/** Keeps that somebody has a wallet in a currency; what is in it is what its ledger account says. */
export async function insertWallet(tx: Tx, userId: string, currency: string, now: Date): Promise<void> {
  await tx.sql`/* payments.insertWallet */
    insert into wallets (user_id, currency, ledger_account_id, created_at, updated_at)
    select owner_id, currency, id, ${now}::timestamptz, ${now}::timestamptz from ledger_accounts
    where kind = 'wallet' and owner_id = ${userId}::uuid and currency = ${currency}
    on conflict do nothing`
}

/** Somebody's wallets, by currency. */
export async function listWallets(db: Db, userId: string): Promise<WalletRow[]> {
  const rows = await db.sql<{ amountMinor: bigint; currency: string }>`/* payments.wallets */
    select a.balance_minor as "amountMinor", a.currency::text as currency
    from wallets w join ledger_accounts a on a.id = w.ledger_account_id
    where w.user_id = ${userId}::uuid order by a.currency`
  return rows.map((balance) => ({ balance }))
}
