import assert from 'node:assert'
import { isBlocking, isInGoodStanding } from '../accounts/accounts.js'
import { addMs } from '../lib/clock.js'
import { sqlState } from '../lib/db.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import { UNUSED_KEEP_MS } from './limits.js'
import type { MediaFailure, MediaKind, MediaPurpose, MediaRow, MediaState, MediaVariantKind } from './types.js'

/** A `MediaRow` of the table `a`. */
const mediaColumns = fragment`
  a.id::text as id, a.owner_id::text as "ownerId", upper(a.kind::text) as kind, upper(a.purpose::text) as purpose,
  upper(a.state::text) as state, upper(a.failure_reason) as failure, a.file_name as "fileName", a.alt_text as "altText",
  coalesce(a.detected_type, a.declared_type) as "contentType", coalesce(a.size_bytes, a.declared_size_bytes) as "sizeBytes",
  a.width, a.height, a.duration_ms as "durationMs", a.thumbhash, a.created_at as "createdAt", a.ready_at as "readyAt",
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'id', v.id, 'kind', upper(v.kind::text), 'label', v.label, 'contentType', v.content_type, 'sizeBytes', v.size_bytes,
      'width', v.width, 'height', v.height) order by v.width, v.id)
    from media_variants v where v.asset_id = a.id
  ), '[]') as variants`

/** Files by id, in no order, whoever's they are; none that is deleted. */
export const listMediaById = (db: Db, ids: readonly string[]): Promise<MediaRow[]> =>
  db.sql<MediaRow>`/* media.byId */
    select ${mediaColumns} from media_assets a where a.id = any(${ids}::uuid[]) and a.deleted_at is null`

/** A page of somebody's files, the newest first, one row more than its limit when others follow. */
export const listMediaOf = (db: Db, ownerId: string, page: PageRequest): Promise<MediaRow[]> =>
  db.sql<MediaRow>`/* media.ofOwner */
    select ${mediaColumns} from media_assets a
    where a.owner_id = ${ownerId}::uuid and a.deleted_at is null
      and ${beyond(page, fragment`a.created_at, a.id`, timeAndId)}
    order by ${inOrder(page, fragment`a.created_at`, fragment`a.id`)}
    limit ${page.limit + 1}::int`

/** What somebody's files take, and how many of their uploads are open; the person must be held. */
export async function measureMedia(
  tx: Tx,
  ownerId: string,
  now: Date,
): Promise<{ readonly storedBytes: bigint; readonly openUploads: number }> {
  const [row] = await tx.sql<{ storedBytes: bigint; openUploads: number }>`/* media.measure */
    select coalesce(sum(coalesce(size_bytes, declared_size_bytes)) filter (
        where state <> 'failed' and (state <> 'requested' or upload_expires_at > ${now}::timestamptz)
      ), 0)::bigint as "storedBytes",
      (count(*) filter (where state = 'requested' and upload_expires_at > ${now}::timestamptz))::int as "openUploads"
    from media_assets where owner_id = ${ownerId}::uuid and deleted_at is null`
  assert(row)
  return row
}

/** An upload that somebody is about to send. */
export interface NewMedia {
  readonly ownerId: string
  readonly kind: MediaKind
  readonly purpose: MediaPurpose
  readonly folder: string
  readonly fileName: string | null
  readonly altText: string | null
  readonly declaredType: string
  readonly declaredSizeBytes: number
  readonly declaredSha256: Uint8Array | null
  readonly uploadExpiresAt: Date
  readonly purgeAfter: Date
}

