import type { Db, Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { SavedMethod } from '../processors/types.js'
import type { PaymentMethodRow } from './types.js'

const methodColumns = fragment`
  m.id::text as id, m.user_id::text as "userId", m.kind, m.brand, m.last_four as "lastFour",
  m.expiry_month::int as "expiryMonth", m.expiry_year::int as "expiryYear", m.is_default as "isDefault",
  m.created_at as "createdAt"`

/** Somebody's saved ways to pay, the default first. */
export const listMethods = (db: Db, userId: string): Promise<PaymentMethodRow[]> =>
  db.sql<PaymentMethodRow>`/* payments.methods */
    select ${methodColumns} from payment_methods m
    where m.user_id = ${userId}::uuid and m.removed_at is null
    order by m.is_default desc, m.created_at desc, m.id
    limit 100`

/** One of somebody's saved ways to pay; null where it is not theirs, or was removed. */
export async function findMethod(db: Db, userId: string, id: string): Promise<PaymentMethodRow | null> {
  const [row] = await db.sql<PaymentMethodRow>`/* payments.method */
    select ${methodColumns} from payment_methods m
    where m.id = ${id}::uuid and m.user_id = ${userId}::uuid and m.removed_at is null`
  return row ?? null
}

/** The way that is taken where none is named. */
export async function findDefaultMethod(db: Db, userId: string): Promise<string | null> {
  const [row] = await db.sql<{ id: string }>`/* payments.defaultMethod */
    select id::text as id from payment_methods
    where user_id = ${userId}::uuid and is_default and removed_at is null`
  return row?.id ?? null
}

/** A method, and what tells its card apart from others. */
export interface Fingerprint {
  readonly id: string
  /** Keyed hash; null where the processor gives none. */
  readonly fingerprintIndex: Uint8Array | null
}

/** One of somebody's ways to pay, or the default one; null where there is none. */
export async function findFingerprint(db: Db, userId: string, methodId: string | null): Promise<Fingerprint | null> {
  const [row] = await db.sql<Fingerprint>`/* payments.fingerprint */
    select m.id::text as id, m.fingerprint_index as "fingerprintIndex" from payment_methods m
    where m.user_id = ${userId}::uuid and m.removed_at is null
      and case when ${methodId}::uuid is null then m.is_default else m.id = ${methodId}::uuid end`
  return row ?? null
}

/** A method as the processor knows it, and its owner as the processor's customer. */
export interface ChargeableMethod {
  readonly method: string
  readonly customer: string
}

/** What a charge needs of a method; null where it was removed. */
export async function findChargeable(db: Db, methodId: string): Promise<ChargeableMethod | null> {
  const [row] = await db.sql<ChargeableMethod>`/* payments.chargeable */
    select m.token as method, c.reference as customer
    from payment_methods m join processor_customers c on c.user_id = m.user_id and c.processor = m.processor
    where m.id = ${methodId}::uuid and m.removed_at is null`
  return row ?? null
}

/** Who somebody is to a processor. */
export async function findCustomer(db: Db, userId: string, processor: string): Promise<string | null> {
  const [row] = await db.sql<{ reference: string }>`/* payments.customer */
    select reference from processor_customers where user_id = ${userId}::uuid and processor = ${processor}`
  return row?.reference ?? null
}

/** Keeps who somebody is to a processor; the first one counts. */
export async function insertCustomer(
  tx: Tx,
  customer: { readonly userId: string; readonly processor: string; readonly reference: string },
  now: Date,
): Promise<void> {
  await tx.sql`/* payments.insertCustomer */
    insert into processor_customers (user_id, processor, reference, created_at)
    values (${customer.userId}::uuid, ${customer.processor}, ${customer.reference}, ${now}::timestamptz)
    on conflict do nothing`
}

/** Keeps a saved method; the same one again is the same row. The first becomes the default. */
export async function insertMethod(
  tx: Tx,
  method: SavedMethod & {
    readonly userId: string
    readonly processor: string
    readonly fingerprintIndex: Uint8Array | null
  },
  now: Date,
): Promise<{ readonly id: string; readonly isNew: boolean; readonly isDefault: boolean }> {
  const [row] = await tx.sql<{ id: string; isNew: boolean; isDefault: boolean }>`/* payments.insertMethod */
    with inserted as (
      insert into payment_methods (
        user_id, processor, token, kind, brand, last_four, expiry_month, expiry_year, country_code, fingerprint_index,
        is_default, created_at, updated_at)
      values (
        ${method.userId}::uuid, ${method.processor}, ${method.reference}, ${method.kind}, ${method.brand}, ${method.lastFour},
        ${method.expiryMonth}::int, ${method.expiryYear}::int, ${method.countryCode}, ${method.fingerprintIndex}::bytea,
        not exists (
          select from payment_methods where user_id = ${method.userId}::uuid and is_default and removed_at is null),
        ${now}::timestamptz, ${now}::timestamptz)
      on conflict (processor, token) do nothing
      returning id, is_default
    )
    select id::text as id, true as "isNew", is_default as "isDefault" from inserted
    union all
    select id::text, false, is_default from payment_methods
    where processor = ${method.processor} and token = ${method.reference} and user_id = ${method.userId}::uuid
    limit 1`
  if (!row) throw new Error('the processor gave one method to two people')
  return row
}

/** How many ways to pay somebody keeps. */
export async function countMethods(tx: Tx, userId: string): Promise<number> {
  const [row] = await tx.sql<{ count: number }>`/* payments.countMethods */
    select count(*)::int as count from payment_methods where user_id = ${userId}::uuid and removed_at is null`
  return row?.count ?? 0
}

/** Forgets a method; where it was the default, the newest of the others is. */
export async function removeMethod(
  tx: Tx,
  userId: string,
  id: string,
  now: Date,
): Promise<{ readonly reference: string; readonly hasNewDefault: boolean } | null> {
  const [row] = await tx.sql<{ reference: string }>`/* payments.removeMethod */
    update payment_methods set removed_at = ${now}::timestamptz, is_default = false
    where id = ${id}::uuid and user_id = ${userId}::uuid and removed_at is null
    returning token as reference`
  if (!row) return null
  const next = await tx.sql`/* payments.nextDefault */
    update payment_methods set is_default = true
    where id = (
      select id from payment_methods where user_id = ${userId}::uuid and removed_at is null
      order by created_at desc, id limit 1
    ) and not exists (
      select from payment_methods where user_id = ${userId}::uuid and removed_at is null and is_default)
    returning 1 as changed`
  return { ...row, hasNewDefault: next.length > 0 }
}

/** Makes a method the default in place of the one that was. */
export async function makeDefault(tx: Tx, userId: string, id: string): Promise<void> {
  await tx.sql`/* payments.clearDefault */
    update payment_methods set is_default = false
    where user_id = ${userId}::uuid and is_default and id <> ${id}::uuid`
  await tx.sql`/* payments.setDefault */
    update payment_methods set is_default = true where id = ${id}::uuid and user_id = ${userId}::uuid and not is_default`
}
