import { jobName } from '../lib/jobs.js'

/**
 * Every column that holds text encrypted under a person's data key, with the column of its table that says whose it is.
 * Rotation rewrites exactly these; a test compares the list with the Prisma schema.
 */
export const SEALED_COLUMNS = [
  { table: 'users', column: 'email', owner: 'id' },
  { table: 'user_profiles', column: 'characteristics', owner: 'user_id' },
  { table: 'user_profiles', column: 'demographics', owner: 'user_id' },
  { table: 'user_profiles', column: 'birth_date', owner: 'user_id' },
  { table: 'user_profiles', column: 'legal_name', owner: 'user_id' },
  { table: 'user_profiles', column: 'phone', owner: 'user_id' },
  { table: 'user_profiles', column: 'city', owner: 'user_id' },
  { table: 'user_profiles', column: 'precise_location', owner: 'user_id' },
  { table: 'user_sessions', column: 'ip', owner: 'user_id' },
  { table: 'one_time_tokens', column: 'new_email', owner: 'user_id' },
  { table: 'totp_credentials', column: 'secret', owner: 'user_id' },
  { table: 'payout_accounts', column: 'details', owner: 'creator_id' },
  { table: 'webhook_endpoints', column: 'secret', owner: 'owner_id' },
  { table: 'webhook_endpoints', column: 'previous_secret', owner: 'owner_id' },
  { table: 'gifts', column: 'recipient_email', owner: 'giver_id' },
] as const

/** Binary columns about people that nothing writes yet; whoever begins to moves them up. */
export const UNUSED_COLUMNS = [
  { table: 'audit_logs', column: 'ip' },
  { table: 'stream_ingests', column: 'ip' },
] as const

/** Binary columns about people that hold no text: digests, wrapped keys, tiny pictures. */
export const UNSEALED_COLUMNS = [
  { table: 'users', column: 'email_index' },
  { table: 'reserved_usernames', column: 'name_hash' },
  { table: 'refresh_tokens', column: 'token_hash' },
  { table: 'one_time_tokens', column: 'token_hash' },
  { table: 'one_time_tokens', column: 'new_email_index' },
  { table: 'recovery_codes', column: 'code_hash' },
  { table: 'login_challenges', column: 'challenge_hash' },
  { table: 'age_verifications', column: 'proof_hash' },
  { table: 'audit_logs', column: 'ip_hash' },
  { table: 'idempotency_records', column: 'request_hash' },
  { table: 'user_keys', column: 'wrapped_key' },
  { table: 'key_checks', column: 'probe' },
  { table: 'content_analytics', column: 'dedupe_key' },
  { table: 'payment_methods', column: 'fingerprint_index' },
  { table: 'trial_redemptions', column: 'fingerprint_index' },
  { table: 'gifts', column: 'claim_hash' },
  { table: 'consents', column: 'ip_hash' },
  { table: 'export_requests', column: 'download_hash' },
  { table: 'stream_keys', column: 'key_hash' },
  { table: 'media_assets', column: 'sha256' },
  { table: 'media_assets', column: 'declared_sha256' },
  { table: 'media_assets', column: 'thumbhash' },
] as const

type SealedColumn = (typeof SEALED_COLUMNS)[number]
type FieldOf<Column> = Column extends { readonly table: infer Table; readonly column: infer Name }
  ? { readonly table: Table; readonly column: Name }
  : never

/** Where an encrypted field stands: table, column and row. */
export type FieldPlace = FieldOf<SealedColumn> & { readonly rowId: string }

/** One encrypted field: whose, and where it stands. The ciphertext opens nowhere else. */
export type FieldRef = FieldPlace & { readonly userId: string }

/** A ciphertext and where it stands. */
export interface SealedField {
  readonly ref: FieldRef
  readonly bytes: Uint8Array
}

/** Columns that are found by a blind index instead of their text. */
export type IndexedColumn = 'users.email'

/** What a keyed hash is for; the same text hashes differently under each purpose. */
export type HashPurpose = 'ip' | 'username' | 'recovery_code' | 'idempotency' | 'proof' | 'audit' | 'payment_method'

/** What a rotation renews. */
export type RotationKind = 'MASTER' | 'DATA' | 'BLIND_INDEX'

/** Starts the rotations that the configured keys call for, and goes on with those that a crash interrupted. */
export const RESUME_ROTATIONS = jobName<Record<string, never>>('keys.resumeRotations')

/** Gives everybody a new data key, and everything encrypted under the old one to it. */
export const RENEW_DATA_KEYS = jobName<Record<string, never>>('keys.renewDataKeys')

/** Carries one rotation to its end. */
export const ROTATE_KEYS = jobName<{ readonly rotationId: string }>('keys.rotate')