export async function insertMedia(tx: Tx, media: NewMedia, now: Date): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* media.insert */
    insert into media_assets (owner_id, kind, purpose, storage_key, file_name, alt_text, declared_type,
      declared_size_bytes, declared_sha256, upload_expires_at, purge_after, created_at)
    values (${media.ownerId}::uuid, ${media.kind.toLowerCase()}::media_kind, ${media.purpose.toLowerCase()}::media_purpose,
      ${media.folder}, ${media.fileName}, ${media.altText}, ${media.declaredType}, ${media.declaredSizeBytes}::bigint,
      ${media.declaredSha256}::bytea, ${media.uploadExpiresAt}::timestamptz, ${media.purgeAfter}::timestamptz,
      ${now}::timestamptz)
    returning id::text`
  assert(row)
  return row.id
}

/** A file as it is stored, for those who work on it. */
export interface StoredMedia {
  readonly id: string
  readonly ownerId: string
  readonly kind: MediaKind
  readonly purpose: MediaPurpose
  readonly state: MediaState
  readonly folder: string
  readonly declaredType: string
  readonly declaredSizeBytes: number
  readonly declaredSha256: Uint8Array | null
  readonly failure: MediaFailure | null
  readonly uploadExpiresAt: Date
  readonly deletedAt: Date | null
}

const storedColumns = fragment`
  a.id::text as id, a.owner_id::text as "ownerId", upper(a.kind::text) as kind, upper(a.purpose::text) as purpose,
  upper(a.state::text) as state, a.storage_key as folder, a.declared_type as "declaredType",
  a.declared_size_bytes::float8 as "declaredSizeBytes", a.declared_sha256 as "declaredSha256",
  upper(a.failure_reason) as failure, a.upload_expires_at as "uploadExpiresAt", a.deleted_at as "deletedAt"`

/** A file as stored, also a deleted one. */
export async function findStoredMedia(db: Db, id: string): Promise<StoredMedia | null> {
  const [row] = await db.sql<StoredMedia>`/* media.stored */
    select ${storedColumns} from media_assets a where a.id = ${id}::uuid`
  return row ?? null
}

/** Holds a file against everybody who would change, attach or delete it. */
export async function getMediaForUpdate(tx: Tx, id: string): Promise<StoredMedia | null> {
  const [row] = await tx.sql<StoredMedia>`/* media.hold */
    select ${storedColumns} from media_assets a where a.id = ${id}::uuid for update`
  return row ?? null
}

/** An upload that may still be sent: asked for, not completed, its owner in good standing. */
export async function findOpenUpload(
  db: Db,
  id: string,
): Promise<(StoredMedia & { readonly now: Date; readonly isOpen: boolean }) | null> {
  const [row] = await db.sql<StoredMedia & { now: Date; isOpen: boolean }>`/* media.openUpload */
    select ${storedColumns}, app_now() as now,
      a.state = 'requested' and a.deleted_at is null
        and ${isInGoodStanding(fragment`u`, fragment`app_now()`)} as "isOpen"
    from media_assets a join users u on u.id = a.owner_id where a.id = ${id}::uuid`
  return row ?? null
}

/** What is known of a file once its bytes have been looked at. */
export interface Arrived {
  readonly detectedType: string
  readonly sizeBytes: number
  readonly sha256: Uint8Array | null
}

export const markUploaded = (
  tx: Tx,
  id: string,
  { detectedType, sizeBytes, sha256 }: Arrived,
  now: Date,
): Promise<unknown> =>
  tx.sql`/* media.markUploaded */
    update media_assets set state = 'uploaded', detected_type = ${detectedType}, size_bytes = ${sizeBytes}::bigint,
      sha256 = ${sha256}::bytea, uploaded_at = ${now}::timestamptz
    where id = ${id}::uuid`

export const markScanned = (
  tx: Tx,
  id: string,
  { detectedType, sizeBytes, sha256 }: Arrived,
  now: Date,
): Promise<unknown> =>
  tx.sql`/* media.markScanned */
    update media_assets set state = 'scanned', detected_type = ${detectedType}, size_bytes = ${sizeBytes}::bigint,
      sha256 = ${sha256}::bytea, scanned_at = ${now}::timestamptz
    where id = ${id}::uuid`

export const markFailed = (tx: Tx, id: string, failure: MediaFailure, purgeAfter: Date, now: Date): Promise<unknown> =>
  tx.sql`/* media.markFailed */
    update media_assets set state = 'failed', failure_reason = ${failure.toLowerCase()}, failed_at = ${now}::timestamptz,
      purge_after = ${purgeAfter}::timestamptz
    where id = ${id}::uuid`

/** What was made of a file. */
export interface Made {
  readonly width: number | null
  readonly height: number | null
  readonly durationMs: number | null
  readonly thumbhash: Uint8Array | null
  readonly variants: readonly NewVariant[]
}

export interface NewVariant {
  readonly kind: MediaVariantKind
  readonly label: string
  readonly storageKey: string
  readonly contentType: string
  readonly sizeBytes: number
  readonly width: number | null
  readonly height: number | null
}

export async function markReady(tx: Tx, id: string, made: Made, now: Date): Promise<void> {
  const variants = made.variants.map(({ kind, ...variant }) => ({ kind: kind.toLowerCase(), ...variant }))
  await tx.sql`/* media.insertVariants */
    insert into media_variants (asset_id, kind, label, storage_key, content_type, size_bytes, width, height, created_at)
    select ${id}::uuid, v.kind::media_variant_kind, v.label, v."storageKey", v."contentType", v."sizeBytes", v.width,
      v.height, ${now}::timestamptz
    from jsonb_to_recordset(${{ json: variants }}::jsonb) as v (
      kind text, label text, "storageKey" text, "contentType" text, "sizeBytes" bigint, width int, height int)
    on conflict (asset_id, kind, label) do nothing`
  await tx.sql`/* media.markReady */
    update media_assets set state = 'ready', width = ${made.width}::int, height = ${made.height}::int,
      duration_ms = ${made.durationMs}::int, thumbhash = ${made.thumbhash}::bytea, ready_at = ${now}::timestamptz
    where id = ${id}::uuid`
}

export const setAltText = (tx: Tx, id: string, altText: string | null): Promise<unknown> =>
  tx.sql`/* media.setAltText */ update media_assets set alt_text = ${altText} where id = ${id}::uuid`

export const markDeleted = (tx: Tx, id: string, purgeAfter: Date, now: Date): Promise<unknown> =>
  tx.sql`/* media.markDeleted */
    update media_assets set deleted_at = ${now}::timestamptz, purge_after = ${purgeAfter}::timestamptz
    where id = ${id}::uuid`

/** True where something shows the file of the table `a`: every table that refers to files is here, or in `isKept`. */
const isInUse = fragment`(
  exists (select from content_media where media_id = a.id)
  or exists (select from message_media where media_id = a.id)
  or exists (select from mass_message_media where media_id = a.id)
  or exists (select from user_profiles where avatar_media_id = a.id and is_current)
  or exists (select from user_profiles where banner_media_id = a.id and is_current)
  or exists (select from live_streams where recording_media_id = a.id)
  or exists (select from report_evidence where media_id = a.id)
  or exists (select from export_requests where media_id = a.id)
)`

/** True where the law has the file of the table `a` kept, whatever its owner wants. */
const isKept = fragment`exists (
  select from legal_holds h where (h.media_id = a.id or h.user_id = a.owner_id) and h.lifted_at is null
)`

export async function isMediaInUse(tx: Tx, id: string): Promise<boolean> {
  const [row] = await tx.sql<{ isInUse: boolean }>`/* media.isInUse */
    select ${isInUse} as "isInUse" from media_assets a where a.id = ${id}::uuid`
  return row?.isInUse === true
}

/** Holds these files of one owner for whoever attaches them, so that none is deleted meanwhile; in no order. */
export const holdMediaOf = (tx: Tx, ownerId: string, ids: readonly string[]): Promise<MediaRow[]> =>
  tx.sql<MediaRow>`/* media.holdOwn */
    with held as materialized (
      select id from media_assets
      where id = any(${ids}::uuid[]) and owner_id = ${ownerId}::uuid and deleted_at is null
      order by id for no key update
    )
    select ${mediaColumns} from media_assets a where a.id in (select id from held)`

/** Files are looked at again for being in use after this. */
export const setPurgeAfter = (tx: Tx, ids: readonly string[], purgeAfter: Date): Promise<unknown> =>
  tx.sql`/* media.setPurgeAfter */
    update media_assets set purge_after = ${purgeAfter}::timestamptz
    where id in (
      select id from media_assets where id = any(${ids}::uuid[]) and deleted_at is null order by id for no key update
    )`

/** Uploads that nobody completed in time, deleted by this; answers how many. */
export async function deleteExpiredUploads(
  tx: Tx,
  { expiredBefore, purgeAfter, limit }: { expiredBefore: Date; purgeAfter: Date; limit: number },
  now: Date,
): Promise<number> {
  const rows = await tx.sql`/* media.expireUploads */
    update media_assets set deleted_at = ${now}::timestamptz, purge_after = ${purgeAfter}::timestamptz
    where id in (
      select id from media_assets
      where state = 'requested' and upload_expires_at <= ${expiredBefore}::timestamptz and deleted_at is null
      order by upload_expires_at limit ${limit}::int for update skip locked
    )
    returning 1`
  return rows.length
}

/** Files whose preparation has been under way since before `since`. */
export const listStuckMedia = (tx: Tx, since: Date, limit: number): Promise<{ readonly id: string }[]> =>
  tx.sql`/* media.stuck */
    select id::text from media_assets
    where state in ('uploaded', 'scanned') and uploaded_at <= ${since}::timestamptz and deleted_at is null
    order by uploaded_at limit ${limit}::int for update skip locked`

/** Has the files of people who were erased since `since` looked at now, and forgets what they said of them; answers how many. */
export async function surrenderMediaOfErased(tx: Tx, since: Date, limit: number, now: Date): Promise<number> {
  const rows = await tx.sql`/* media.surrender */
    update media_assets set file_name = null, alt_text = null, purge_after = ${now}::timestamptz
    where id in (
      select a.id from users u join media_assets a on a.owner_id = u.id
      where u.erased_at >= ${since}::timestamptz and a.deleted_at is null
        and (a.file_name is not null or a.alt_text is not null or a.purge_after > ${now}::timestamptz)
      limit ${limit}::int for update of a skip locked
    )
    returning 1`
  return rows.length
}

/** A file whose bytes may go. */
export interface DueMedia {
  readonly id: string
  readonly folder: string
  readonly declaredType: string
  readonly variantKeys: readonly string[]
}

/**
 * Looks at the files whose time has come: those in use or kept by law are looked at again later, the others are deleted by
 * this. Answers how many were looked at, and those whose bytes may go.
 */
export async function takeDueMedia(
  tx: Tx,
  { nextLook, nextHeldLook, limit }: { nextLook: Date; nextHeldLook: Date; limit: number },
  now: Date,
): Promise<{ readonly lookedAt: number; readonly due: readonly DueMedia[] }> {
  const rows = await tx.sql<DueMedia & { isDue: boolean }>`/* media.takeDue */
    with looked as materialized (
      select a.id, a.deleted_at is not null as is_deleted, ${isKept} as is_kept,
        a.deleted_at is null and ${isInUse} as is_in_use
      from media_assets a
      where a.purge_after <= ${now}::timestamptz
      order by a.purge_after limit ${limit}::int for update skip locked
    )
    update media_assets a
    set purge_after = case
        when looked.is_kept then ${nextHeldLook}::timestamptz
        when looked.is_in_use then ${nextLook}::timestamptz
        else a.purge_after
      end,
      deleted_at = case
        when looked.is_kept or looked.is_in_use then a.deleted_at
        else coalesce(a.deleted_at, ${now}::timestamptz)
      end
    from looked where looked.id = a.id
    returning a.id::text as id, a.storage_key as folder, a.declared_type as "declaredType", not looked.is_kept and not looked.is_in_use as "isDue",
      array(select v.storage_key from media_variants v where v.asset_id = a.id) as "variantKeys"`
  return { lookedAt: rows.length, due: rows.filter(({ isDue }) => isDue) }
}

/** As PostgreSQL calls it up to 17, and from 18 on. */
const STILL_REFERRED_TO = ['23503', '23001']

/** Removes the row of a file whose bytes are gone. @throws Error that `isReferredTo` recognises when other rows name it */
export const removeMediaRow = (tx: Tx, id: string): Promise<unknown> =>
  tx.sql`/* media.remove */ delete from media_assets where id = ${id}::uuid and deleted_at is not null`

/** Whether a row could not be removed because others refer to it, as older versions of a profile do. */
export const isReferredTo = (error: unknown): boolean => STILL_REFERRED_TO.includes(sqlState(error) ?? '')

/** Leaves of a file whose bytes are gone what other rows refer to, and nothing that tells of it. */
export async function emptyMediaRow(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* media.removeVariants */ delete from media_variants where asset_id = ${id}::uuid`
  await tx.sql`/* media.empty */
    update media_assets set purge_after = null, file_name = null, alt_text = null, thumbhash = null
    where id = ${id}::uuid and deleted_at is not null`
}

/** What an address of a variant needs to be opened. */
export interface Opened {
  readonly now: Date
  readonly mediaId: string
  readonly ownerId: string
  readonly isHint: boolean
  readonly storageKey: string
  readonly contentType: string
  /** The viewer it was made for, if they are in good standing. */
  readonly viewerRole: 'FAN' | 'CREATOR' | 'MODERATOR' | 'ADMIN' | null
  readonly viewerIsAgeVerified: boolean | null
}

/** A variant of a file that is ready, and the viewer, as both are now. */
export async function findOpened(db: Db, variantId: string, viewerId: string | null): Promise<Opened | null> {
  const [row] = await db.sql<Opened>`/* media.opened */
    select app_now() as now, a.id::text as "mediaId", a.owner_id::text as "ownerId", v.kind = 'blurred' as "isHint",
      v.storage_key as "storageKey", v.content_type as "contentType", upper(u.account_type::text) as "viewerRole",
      u.age_verified and (u.age_verified_until is null or u.age_verified_until > app_now()) as "viewerIsAgeVerified"
    from media_variants v
    join media_assets a on a.id = v.asset_id
    left join users u on u.id = ${viewerId}::uuid and ${isInGoodStanding(fragment`u`, fragment`app_now()`)}
    where v.id = ${variantId}::uuid and a.state = 'ready' and a.deleted_at is null`
  return row ?? null
}

/** Whether a file is a picture of somebody's profile as it is now, and the viewer may see that person. */
export async function isPictureOf(db: Db, userId: string, mediaId: string, viewerId: string | null): Promise<boolean> {
  const [row] = await db.sql<{ isPicture: boolean }>`/* media.isPicture */
    select exists (
      select from user_profiles p join users u on u.id = p.user_id
      where p.user_id = ${userId}::uuid and p.is_current and ${mediaId}::uuid in (p.avatar_media_id, p.banner_media_id)
        and (u.account_status <> 'deleted' or u.id = ${viewerId}::uuid)
        and not ${isBlocking(fragment`u.id`, viewerId)}
    ) as "isPicture"`
  return row?.isPicture === true
}

/** A file that was made here and not uploaded, with what is shown of it already in the store. */
export interface MadeMedia {
  readonly id: string
  readonly ownerId: string
  readonly kind: MediaKind
  readonly purpose: MediaPurpose
  readonly folder: string
  readonly altText: string
  readonly contentType: string
  readonly sizeBytes: number
  readonly sha256: Uint8Array
  readonly width: number | null
  readonly height: number | null
  readonly durationMs: number | null
  readonly thumbhash: Uint8Array | null
  readonly createdAt: Date
  readonly variants: readonly (NewVariant & { readonly id: string })[]
}

/** Writes the rows of files that are ready from the first, as if each had been uploaded when it was made. */
export async function insertMadeMedia(tx: Tx, files: readonly MadeMedia[]): Promise<void> {
  const rows = files.map(({ kind, purpose, sha256, thumbhash, createdAt, ...file }) => ({
    ...file,
    kind: kind.toLowerCase(),
    purpose: purpose.toLowerCase(),
    sha256: Buffer.from(sha256).toString('hex'),
    thumbhash: thumbhash && Buffer.from(thumbhash).toString('hex'),
    createdAt: createdAt.toISOString(),
    purgeAfter: addMs(createdAt, UNUSED_KEEP_MS).toISOString(),
    variants: file.variants.map((variant) => ({ ...variant, kind: variant.kind.toLowerCase() })),
  }))
  await tx.sql`/* media.insertMade */
    insert into media_assets (id, owner_id, kind, purpose, state, storage_key, declared_type, detected_type,
      declared_size_bytes, size_bytes, sha256, width, height, duration_ms, alt_text, thumbhash, upload_expires_at, uploaded_at,
      scanned_at, ready_at, purge_after, created_at)
    select m.id, m."ownerId", m.kind::media_kind, m.purpose::media_purpose, 'ready', m.folder, m."contentType", m."contentType",
      m."sizeBytes", m."sizeBytes", decode(m.sha256, 'hex'), m.width, m.height, m."durationMs", m."altText",
      decode(m.thumbhash, 'hex'), m."createdAt", m."createdAt", m."createdAt", m."createdAt", m."purgeAfter", m."createdAt"
    from jsonb_to_recordset(${{ json: rows }}::jsonb) as m (
      id uuid, "ownerId" uuid, kind text, purpose text, folder text, "contentType" text, "sizeBytes" bigint, sha256 text,
      width int, height int, "durationMs" int, "altText" text, thumbhash text, "createdAt" timestamptz, "purgeAfter" timestamptz)`
  await tx.sql`/* media.insertMadeVariants */
    insert into media_variants (id, asset_id, kind, label, storage_key, content_type, size_bytes, width, height, created_at)
    select v.id, m.id, v.kind::media_variant_kind, v.label, v."storageKey", v."contentType", v."sizeBytes", v.width, v.height,
      m."createdAt"
    from jsonb_to_recordset(${{ json: rows }}::jsonb) as m (id uuid, "createdAt" timestamptz, variants jsonb),
      jsonb_to_recordset(m.variants) as v (
        id uuid, kind text, label text, "storageKey" text, "contentType" text, "sizeBytes" bigint, width int, height int)`
}
