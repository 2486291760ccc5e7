-- Every table, type, index and foreign key of the Prisma schema. Written by `prisma migrate diff`, but for the partitioned
-- tables, the identity columns and the generated columns, which it cannot say.

-- CreateEnum
CREATE TYPE "account_type" AS ENUM ('fan', 'creator', 'admin', 'moderator');

-- CreateEnum
CREATE TYPE "account_status" AS ENUM ('active', 'suspended', 'banned', 'deleted');

-- CreateEnum
CREATE TYPE "field_audience" AS ENUM ('public', 'followers', 'subscribers', 'self', 'staff');

-- CreateEnum
CREATE TYPE "one_time_token_kind" AS ENUM ('verify_email', 'reset_password', 'change_email');

-- CreateEnum
CREATE TYPE "session_end_reason" AS ENUM ('logout', 'revoked', 'password_changed', 'token_reused', 'account_status', 'role_changed', 'second_factor_changed', 'expired');

-- CreateEnum
CREATE TYPE "age_verification_status" AS ENUM ('pending', 'approved', 'rejected', 'expired', 'revoked');

-- CreateEnum
CREATE TYPE "device_type" AS ENUM ('desktop', 'mobile', 'tablet', 'tv', 'bot', 'other');

-- CreateEnum
CREATE TYPE "content_event_type" AS ENUM ('view', 'like', 'unlike', 'share', 'comment', 'download', 'purchase');

-- CreateEnum
CREATE TYPE "user_event_type" AS ENUM ('login', 'logout', 'profile_view', 'subscription', 'unsubscription', 'tip_sent', 'tip_received', 'content_upload', 'message_sent');

-- CreateEnum
CREATE TYPE "revenue_type" AS ENUM ('subscription', 'tip', 'content_sale', 'message_sale', 'stream_access');

-- CreateEnum
CREATE TYPE "audit_category" AS ENUM ('account_change', 'content_modification', 'payment', 'administrative', 'security');

-- CreateEnum
CREATE TYPE "severity" AS ENUM ('low', 'medium', 'high', 'critical');

-- CreateEnum
CREATE TYPE "log_level" AS ENUM ('debug', 'info', 'warning', 'error', 'critical');

-- CreateEnum
CREATE TYPE "transaction_type" AS ENUM ('subscription', 'tip', 'content_purchase', 'message_purchase', 'stream_access', 'payout', 'refund');

-- CreateEnum
CREATE TYPE "transaction_status" AS ENUM ('succeeded', 'failed');

-- CreateEnum
CREATE TYPE "transaction_reason" AS ENUM ('refund', 'dispute', 'dispute_won', 'payout_failed', 'adjustment');

-- CreateEnum
CREATE TYPE "payment_purpose" AS ENUM ('subscription', 'renewal', 'tip', 'content_purchase', 'message_purchase', 'stream_access', 'gift', 'wallet_top_up');

-- CreateEnum
CREATE TYPE "payment_state" AS ENUM ('created', 'processing', 'requires_action', 'succeeded', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "decline_class" AS ENUM ('retry_later', 'needs_action', 'new_method', 'never');

-- CreateEnum
CREATE TYPE "purchase_kind" AS ENUM ('content', 'message', 'stream');

-- CreateEnum
CREATE TYPE "purchase_state" AS ENUM ('pending', 'paid', 'refunded', 'failed');

-- CreateEnum
CREATE TYPE "refund_state" AS ENUM ('requested', 'processing', 'succeeded', 'failed');

-- CreateEnum
CREATE TYPE "dispute_state" AS ENUM ('open', 'under_review', 'won', 'lost');

-- CreateEnum
CREATE TYPE "payout_account_state" AS ENUM ('pending', 'verified', 'disabled');

-- CreateEnum
CREATE TYPE "payout_state" AS ENUM ('requested', 'awaiting_approval', 'approved', 'processing', 'paid', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "ledger_account_kind" AS ENUM ('processor_clearing', 'processor_fees', 'platform_fees', 'creator_pending', 'creator_available', 'creator_reserved', 'creator_receivable', 'payout_in_transit', 'wallet', 'dispute_held', 'adjustment');

-- CreateEnum
CREATE TYPE "journal_kind" AS ENUM ('sale', 'fee', 'refund', 'dispute', 'payout', 'release', 'reserve', 'wallet', 'adjustment', 'reversal');

-- CreateEnum
CREATE TYPE "finance_case_kind" AS ENUM ('payment_for_dead_subscription', 'ledger_drift', 'processor_mismatch', 'unknown_outcome', 'other');

-- CreateEnum
CREATE TYPE "webhook_event_state" AS ENUM ('received', 'processed', 'parked', 'failed', 'dead', 'unknown');

-- CreateEnum
CREATE TYPE "webhook_delivery_state" AS ENUM ('pending', 'delivered', 'failed', 'dead');

-- CreateEnum
CREATE TYPE "content_type" AS ENUM ('image', 'video', 'audio', 'text', 'live_stream');

-- CreateEnum
CREATE TYPE "content_visibility" AS ENUM ('public', 'followers', 'subscribers');

-- CreateEnum
CREATE TYPE "grant_source" AS ENUM ('subscription', 'purchase', 'gift', 'trial', 'promotion', 'staff');

-- CreateEnum
CREATE TYPE "grant_end_reason" AS ENUM ('refund', 'dispute', 'cancelled', 'blocked', 'banned', 'removed', 'staff');

-- CreateEnum
CREATE TYPE "key_rotation_kind" AS ENUM ('master', 'data', 'blind_index');

-- CreateEnum
CREATE TYPE "media_kind" AS ENUM ('image', 'video', 'audio', 'document');

-- CreateEnum
CREATE TYPE "media_state" AS ENUM ('requested', 'uploaded', 'scanned', 'ready', 'failed');

-- CreateEnum
CREATE TYPE "media_purpose" AS ENUM ('content', 'avatar', 'banner', 'message', 'evidence', 'export');

-- CreateEnum
CREATE TYPE "media_variant_kind" AS ENUM ('thumbnail', 'blurred', 'poster', 'rendition');

-- CreateEnum
CREATE TYPE "participant_role" AS ENUM ('creator', 'fan');

-- CreateEnum
CREATE TYPE "mass_message_segment" AS ENUM ('all_subscribers', 'active_subscribers', 'lapsed_subscribers', 'followers', 'spent_over', 'list');

-- CreateEnum
CREATE TYPE "mass_message_state" AS ENUM ('scheduled', 'sending', 'sent', 'cancelled', 'unsent');

-- CreateEnum
CREATE TYPE "recipient_skip_reason" AS ENUM ('blocked', 'unsubscribed', 'already_owned', 'opted_out', 'account_closed');

-- CreateEnum
CREATE TYPE "report_type" AS ENUM ('inappropriate_content', 'copyright_violation', 'harassment', 'spam', 'underage', 'non_consensual', 'violence', 'hate_speech', 'other');

-- CreateEnum
CREATE TYPE "report_priority" AS ENUM ('low', 'medium', 'high', 'critical');

-- CreateEnum
CREATE TYPE "report_status" AS ENUM ('pending', 'under_review', 'resolved', 'dismissed');

-- CreateEnum
CREATE TYPE "case_status" AS ENUM ('open', 'in_review', 'escalated', 'closed');

-- CreateEnum
CREATE TYPE "moderation_action_type" AS ENUM ('approve', 'reject', 'remove', 'flag', 'age_restrict', 'shadow_ban', 'require_warning');

-- CreateEnum
CREATE TYPE "enforcement_action" AS ENUM ('warning', 'temporary_suspension', 'permanent_ban', 'feature_restriction');

-- CreateEnum
CREATE TYPE "restricted_feature" AS ENUM ('commenting', 'messaging', 'publishing', 'streaming', 'tipping', 'reporting', 'payouts');

-- CreateEnum
CREATE TYPE "appeal_status" AS ENUM ('pending', 'upheld', 'overturned', 'withdrawn');

-- CreateEnum
CREATE TYPE "notification_type" AS ENUM ('new_subscriber', 'content_like', 'content_comment', 'message', 'tip', 'system_announcement', 'moderation_action', 'new_follower', 'new_content', 'stream', 'payment', 'account');

-- CreateEnum
CREATE TYPE "notification_channel" AS ENUM ('in_app', 'email', 'push');

-- CreateEnum
CREATE TYPE "idempotency_state" AS ENUM ('in_flight', 'done');

-- CreateEnum
CREATE TYPE "consent_kind" AS ENUM ('terms', 'privacy_policy', 'creator_agreement', 'adult_content', 'marketing', 'analytics', 'purchase_withdrawal');

-- CreateEnum
CREATE TYPE "export_state" AS ENUM ('requested', 'running', 'ready', 'failed', 'expired');

-- CreateEnum
CREATE TYPE "erasure_state" AS ENUM ('requested', 'held', 'running', 'done', 'cancelled');

-- CreateEnum
CREATE TYPE "hold_ground" AS ENUM ('court_order', 'investigation', 'dispute', 'child_safety', 'tax');

-- CreateEnum
CREATE TYPE "stream_state" AS ENUM ('scheduled', 'live', 'interrupted', 'ended', 'cancelled');

-- CreateEnum
CREATE TYPE "stream_end_reason" AS ENUM ('creator', 'timeout', 'key_revoked', 'moderation', 'never_started');

-- CreateEnum
CREATE TYPE "stream_sanction_kind" AS ENUM ('mute', 'ban');

-- CreateEnum
CREATE TYPE "subscription_type" AS ENUM ('monthly', 'yearly', 'lifetime');

-- CreateEnum
CREATE TYPE "subscription_status" AS ENUM ('active', 'cancelled', 'expired', 'pending', 'failed');

-- CreateEnum
CREATE TYPE "payment_health" AS ENUM ('healthy', 'retrying', 'grace', 'exhausted');

-- CreateEnum
CREATE TYPE "subscription_origin" AS ENUM ('paid', 'trial', 'gift', 'promotion', 'staff');

-- CreateEnum
CREATE TYPE "subscription_end_reason" AS ENUM ('period_ended', 'payment_failed', 'refunded', 'disputed', 'replaced', 'blocked', 'banned', 'creator_left', 'staff');

-- CreateEnum
CREATE TYPE "subscription_period_state" AS ENUM ('pending', 'paid', 'failed', 'refunded', 'free');

-- CreateEnum
CREATE TYPE "promotion_kind" AS ENUM ('percent', 'amount', 'trial');

-- CreateEnum
CREATE TYPE "tip_state" AS ENUM ('pending', 'paid', 'failed', 'refunded');

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "username" CITEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "email" BYTEA,
    "email_index" BYTEA,
    "email_index_version" SMALLINT NOT NULL DEFAULT 1,
    "email_key_id" UUID,
    "email_verified_at" TIMESTAMPTZ(3),
    "password_hash" TEXT,
    "password_changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "account_type" "account_type" NOT NULL DEFAULT 'fan',
    "account_status" "account_status" NOT NULL DEFAULT 'active',
    "suspended_until" TIMESTAMPTZ(3),
    "status_reason" TEXT,
    "status_changed_at" TIMESTAMPTZ(3),
    "status_changed_by_id" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "purge_after" TIMESTAMPTZ(3),
    "erased_at" TIMESTAMPTZ(3),
    "age_verified" BOOLEAN NOT NULL DEFAULT false,
    "age_verified_at" TIMESTAMPTZ(3),
    "is_demo" BOOLEAN NOT NULL DEFAULT false,
    "creator_since" TIMESTAMPTZ(3),
    "subscription_price" BIGINT,
    "currency" CHAR(3),
    "locale" TEXT NOT NULL DEFAULT 'en',
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "terms_version" TEXT,
    "terms_accepted_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reserved_usernames" (
    "name_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "reserved_usernames_pkey" PRIMARY KEY ("name_hash")
);

-- CreateTable
CREATE TABLE "user_profiles" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "is_current" BOOLEAN NOT NULL DEFAULT true,
    "bio" TEXT,
    "avatar_media_id" UUID,
    "banner_media_id" UUID,
    "website" TEXT,
    "social_links" JSONB NOT NULL DEFAULT '[]',
    "social_links_audience" "field_audience" NOT NULL DEFAULT 'public',
    "categories" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "languages" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "pronouns" TEXT,
    "preferences" JSONB NOT NULL DEFAULT '{}',
    "characteristics" BYTEA,
    "characteristics_audience" "field_audience" NOT NULL DEFAULT 'self',
    "demographics" BYTEA,
    "demographics_audience" "field_audience" NOT NULL DEFAULT 'self',
    "birth_date" BYTEA,
    "birth_date_audience" "field_audience" NOT NULL DEFAULT 'self',
    "legal_name" BYTEA,
    "legal_name_audience" "field_audience" NOT NULL DEFAULT 'self',
    "phone" BYTEA,
    "phone_audience" "field_audience" NOT NULL DEFAULT 'self',
    "country_code" CHAR(2),
    "region" TEXT,
    "city" BYTEA,
    "precise_location" BYTEA,
    "location_audience" "field_audience" NOT NULL DEFAULT 'self',
    "changed_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "user_profiles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_sessions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "device_label" TEXT,
    "user_agent" TEXT,
    "browser" TEXT,
    "os" TEXT,
    "device_type" "device_type" NOT NULL DEFAULT 'other',
    "ip" BYTEA,
    "country_code" CHAR(2),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "authenticated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "second_factor_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "absolute_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" "session_end_reason",

    CONSTRAINT "user_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "session_id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "parent_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "one_time_tokens" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "kind" "one_time_token_kind" NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "new_email" BYTEA,
    "new_email_index" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "superseded_at" TIMESTAMPTZ(3),

    CONSTRAINT "one_time_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "totp_credentials" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "secret" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "confirmed_at" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "last_used_step" BIGINT,

    CONSTRAINT "totp_credentials_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "recovery_codes" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "credential_id" UUID NOT NULL,
    "code_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "recovery_codes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "login_challenges" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "challenge_hash" BYTEA NOT NULL,
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "login_challenges_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "age_verifications" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "provider_reference" TEXT,
    "status" "age_verification_status" NOT NULL DEFAULT 'pending',
    "method" TEXT,
    "minimum_age" SMALLINT NOT NULL DEFAULT 18,
    "is_of_age" BOOLEAN,
    "country_code" CHAR(2),
    "proof_hash" BYTEA,
    "reviewed_by_id" UUID,
    "reviewed_at" TIMESTAMPTZ(3),
    "rejection_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "decided_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "age_verifications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_analytics" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "content_id" UUID NOT NULL,
    "creator_id" UUID NOT NULL,
    "viewer_id" UUID,
    "event_type" "content_event_type" NOT NULL,
    "duration_ms" INTEGER,
    "is_qualified" BOOLEAN NOT NULL DEFAULT true,
    "dedupe_key" BYTEA,
    "country_code" CHAR(2),
    "region" TEXT,
    "city" TEXT,
    "device_type" "device_type" NOT NULL DEFAULT 'other',
    "browser" TEXT,
    "os" TEXT,
    "referrer" TEXT,
    "amount_minor" BIGINT,
    "currency" CHAR(3),
    "event_id" BIGINT,
    "metadata" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "content_analytics_pkey" PRIMARY KEY ("id","created_at")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "user_analytics" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "user_id" UUID NOT NULL,
    "target_user_id" UUID,
    "event_type" "user_event_type" NOT NULL,
    "country_code" CHAR(2),
    "region" TEXT,
    "city" TEXT,
    "device_type" "device_type" NOT NULL DEFAULT 'other',
    "browser" TEXT,
    "os" TEXT,
    "session_id" UUID,
    "amount_minor" BIGINT,
    "currency" CHAR(3),
    "event_id" BIGINT,
    "metadata" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "user_analytics_pkey" PRIMARY KEY ("id","created_at")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "revenue_analytics" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "creator_id" UUID,
    "transaction_id" UUID NOT NULL,
    "revenue_type" "revenue_type" NOT NULL,
    "gross_amount" BIGINT NOT NULL,
    "platform_fee" BIGINT NOT NULL,
    "creator_earnings" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "hour_starts_at" TIMESTAMPTZ(3) NOT NULL,
    "day" DATE NOT NULL,
    "metadata" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "revenue_analytics_pkey" PRIMARY KEY ("id","created_at")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "audit_logs" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "category" "audit_category" NOT NULL,
    "action" TEXT NOT NULL,
    "severity" "severity" NOT NULL DEFAULT 'low',
    "actor_id" UUID,
    "user_id" UUID,
    "admin_id" UUID,
    "subject_table" TEXT,
    "subject_id" TEXT,
    "before" JSONB,
    "after" JSONB,
    "description" TEXT NOT NULL,
    "reason" TEXT,
    "ip" BYTEA,
    "ip_hash" BYTEA,
    "user_agent" TEXT,
    "session_id" UUID,
    "request_id" TEXT,

    CONSTRAINT "audit_logs_pkey" PRIMARY KEY ("id","created_at")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "system_logs" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "level" "log_level" NOT NULL,
    "service" TEXT NOT NULL,
    "component" TEXT,
    "message" TEXT NOT NULL,
    "stack_trace" TEXT,
    "request_id" TEXT,
    "session_id" UUID,
    "user_id" UUID,
    "metadata" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "system_logs_pkey" PRIMARY KEY ("id","created_at")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "transactions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "type" "transaction_type" NOT NULL,
    "status" "transaction_status" NOT NULL,
    "reason" "transaction_reason",
    "reverses_id" UUID,
    "payer_id" UUID,
    "creator_id" UUID,
    "gross_amount" BIGINT NOT NULL,
    "platform_fee" BIGINT NOT NULL DEFAULT 0,
    "net_amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "fee_basis_points" INTEGER,
    "processor" TEXT,
    "processor_reference" TEXT,
    "failure_code" TEXT,
    "failure_reason" TEXT,
    "payment_intent_id" UUID,
    "subscription_id" UUID,
    "purchase_id" UUID,
    "tip_id" UUID,
    "gift_id" UUID,
    "refund_id" UUID,
    "dispute_id" UUID,
    "payout_id" UUID,
    "description" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "transactions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment_intents" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "payer_id" UUID NOT NULL,
    "creator_id" UUID,
    "purpose" "payment_purpose" NOT NULL,
    "state" "payment_state" NOT NULL DEFAULT 'created',
    "amount_minor" BIGINT NOT NULL,
    "wallet_minor" BIGINT NOT NULL DEFAULT 0,
    "captured_minor" BIGINT NOT NULL DEFAULT 0,
    "refunded_minor" BIGINT NOT NULL DEFAULT 0,
    "currency" CHAR(3) NOT NULL,
    "processor" TEXT NOT NULL,
    "processor_key" UUID NOT NULL DEFAULT gen_random_uuid(),
    "processor_reference" TEXT,
    "payment_method_id" UUID,
    "action_url" TEXT,
    "failure_code" TEXT,
    "failure_reason" TEXT,
    "decline_class" "decline_class",
    "attempt_count" SMALLINT NOT NULL DEFAULT 0,
    "last_attempt_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "payment_intents_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "processor_customers" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "processor_customers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment_methods" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "brand" TEXT,
    "last_four" TEXT,
    "expiry_month" SMALLINT,
    "expiry_year" SMALLINT,
    "country_code" CHAR(2),
    "fingerprint_index" BYTEA,
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "removed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "payment_methods_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fee_rates" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID,
    "type" "transaction_type" NOT NULL,
    "basis_points" INTEGER NOT NULL,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "valid_to" TIMESTAMPTZ(3),
    "created_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "fee_rates_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "purchases" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "buyer_id" UUID NOT NULL,
    "creator_id" UUID NOT NULL,
    "kind" "purchase_kind" NOT NULL,
    "content_id" UUID,
    "message_id" UUID,
    "stream_id" UUID,
    "title_snapshot" TEXT,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "state" "purchase_state" NOT NULL DEFAULT 'pending',
    "payment_intent_id" UUID,
    "paid_at" TIMESTAMPTZ(3),
    "refunded_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "purchases_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refunds" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "transaction_id" UUID NOT NULL,
    "payment_intent_id" UUID NOT NULL,
    "requested_by_id" UUID,
    "amount_minor" BIGINT NOT NULL,
    "platform_fee_minor" BIGINT NOT NULL DEFAULT 0,
    "currency" CHAR(3) NOT NULL,
    "state" "refund_state" NOT NULL DEFAULT 'requested',
    "reason" TEXT NOT NULL,
    "revokes_access" BOOLEAN NOT NULL DEFAULT true,
    "processor_key" UUID NOT NULL DEFAULT gen_random_uuid(),
    "processor_reference" TEXT,
    "failure_code" TEXT,
    "settled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "refunds_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "disputes" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "transaction_id" UUID NOT NULL,
    "payment_intent_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "processor_reference" TEXT NOT NULL,
    "state" "dispute_state" NOT NULL DEFAULT 'open',
    "reason" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "fee_minor" BIGINT NOT NULL DEFAULT 0,
    "currency" CHAR(3) NOT NULL,
    "evidence" JSONB,
    "evidence_due_at" TIMESTAMPTZ(3),
    "evidence_sent_at" TIMESTAMPTZ(3),
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "disputes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payout_accounts" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "details" BYTEA,
    "label" TEXT,
    "country_code" CHAR(2) NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "state" "payout_account_state" NOT NULL DEFAULT 'pending',
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "verified_at" TIMESTAMPTZ(3),
    "removed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "payout_accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payouts" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "payout_account_id" UUID NOT NULL,
    "requested_by_id" UUID,
    "amount_minor" BIGINT NOT NULL,
    "fee_minor" BIGINT NOT NULL DEFAULT 0,
    "currency" CHAR(3) NOT NULL,
    "state" "payout_state" NOT NULL DEFAULT 'requested',
    "approved_by_id" UUID,
    "approved_at" TIMESTAMPTZ(3),
    "processor_key" UUID NOT NULL DEFAULT gen_random_uuid(),
    "processor_reference" TEXT,
    "failure_code" TEXT,
    "failure_reason" TEXT,
    "settled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "payouts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payout_holds" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "amount_minor" BIGINT,
    "currency" CHAR(3),
    "release_at" TIMESTAMPTZ(3),
    "released_at" TIMESTAMPTZ(3),
    "released_by_id" UUID,
    "created_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "payout_holds_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledger_accounts" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "kind" "ledger_account_kind" NOT NULL,
    "owner_id" UUID,
    "currency" CHAR(3) NOT NULL,
    "balance_minor" BIGINT NOT NULL DEFAULT 0,
    "allows_negative" BOOLEAN NOT NULL DEFAULT false,
    "entry_count" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "ledger_accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "journal_transactions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "kind" "journal_kind" NOT NULL,
    "transaction_id" UUID,
    "reverses_id" UUID,
    "reference" TEXT NOT NULL,
    "description" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "journal_transactions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledger_entries" (
    "id" BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL,
    "journal_transaction_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "ledger_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "wallets" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "ledger_account_id" UUID NOT NULL,
    "balance_minor" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "wallets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "finance_cases" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "kind" "finance_case_kind" NOT NULL,
    "creator_id" UUID,
    "payer_id" UUID,
    "payment_intent_id" UUID,
    "webhook_event_id" UUID,
    "reference" TEXT NOT NULL,
    "details" JSONB NOT NULL DEFAULT '{}',
    "assigned_to_id" UUID,
    "resolution" TEXT,
    "resolved_by_id" UUID,
    "resolved_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "finance_cases_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_events" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "processor" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "object_id" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "payload" JSONB NOT NULL,
    "state" "webhook_event_state" NOT NULL DEFAULT 'received',
    "attempt_count" SMALLINT NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "processed_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_endpoints" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "owner_id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "secret" BYTEA NOT NULL,
    "previous_secret" BYTEA,
    "previous_secret_until" TIMESTAMPTZ(3),
    "event_types" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "endpoint_id" UUID NOT NULL,
    "event_id" BIGINT NOT NULL,
    "object_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "state" "webhook_delivery_state" NOT NULL DEFAULT 'pending',
    "attempt_count" SMALLINT NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "response_status" SMALLINT,
    "last_error" TEXT,
    "delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "comments" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "content_id" UUID NOT NULL,
    "author_id" UUID NOT NULL,
    "parent_id" UUID,
    "root_id" UUID,
    "depth" SMALLINT NOT NULL DEFAULT 0,
    "body" TEXT NOT NULL,
    "is_by_creator" BOOLEAN NOT NULL DEFAULT false,
    "edited_at" TIMESTAMPTZ(3),
    "pinned_at" TIMESTAMPTZ(3),
    "held_at" TIMESTAMPTZ(3),
    "approved_at" TIMESTAMPTZ(3),
    "hidden_at" TIMESTAMPTZ(3),
    "hidden_by_id" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by_id" UUID,
    "purge_after" TIMESTAMPTZ(3),
    "like_count" INTEGER NOT NULL DEFAULT 0,
    "reply_count" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "comments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "comment_versions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "comment_id" UUID NOT NULL,
    "body" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "valid_to" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "comment_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "likes" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "content_id" UUID,
    "comment_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "likes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "comment_settings" (
    "creator_id" UUID NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "subscribers_only" BOOLEAN NOT NULL DEFAULT false,
    "hold_first" BOOLEAN NOT NULL DEFAULT false,
    "slow_mode_seconds" INTEGER NOT NULL DEFAULT 0,
    "forbidden_words" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "comment_settings_pkey" PRIMARY KEY ("creator_id")
);

-- CreateTable
CREATE TABLE "content" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "type" "content_type" NOT NULL,
    "title" TEXT,
    "teaser" TEXT,
    "body" TEXT,
    "language" TEXT,
    "visibility" "content_visibility" NOT NULL DEFAULT 'public',
    "is_premium" BOOLEAN NOT NULL DEFAULT false,
    "price_minor" BIGINT,
    "currency" CHAR(3),
    "included_in_subscription" BOOLEAN NOT NULL DEFAULT false,
    "is_age_restricted" BOOLEAN NOT NULL DEFAULT false,
    "warnings" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "publish_at" TIMESTAMPTZ(3),
    "scheduled_local_time" TEXT,
    "scheduled_time_zone" TEXT,
    "announced_at" TIMESTAMPTZ(3),
    "unpublished_at" TIMESTAMPTZ(3),
    "removed_at" TIMESTAMPTZ(3),
    "removed_reason" TEXT,
    "shadow_banned_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),
    "purge_after" TIMESTAMPTZ(3),
    "comments_closed_at" TIMESTAMPTZ(3),
    "pinned_at" TIMESTAMPTZ(3),
    "like_count" INTEGER NOT NULL DEFAULT 0,
    "comment_count" INTEGER NOT NULL DEFAULT 0,
    "save_count" INTEGER NOT NULL DEFAULT 0,
    "view_count" BIGINT NOT NULL DEFAULT 0,
    "share_count" INTEGER NOT NULL DEFAULT 0,
    "purchase_count" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,
    "search" tsvector GENERATED ALWAYS AS (app_content_search(title, teaser, body, ((visibility = 'public'::content_visibility) AND (NOT is_premium)))) STORED,

    CONSTRAINT "content_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_versions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "content_id" UUID NOT NULL,
    "content_version" INTEGER NOT NULL,
    "changed_by_id" UUID,
    "snapshot" JSONB NOT NULL,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "valid_to" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "content_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_media" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "content_id" UUID NOT NULL,
    "media_id" UUID NOT NULL,
    "position" SMALLINT NOT NULL,
    "is_teaser" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "content_media_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tags" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" CITEXT NOT NULL,
    "content_count" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "tags_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_tags" (
    "content_id" UUID NOT NULL,
    "tag_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "content_tags_pkey" PRIMARY KEY ("content_id","tag_id")
);

-- CreateTable
CREATE TABLE "categories" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "position" SMALLINT NOT NULL DEFAULT 0,
    "is_adult" BOOLEAN NOT NULL DEFAULT false,
    "retired_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "categories_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_categories" (
    "content_id" UUID NOT NULL,
    "category_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "content_categories_pkey" PRIMARY KEY ("content_id","category_id")
);

-- CreateTable
CREATE TABLE "creator_categories" (
    "user_id" UUID NOT NULL,
    "category_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "creator_categories_pkey" PRIMARY KEY ("user_id","category_id")
);

-- CreateTable
CREATE TABLE "saved_content" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "content_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "saved_content_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "entitlement_grants" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "creator_id" UUID NOT NULL,
    "content_id" UUID,
    "message_id" UUID,
    "stream_id" UUID,
    "source" "grant_source" NOT NULL,
    "subscription_id" UUID,
    "purchase_id" UUID,
    "gift_id" UUID,
    "granted_by_id" UUID,
    "note" TEXT,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" "grant_end_reason",
    "suspended_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "entitlement_grants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_keys" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "wrapped_key" BYTEA,
    "master_key_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "retired_at" TIMESTAMPTZ(3),
    "destroyed_at" TIMESTAMPTZ(3),

    CONSTRAINT "user_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "key_checks" (
    "key_id" TEXT NOT NULL,
    "probe" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "key_checks_pkey" PRIMARY KEY ("key_id")
);

-- CreateTable
CREATE TABLE "key_rotations" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "kind" "key_rotation_kind" NOT NULL,
    "from_key" TEXT NOT NULL,
    "to_key" TEXT NOT NULL,
    "cursor" TEXT,
    "done_count" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "key_rotations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "media_assets" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "owner_id" UUID NOT NULL,
    "kind" "media_kind" NOT NULL,
    "purpose" "media_purpose" NOT NULL,
    "state" "media_state" NOT NULL DEFAULT 'requested',
    "storage_key" TEXT NOT NULL,
    "file_name" TEXT,
    "declared_type" TEXT NOT NULL,
    "detected_type" TEXT,
    "declared_size_bytes" BIGINT NOT NULL,
    "size_bytes" BIGINT,
    "sha256" BYTEA,
    "width" INTEGER,
    "height" INTEGER,
    "duration_ms" INTEGER,
    "alt_text" TEXT,
    "thumbhash" BYTEA,
    "failure_reason" TEXT,
    "upload_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "uploaded_at" TIMESTAMPTZ(3),
    "scanned_at" TIMESTAMPTZ(3),
    "ready_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),
    "purge_after" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "media_assets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "media_variants" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "asset_id" UUID NOT NULL,
    "kind" "media_variant_kind" NOT NULL,
    "label" TEXT NOT NULL DEFAULT 'default',
    "storage_key" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "width" INTEGER,
    "height" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "media_variants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "conversations" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "fan_id" UUID NOT NULL,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,
    "last_message_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "conversation_participants" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "conversation_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" "participant_role" NOT NULL,
    "read_sequence" BIGINT NOT NULL DEFAULT 0,
    "read_at" TIMESTAMPTZ(3),
    "delivered_sequence" BIGINT NOT NULL DEFAULT 0,
    "unread_count" INTEGER NOT NULL DEFAULT 0,
    "sends_read_receipts" BOOLEAN NOT NULL DEFAULT true,
    "archived_at" TIMESTAMPTZ(3),
    "muted_until" TIMESTAMPTZ(3),
    "pinned_at" TIMESTAMPTZ(3),
    "last_message_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "conversation_participants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "conversation_id" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "sender_id" UUID NOT NULL,
    "reply_to_id" UUID,
    "mass_message_id" UUID,
    "body" TEXT,
    "teaser" TEXT,
    "is_premium" BOOLEAN NOT NULL DEFAULT false,
    "price_minor" BIGINT,
    "currency" CHAR(3),
    "purchased_at" TIMESTAMPTZ(3),
    "opened_at" TIMESTAMPTZ(3),
    "edited_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),
    "purge_after" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message_versions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "message_id" UUID NOT NULL,
    "body" TEXT,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "valid_to" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "message_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message_media" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "message_id" UUID NOT NULL,
    "media_id" UUID NOT NULL,
    "position" SMALLINT NOT NULL,
    "is_teaser" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "message_media_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mass_messages" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "segment" "mass_message_segment" NOT NULL,
    "list_id" UUID,
    "spent_over_minor" BIGINT,
    "body" TEXT,
    "teaser" TEXT,
    "price_minor" BIGINT,
    "currency" CHAR(3),
    "state" "mass_message_state" NOT NULL DEFAULT 'scheduled',
    "send_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "recipient_count" INTEGER NOT NULL DEFAULT 0,
    "sent_count" INTEGER NOT NULL DEFAULT 0,
    "skipped_count" INTEGER NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "unsent_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "mass_messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mass_message_media" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "mass_message_id" UUID NOT NULL,
    "media_id" UUID NOT NULL,
    "position" SMALLINT NOT NULL,
    "is_teaser" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "mass_message_media_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mass_message_recipients" (
    "mass_message_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "message_id" UUID,
    "skipped_reason" "recipient_skip_reason",
    "handled_at" TIMESTAMPTZ(3),
    "unsent_at" TIMESTAMPTZ(3),

    CONSTRAINT "mass_message_recipients_pkey" PRIMARY KEY ("mass_message_id","user_id")
);

-- CreateTable
CREATE TABLE "fan_lists" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "fan_lists_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fan_list_members" (
    "list_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "fan_list_members_pkey" PRIMARY KEY ("list_id","user_id")
);

-- CreateTable
CREATE TABLE "moderation_cases" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "content_id" UUID,
    "comment_id" UUID,
    "message_id" UUID,
    "stream_id" UUID,
    "user_id" UUID,
    "status" "case_status" NOT NULL DEFAULT 'open',
    "priority" "report_priority" NOT NULL DEFAULT 'medium',
    "report_count" INTEGER NOT NULL DEFAULT 0,
    "subject_version" INTEGER,
    "assigned_to_id" UUID,
    "assigned_until" TIMESTAMPTZ(3),
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "closed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "moderation_cases_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_reports" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "case_id" UUID NOT NULL,
    "reporter_id" UUID NOT NULL,
    "content_id" UUID,
    "comment_id" UUID,
    "message_id" UUID,
    "stream_id" UUID,
    "reported_user_id" UUID,
    "type" "report_type" NOT NULL,
    "description" TEXT,
    "status" "report_status" NOT NULL DEFAULT 'pending',
    "priority" "report_priority" NOT NULL DEFAULT 'medium',
    "assigned_to_id" UUID,
    "resolution" TEXT,
    "resolved_by_id" UUID,
    "resolved_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "content_reports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "report_evidence" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "report_id" UUID NOT NULL,
    "media_id" UUID,
    "snapshot" JSONB,
    "note" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "report_evidence_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_moderation_actions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "case_id" UUID,
    "content_id" UUID,
    "comment_id" UUID,
    "message_id" UUID,
    "stream_id" UUID,
    "moderator_id" UUID,
    "action" "moderation_action_type" NOT NULL,
    "reason" TEXT NOT NULL,
    "is_automated" BOOLEAN NOT NULL DEFAULT false,
    "model" TEXT,
    "confidence" DECIMAL(5,4),
    "needs_human_review" BOOLEAN NOT NULL DEFAULT false,
    "reviewed_by_id" UUID,
    "reviewed_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "reversed_at" TIMESTAMPTZ(3),
    "reversed_by_id" UUID,
    "undo" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "content_moderation_actions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_violations" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "case_id" UUID,
    "type" "report_type" NOT NULL,
    "severity" "severity" NOT NULL,
    "points" SMALLINT NOT NULL DEFAULT 0,
    "points_expire_at" TIMESTAMPTZ(3),
    "action" "enforcement_action" NOT NULL,
    "description" TEXT NOT NULL,
    "evidence" JSONB NOT NULL DEFAULT '{}',
    "starts_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "ends_at" TIMESTAMPTZ(3),
    "previous_id" UUID,
    "issued_by_id" UUID,
    "lifted_at" TIMESTAMPTZ(3),
    "lifted_by_id" UUID,
    "lift_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "user_violations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "feature_restrictions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "violation_id" UUID NOT NULL,
    "feature" "restricted_feature" NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "ends_at" TIMESTAMPTZ(3),
    "lifted_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "feature_restrictions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "statements_of_reasons" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "action_id" UUID,
    "violation_id" UUID,
    "rule" TEXT NOT NULL,
    "facts" TEXT NOT NULL,
    "consequence" TEXT NOT NULL,
    "is_automated" BOOLEAN NOT NULL DEFAULT false,
    "appeal_until" TIMESTAMPTZ(3) NOT NULL,
    "read_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "statements_of_reasons_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "appeals" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "statement_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "body" TEXT NOT NULL,
    "status" "appeal_status" NOT NULL DEFAULT 'pending',
    "decided_by_id" UUID,
    "decision" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "appeals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "staff_notes" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "author_id" UUID NOT NULL,
    "body" TEXT NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "staff_notes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notifications" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "user_id" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "type" "notification_type" NOT NULL,
    "actor_id" UUID,
    "group_key" TEXT,
    "subject_type" TEXT,
    "subject_id" UUID,
    "event_id" BIGINT,
    "payload" JSONB NOT NULL DEFAULT '{}',
    "read_at" TIMESTAMPTZ(3),
    "hidden_at" TIMESTAMPTZ(3),

    CONSTRAINT "notifications_pkey" PRIMARY KEY ("id","created_at")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "notification_inboxes" (
    "user_id" UUID NOT NULL,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,
    "read_sequence" BIGINT NOT NULL DEFAULT 0,
    "seen_sequence" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "notification_inboxes_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "notification_preferences" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "type" "notification_type" NOT NULL,
    "channel" "notification_channel" NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "notification_preferences_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notification_settings" (
    "user_id" UUID NOT NULL,
    "quiet_from_minute" SMALLINT,
    "quiet_to_minute" SMALLINT,
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "notification_settings_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "announcements" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "author_id" UUID NOT NULL,
    "audience" "account_type",
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "publish_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "expires_at" TIMESTAMPTZ(3),
    "withdrawn_at" TIMESTAMPTZ(3),
    "delivered_up_to_id" UUID,
    "delivered_count" INTEGER NOT NULL DEFAULT 0,
    "delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "announcements_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_records" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "scope" TEXT NOT NULL,
    "mutation" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "state" "idempotency_state" NOT NULL DEFAULT 'in_flight',
    "answer" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "locked_until" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_records_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event_streams" (
    "stream" TEXT NOT NULL,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "event_streams_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "outbox_events" (
    "id" BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL,
    "stream" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "type" TEXT NOT NULL,
    "payload" JSONB NOT NULL DEFAULT '{}',
    "actor_id" UUID,
    "request_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "dispatched_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rate_limits" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "rate_limits_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "worker_heartbeats" (
    "worker_id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "process_id" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "beat_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "stopped_at" TIMESTAMPTZ(3),

    CONSTRAINT "worker_heartbeats_pkey" PRIMARY KEY ("worker_id")
);

-- CreateTable
CREATE TABLE "consents" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "kind" "consent_kind" NOT NULL,
    "document_version" TEXT NOT NULL,
    "given_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "withdrawn_at" TIMESTAMPTZ(3),
    "ip_hash" BYTEA,

    CONSTRAINT "consents_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "export_requests" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "requested_by_id" UUID,
    "state" "export_state" NOT NULL DEFAULT 'requested',
    "media_id" UUID,
    "progress" JSONB NOT NULL DEFAULT '{}',
    "download_hash" BYTEA,
    "downloaded_at" TIMESTAMPTZ(3),
    "ready_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "failure_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "export_requests_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "erasure_requests" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "requested_by_id" UUID,
    "state" "erasure_state" NOT NULL DEFAULT 'requested',
    "reason" TEXT NOT NULL,
    "scheduled_for" TIMESTAMPTZ(3) NOT NULL,
    "held_by_id" UUID,
    "progress" JSONB NOT NULL DEFAULT '{}',
    "kept_grounds" JSONB NOT NULL DEFAULT '{}',
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "erasure_requests_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "legal_holds" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID,
    "content_id" UUID,
    "message_id" UUID,
    "media_id" UUID,
    "case_id" UUID,
    "ground" "hold_ground" NOT NULL,
    "reason" TEXT NOT NULL,
    "created_by_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "lifted_at" TIMESTAMPTZ(3),
    "lifted_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "legal_holds_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "retention_runs" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "data_class" TEXT NOT NULL,
    "cutoff" TIMESTAMPTZ(3) NOT NULL,
    "removed_count" BIGINT NOT NULL DEFAULT 0,
    "archived_count" BIGINT NOT NULL DEFAULT 0,
    "cursor" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "retention_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "follows" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "follower_id" UUID NOT NULL,
    "following_id" UUID NOT NULL,
    "followed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "unfollowed_at" TIMESTAMPTZ(3),
    "notified_at" TIMESTAMPTZ(3),
    "notifications_enabled" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "follows_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "follow_preferences" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "follow_id" UUID NOT NULL,
    "type" "notification_type" NOT NULL,
    "channel" "notification_channel" NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "follow_preferences_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "blocks" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "blocker_id" UUID NOT NULL,
    "blocked_id" UUID NOT NULL,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "blocks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mutes" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "muter_id" UUID NOT NULL,
    "muted_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "mutes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_counters" (
    "user_id" UUID NOT NULL,
    "follower_count" INTEGER NOT NULL DEFAULT 0,
    "following_count" INTEGER NOT NULL DEFAULT 0,
    "content_count" INTEGER NOT NULL DEFAULT 0,
    "subscriber_count" INTEGER NOT NULL DEFAULT 0,
    "like_count" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "user_counters_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "live_streams" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "content_id" UUID NOT NULL,
    "creator_id" UUID NOT NULL,
    "state" "stream_state" NOT NULL DEFAULT 'scheduled',
    "playback_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "is_premium" BOOLEAN NOT NULL DEFAULT false,
    "price_minor" BIGINT,
    "currency" CHAR(3),
    "scheduled_at" TIMESTAMPTZ(3),
    "planned_minutes" SMALLINT,
    "started_at" TIMESTAMPTZ(3),
    "interrupted_at" TIMESTAMPTZ(3),
    "reconnect_until" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" "stream_end_reason",
    "delivered_seconds" INTEGER NOT NULL DEFAULT 0,
    "current_viewers" INTEGER NOT NULL DEFAULT 0,
    "peak_viewers" INTEGER NOT NULL DEFAULT 0,
    "total_viewers" INTEGER NOT NULL DEFAULT 0,
    "watch_seconds" BIGINT NOT NULL DEFAULT 0,
    "last_chat_sequence" BIGINT NOT NULL DEFAULT 0,
    "chat_enabled" BOOLEAN NOT NULL DEFAULT true,
    "chat_subscribers_only" BOOLEAN NOT NULL DEFAULT false,
    "slow_mode_seconds" INTEGER NOT NULL DEFAULT 0,
    "recording_media_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "live_streams_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stream_keys" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "prefix" TEXT NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "stream_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stream_ingests" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "stream_id" UUID NOT NULL,
    "key_id" UUID,
    "connection_id" TEXT NOT NULL,
    "ip" BYTEA,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "stream_ingests_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stream_access" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "stream_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "grant_id" UUID,
    "joined_at" TIMESTAMPTZ(3) NOT NULL,
    "left_at" TIMESTAMPTZ(3),
    "duration_seconds" INTEGER NOT NULL DEFAULT 0,
    "chat_count" INTEGER NOT NULL DEFAULT 0,
    "like_count" INTEGER NOT NULL DEFAULT 0,
    "tip_count" INTEGER NOT NULL DEFAULT 0,
    "tip_minor" BIGINT NOT NULL DEFAULT 0,
    "device_type" "device_type" NOT NULL DEFAULT 'other',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "stream_access_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stream_viewer_leases" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "stream_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "device_id" TEXT NOT NULL,
    "access_id" UUID,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "beat_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "stream_viewer_leases_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stream_chat_messages" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "stream_id" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "author_id" UUID NOT NULL,
    "body" TEXT NOT NULL,
    "tip_id" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "stream_chat_messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stream_sanctions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "stream_id" UUID,
    "user_id" UUID NOT NULL,
    "kind" "stream_sanction_kind" NOT NULL,
    "reason" TEXT,
    "created_by_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "lifted_at" TIMESTAMPTZ(3),
    "lifted_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "stream_sanctions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "price_versions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "type" "subscription_type" NOT NULL,
    "months" SMALLINT,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "discount_basis_points" INTEGER NOT NULL DEFAULT 0,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "price_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscriptions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "subscriber_id" UUID NOT NULL,
    "creator_id" UUID NOT NULL,
    "type" "subscription_type" NOT NULL,
    "status" "subscription_status" NOT NULL DEFAULT 'pending',
    "price_version_id" UUID,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "origin" "subscription_origin" NOT NULL DEFAULT 'paid',
    "payment_health" "payment_health" NOT NULL DEFAULT 'healthy',
    "payment_method_id" UUID,
    "promotion_id" UUID,
    "started_at" TIMESTAMPTZ(3),
    "anchor_at" TIMESTAMPTZ(3),
    "period_number" INTEGER NOT NULL DEFAULT 0,
    "period_starts_at" TIMESTAMPTZ(3),
    "period_ends_at" TIMESTAMPTZ(3),
    "entitled_until" TIMESTAMPTZ(3),
    "trial_ends_at" TIMESTAMPTZ(3),
    "will_renew" BOOLEAN NOT NULL DEFAULT true,
    "cancelled_at" TIMESTAMPTZ(3),
    "cancel_reason" TEXT,
    "retry_count" SMALLINT NOT NULL DEFAULT 0,
    "next_charge_at" TIMESTAMPTZ(3),
    "grace_until" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "ended_reason" "subscription_end_reason",
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscription_periods" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "subscription_id" UUID NOT NULL,
    "period_number" INTEGER NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "state" "subscription_period_state" NOT NULL DEFAULT 'pending',
    "payment_intent_id" UUID,
    "claimed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "subscription_periods_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscription_previews" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "creator_id" UUID NOT NULL,
    "subscription_id" UUID,
    "price_version_id" UUID NOT NULL,
    "promotion_id" UUID,
    "lines" JSONB NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "subscription_previews_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "promotions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "code" CITEXT NOT NULL,
    "kind" "promotion_kind" NOT NULL,
    "basis_points" INTEGER,
    "amount_minor" BIGINT,
    "currency" CHAR(3),
    "trial_days" SMALLINT,
    "periods" SMALLINT NOT NULL DEFAULT 1,
    "max_redemptions" INTEGER,
    "redemption_count" INTEGER NOT NULL DEFAULT 0,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "promotions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "promotion_redemptions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "promotion_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "subscription_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "promotion_redemptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trial_redemptions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "creator_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "fingerprint_index" BYTEA,
    "subscription_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "trial_redemptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "gifts" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "giver_id" UUID NOT NULL,
    "creator_id" UUID NOT NULL,
    "recipient_id" UUID,
    "recipient_email" BYTEA,
    "claim_hash" BYTEA NOT NULL,
    "price_version_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "message" TEXT,
    "is_anonymous" BOOLEAN NOT NULL DEFAULT false,
    "payment_intent_id" UUID,
    "subscription_id" UUID,
    "paid_at" TIMESTAMPTZ(3),
    "claimed_at" TIMESTAMPTZ(3),
    "refunded_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "gifts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tips" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "sender_id" UUID NOT NULL,
    "recipient_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "message" TEXT,
    "is_anonymous" BOOLEAN NOT NULL DEFAULT false,
    "pseudonym_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "content_id" UUID,
    "message_id" UUID,
    "stream_id" UUID,
    "title_snapshot" TEXT,
    "state" "tip_state" NOT NULL DEFAULT 'pending',
    "payment_intent_id" UUID,
    "paid_at" TIMESTAMPTZ(3),
    "shown_at" TIMESTAMPTZ(3),
    "refunded_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT app_now(),

    CONSTRAINT "tips_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "idx_users_username" ON "users"("username");

-- CreateIndex
CREATE UNIQUE INDEX "idx_users_email" ON "users"("email_index");

-- CreateIndex
CREATE INDEX "idx_users_account_type" ON "users"("account_type");

-- CreateIndex
CREATE INDEX "users_account_type_created_at_id_idx" ON "users"("account_type", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "users_account_status_created_at_id_idx" ON "users"("account_status", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "users_created_at_id_idx" ON "users"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "users_status_changed_by_id_idx" ON "users"("status_changed_by_id");

-- CreateIndex
CREATE INDEX "user_profiles_avatar_media_id_idx" ON "user_profiles"("avatar_media_id");

-- CreateIndex
CREATE INDEX "user_profiles_banner_media_id_idx" ON "user_profiles"("banner_media_id");

-- CreateIndex
CREATE INDEX "user_profiles_changed_by_id_idx" ON "user_profiles"("changed_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "user_profiles_user_id_revision_key" ON "user_profiles"("user_id", "revision");

-- CreateIndex
CREATE INDEX "user_sessions_user_id_created_at_id_idx" ON "user_sessions"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "user_sessions_expires_at_idx" ON "user_sessions"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "refresh_tokens_token_hash_key" ON "refresh_tokens"("token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "refresh_tokens_parent_id_key" ON "refresh_tokens"("parent_id");

-- CreateIndex
CREATE INDEX "refresh_tokens_session_id_created_at_idx" ON "refresh_tokens"("session_id", "created_at");

-- CreateIndex
CREATE INDEX "refresh_tokens_expires_at_idx" ON "refresh_tokens"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "one_time_tokens_token_hash_key" ON "one_time_tokens"("token_hash");

-- CreateIndex
CREATE INDEX "one_time_tokens_user_id_kind_created_at_idx" ON "one_time_tokens"("user_id", "kind", "created_at" DESC);

-- CreateIndex
CREATE INDEX "one_time_tokens_expires_at_idx" ON "one_time_tokens"("expires_at");

-- CreateIndex
CREATE INDEX "totp_credentials_user_id_created_at_idx" ON "totp_credentials"("user_id", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "recovery_codes_credential_id_code_hash_key" ON "recovery_codes"("credential_id", "code_hash");

-- CreateIndex
CREATE UNIQUE INDEX "login_challenges_challenge_hash_key" ON "login_challenges"("challenge_hash");

-- CreateIndex
CREATE INDEX "login_challenges_user_id_created_at_idx" ON "login_challenges"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "login_challenges_expires_at_idx" ON "login_challenges"("expires_at");

-- CreateIndex
CREATE INDEX "age_verifications_user_id_created_at_idx" ON "age_verifications"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "age_verifications_status_created_at_id_idx" ON "age_verifications"("status", "created_at", "id");

-- CreateIndex
CREATE INDEX "age_verifications_reviewed_by_id_idx" ON "age_verifications"("reviewed_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "age_verifications_provider_provider_reference_key" ON "age_verifications"("provider", "provider_reference");

-- CreateIndex
CREATE INDEX "idx_content_analytics_content" ON "content_analytics"("content_id");

-- CreateIndex
CREATE INDEX "idx_content_analytics_created_at" ON "content_analytics"("created_at" DESC);

-- CreateIndex
CREATE INDEX "content_analytics_creator_id_created_at_idx" ON "content_analytics"("creator_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "content_analytics_content_id_event_type_created_at_idx" ON "content_analytics"("content_id", "event_type", "created_at" DESC);

-- CreateIndex
CREATE INDEX "content_analytics_event_id_idx" ON "content_analytics"("event_id");

-- CreateIndex
CREATE INDEX "user_analytics_created_at_idx" ON "user_analytics"("created_at" DESC);

-- CreateIndex
CREATE INDEX "user_analytics_user_id_created_at_idx" ON "user_analytics"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "user_analytics_target_user_id_event_type_created_at_idx" ON "user_analytics"("target_user_id", "event_type", "created_at" DESC);

-- CreateIndex
CREATE INDEX "user_analytics_event_id_idx" ON "user_analytics"("event_id");

-- CreateIndex
CREATE INDEX "revenue_analytics_created_at_idx" ON "revenue_analytics"("created_at" DESC);

-- CreateIndex
CREATE INDEX "revenue_analytics_creator_id_created_at_idx" ON "revenue_analytics"("creator_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "revenue_analytics_creator_id_day_revenue_type_idx" ON "revenue_analytics"("creator_id", "day", "revenue_type");

-- CreateIndex
CREATE INDEX "revenue_analytics_revenue_type_hour_starts_at_idx" ON "revenue_analytics"("revenue_type", "hour_starts_at");

-- CreateIndex
CREATE UNIQUE INDEX "revenue_analytics_transaction_id_created_at_key" ON "revenue_analytics"("transaction_id", "created_at");

-- CreateIndex
CREATE INDEX "idx_audit_logs_created_at" ON "audit_logs"("created_at" DESC);

-- CreateIndex
CREATE INDEX "audit_logs_user_id_created_at_id_idx" ON "audit_logs"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_logs_actor_id_created_at_id_idx" ON "audit_logs"("actor_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_logs_subject_table_subject_id_created_at_idx" ON "audit_logs"("subject_table", "subject_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "audit_logs_category_created_at_id_idx" ON "audit_logs"("category", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "system_logs_created_at_idx" ON "system_logs"("created_at" DESC);

-- CreateIndex
CREATE INDEX "system_logs_level_created_at_idx" ON "system_logs"("level", "created_at" DESC);

-- CreateIndex
CREATE INDEX "system_logs_request_id_idx" ON "system_logs"("request_id");

-- CreateIndex
CREATE INDEX "transactions_creator_id_occurred_at_id_idx" ON "transactions"("creator_id", "occurred_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "transactions_payer_id_occurred_at_id_idx" ON "transactions"("payer_id", "occurred_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "transactions_type_occurred_at_idx" ON "transactions"("type", "occurred_at" DESC);

-- CreateIndex
CREATE INDEX "transactions_processor_processor_reference_idx" ON "transactions"("processor", "processor_reference");

-- CreateIndex
CREATE INDEX "transactions_reverses_id_idx" ON "transactions"("reverses_id");

-- CreateIndex
CREATE INDEX "transactions_payment_intent_id_idx" ON "transactions"("payment_intent_id");

-- CreateIndex
CREATE INDEX "transactions_subscription_id_idx" ON "transactions"("subscription_id");

-- CreateIndex
CREATE INDEX "transactions_purchase_id_idx" ON "transactions"("purchase_id");

-- CreateIndex
CREATE INDEX "transactions_tip_id_idx" ON "transactions"("tip_id");

-- CreateIndex
CREATE INDEX "transactions_gift_id_idx" ON "transactions"("gift_id");

-- CreateIndex
CREATE INDEX "transactions_refund_id_idx" ON "transactions"("refund_id");

-- CreateIndex
CREATE INDEX "transactions_dispute_id_idx" ON "transactions"("dispute_id");

-- CreateIndex
CREATE INDEX "transactions_payout_id_idx" ON "transactions"("payout_id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_intents_processor_key_key" ON "payment_intents"("processor_key");

-- CreateIndex
CREATE INDEX "payment_intents_payer_id_created_at_id_idx" ON "payment_intents"("payer_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "payment_intents_creator_id_created_at_id_idx" ON "payment_intents"("creator_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "payment_intents_payment_method_id_idx" ON "payment_intents"("payment_method_id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_intents_processor_reference_key" ON "payment_intents"("processor", "processor_reference");

-- CreateIndex
CREATE UNIQUE INDEX "processor_customers_user_id_processor_key" ON "processor_customers"("user_id", "processor");

-- CreateIndex
CREATE UNIQUE INDEX "processor_customers_processor_reference_key" ON "processor_customers"("processor", "reference");

-- CreateIndex
CREATE INDEX "payment_methods_user_id_created_at_id_idx" ON "payment_methods"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "payment_methods_fingerprint_index_idx" ON "payment_methods"("fingerprint_index");

-- CreateIndex
CREATE UNIQUE INDEX "payment_methods_processor_token_key" ON "payment_methods"("processor", "token");

-- CreateIndex
CREATE INDEX "fee_rates_creator_id_type_valid_from_idx" ON "fee_rates"("creator_id", "type", "valid_from" DESC);

-- CreateIndex
CREATE INDEX "fee_rates_created_by_id_idx" ON "fee_rates"("created_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "purchases_payment_intent_id_key" ON "purchases"("payment_intent_id");

-- CreateIndex
CREATE INDEX "purchases_buyer_id_created_at_id_idx" ON "purchases"("buyer_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "purchases_creator_id_created_at_id_idx" ON "purchases"("creator_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "purchases_content_id_idx" ON "purchases"("content_id");

-- CreateIndex
CREATE INDEX "purchases_message_id_idx" ON "purchases"("message_id");

-- CreateIndex
CREATE INDEX "purchases_stream_id_idx" ON "purchases"("stream_id");

-- CreateIndex
CREATE UNIQUE INDEX "refunds_processor_key_key" ON "refunds"("processor_key");

-- CreateIndex
CREATE UNIQUE INDEX "refunds_processor_reference_key" ON "refunds"("processor_reference");

-- CreateIndex
CREATE INDEX "refunds_transaction_id_idx" ON "refunds"("transaction_id");

-- CreateIndex
CREATE INDEX "refunds_payment_intent_id_idx" ON "refunds"("payment_intent_id");

-- CreateIndex
CREATE INDEX "refunds_requested_by_id_idx" ON "refunds"("requested_by_id");

-- CreateIndex
CREATE INDEX "disputes_state_opened_at_idx" ON "disputes"("state", "opened_at");

-- CreateIndex
CREATE INDEX "disputes_transaction_id_idx" ON "disputes"("transaction_id");

-- CreateIndex
CREATE INDEX "disputes_payment_intent_id_idx" ON "disputes"("payment_intent_id");

-- CreateIndex
CREATE UNIQUE INDEX "disputes_processor_reference_key" ON "disputes"("processor", "processor_reference");

-- CreateIndex
CREATE INDEX "payout_accounts_creator_id_created_at_idx" ON "payout_accounts"("creator_id", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "payout_accounts_processor_reference_key" ON "payout_accounts"("processor", "reference");

-- CreateIndex
CREATE UNIQUE INDEX "payouts_processor_key_key" ON "payouts"("processor_key");

-- CreateIndex
CREATE UNIQUE INDEX "payouts_processor_reference_key" ON "payouts"("processor_reference");

-- CreateIndex
CREATE INDEX "payouts_creator_id_created_at_id_idx" ON "payouts"("creator_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "payouts_state_created_at_idx" ON "payouts"("state", "created_at");

-- CreateIndex
CREATE INDEX "payouts_payout_account_id_idx" ON "payouts"("payout_account_id");

-- CreateIndex
CREATE INDEX "payouts_requested_by_id_idx" ON "payouts"("requested_by_id");

-- CreateIndex
CREATE INDEX "payouts_approved_by_id_idx" ON "payouts"("approved_by_id");

-- CreateIndex
CREATE INDEX "payout_holds_creator_id_created_at_idx" ON "payout_holds"("creator_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "payout_holds_released_by_id_idx" ON "payout_holds"("released_by_id");

-- CreateIndex
CREATE INDEX "payout_holds_created_by_id_idx" ON "payout_holds"("created_by_id");

-- CreateIndex
CREATE INDEX "ledger_accounts_owner_id_idx" ON "ledger_accounts"("owner_id");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_accounts_kind_owner_id_currency_key" ON "ledger_accounts"("kind", "owner_id", "currency") NULLS NOT DISTINCT;

-- CreateIndex
CREATE UNIQUE INDEX "ledger_accounts_id_currency_key" ON "ledger_accounts"("id", "currency");

-- CreateIndex
CREATE UNIQUE INDEX "journal_transactions_reverses_id_key" ON "journal_transactions"("reverses_id");

-- CreateIndex
CREATE UNIQUE INDEX "journal_transactions_reference_key" ON "journal_transactions"("reference");

-- CreateIndex
CREATE INDEX "journal_transactions_occurred_at_id_idx" ON "journal_transactions"("occurred_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "journal_transactions_transaction_id_idx" ON "journal_transactions"("transaction_id");

-- CreateIndex
CREATE INDEX "ledger_entries_account_id_id_idx" ON "ledger_entries"("account_id", "id" DESC);

-- CreateIndex
CREATE INDEX "ledger_entries_journal_transaction_id_idx" ON "ledger_entries"("journal_transaction_id");

-- CreateIndex
CREATE UNIQUE INDEX "wallets_ledger_account_id_key" ON "wallets"("ledger_account_id");

-- CreateIndex
CREATE UNIQUE INDEX "wallets_user_id_currency_key" ON "wallets"("user_id", "currency");

-- CreateIndex
CREATE UNIQUE INDEX "finance_cases_reference_key" ON "finance_cases"("reference");

-- CreateIndex
CREATE INDEX "finance_cases_resolved_at_created_at_idx" ON "finance_cases"("resolved_at", "created_at");

-- CreateIndex
CREATE INDEX "finance_cases_creator_id_idx" ON "finance_cases"("creator_id");

-- CreateIndex
CREATE INDEX "finance_cases_payer_id_idx" ON "finance_cases"("payer_id");

-- CreateIndex
CREATE INDEX "finance_cases_payment_intent_id_idx" ON "finance_cases"("payment_intent_id");

-- CreateIndex
CREATE INDEX "finance_cases_webhook_event_id_idx" ON "finance_cases"("webhook_event_id");

-- CreateIndex
CREATE INDEX "finance_cases_assigned_to_id_idx" ON "finance_cases"("assigned_to_id");

-- CreateIndex
CREATE INDEX "finance_cases_resolved_by_id_idx" ON "finance_cases"("resolved_by_id");

-- CreateIndex
CREATE INDEX "webhook_events_processor_object_id_occurred_at_idx" ON "webhook_events"("processor", "object_id", "occurred_at");

-- CreateIndex
CREATE INDEX "webhook_events_state_next_attempt_at_idx" ON "webhook_events"("state", "next_attempt_at");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_events_processor_event_id_key" ON "webhook_events"("processor", "event_id");

-- CreateIndex
CREATE INDEX "webhook_endpoints_owner_id_created_at_idx" ON "webhook_endpoints"("owner_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "webhook_deliveries_state_next_attempt_at_idx" ON "webhook_deliveries"("state", "next_attempt_at");

-- CreateIndex
CREATE INDEX "webhook_deliveries_endpoint_id_object_id_created_at_idx" ON "webhook_deliveries"("endpoint_id", "object_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_endpoint_id_event_id_key" ON "webhook_deliveries"("endpoint_id", "event_id");

-- CreateIndex
CREATE INDEX "comments_content_id_parent_id_created_at_id_idx" ON "comments"("content_id", "parent_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "comments_parent_id_created_at_id_idx" ON "comments"("parent_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "comments_root_id_idx" ON "comments"("root_id");

-- CreateIndex
CREATE INDEX "comments_author_id_created_at_id_idx" ON "comments"("author_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "comments_hidden_by_id_idx" ON "comments"("hidden_by_id");

-- CreateIndex
CREATE INDEX "comments_deleted_by_id_idx" ON "comments"("deleted_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "comments_id_content_id_key" ON "comments"("id", "content_id");

-- CreateIndex
CREATE INDEX "comment_versions_comment_id_valid_from_idx" ON "comment_versions"("comment_id", "valid_from");

-- CreateIndex
CREATE INDEX "likes_content_id_created_at_id_idx" ON "likes"("content_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "likes_comment_id_created_at_id_idx" ON "likes"("comment_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "likes_user_id_content_id_key" ON "likes"("user_id", "content_id");

-- CreateIndex
CREATE UNIQUE INDEX "likes_user_id_comment_id_key" ON "likes"("user_id", "comment_id");

-- CreateIndex
CREATE INDEX "idx_content_creator" ON "content"("creator_id");

-- CreateIndex
CREATE INDEX "idx_content_created_at" ON "content"("created_at" DESC);

-- CreateIndex
CREATE INDEX "content_creator_id_publish_at_id_idx" ON "content"("creator_id", "publish_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "content_search_idx" ON "content" USING GIN ("search");

-- CreateIndex
CREATE INDEX "content_versions_changed_by_id_idx" ON "content_versions"("changed_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "content_versions_content_id_content_version_key" ON "content_versions"("content_id", "content_version");

-- CreateIndex
CREATE INDEX "content_media_media_id_idx" ON "content_media"("media_id");

-- CreateIndex
CREATE UNIQUE INDEX "content_media_content_id_position_key" ON "content_media"("content_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "content_media_content_id_media_id_key" ON "content_media"("content_id", "media_id");

-- CreateIndex
CREATE UNIQUE INDEX "tags_name_key" ON "tags"("name");

-- CreateIndex
CREATE INDEX "content_tags_tag_id_content_id_idx" ON "content_tags"("tag_id", "content_id");

-- CreateIndex
CREATE UNIQUE INDEX "categories_slug_key" ON "categories"("slug");

-- CreateIndex
CREATE INDEX "content_categories_category_id_content_id_idx" ON "content_categories"("category_id", "content_id");

-- CreateIndex
CREATE INDEX "creator_categories_category_id_user_id_idx" ON "creator_categories"("category_id", "user_id");

-- CreateIndex
CREATE INDEX "saved_content_user_id_created_at_id_idx" ON "saved_content"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "saved_content_content_id_idx" ON "saved_content"("content_id");

-- CreateIndex
CREATE UNIQUE INDEX "saved_content_user_id_content_id_key" ON "saved_content"("user_id", "content_id");

-- CreateIndex
CREATE INDEX "entitlement_grants_user_id_creator_id_ends_at_idx" ON "entitlement_grants"("user_id", "creator_id", "ends_at");

-- CreateIndex
CREATE INDEX "entitlement_grants_user_id_content_id_idx" ON "entitlement_grants"("user_id", "content_id");

-- CreateIndex
CREATE INDEX "entitlement_grants_creator_id_ends_at_idx" ON "entitlement_grants"("creator_id", "ends_at");

-- CreateIndex
CREATE INDEX "entitlement_grants_content_id_idx" ON "entitlement_grants"("content_id");

-- CreateIndex
CREATE INDEX "entitlement_grants_message_id_idx" ON "entitlement_grants"("message_id");

-- CreateIndex
CREATE INDEX "entitlement_grants_stream_id_idx" ON "entitlement_grants"("stream_id");

-- CreateIndex
CREATE INDEX "entitlement_grants_subscription_id_idx" ON "entitlement_grants"("subscription_id");

-- CreateIndex
CREATE INDEX "entitlement_grants_purchase_id_idx" ON "entitlement_grants"("purchase_id");

-- CreateIndex
CREATE INDEX "entitlement_grants_gift_id_idx" ON "entitlement_grants"("gift_id");

-- CreateIndex
CREATE INDEX "entitlement_grants_granted_by_id_idx" ON "entitlement_grants"("granted_by_id");

-- CreateIndex
CREATE INDEX "user_keys_master_key_id_id_idx" ON "user_keys"("master_key_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "user_keys_user_id_generation_key" ON "user_keys"("user_id", "generation");

-- CreateIndex
CREATE UNIQUE INDEX "key_rotations_kind_from_key_to_key_key" ON "key_rotations"("kind", "from_key", "to_key");

-- CreateIndex
CREATE UNIQUE INDEX "media_assets_storage_key_key" ON "media_assets"("storage_key");

-- CreateIndex
CREATE INDEX "media_assets_owner_id_created_at_id_idx" ON "media_assets"("owner_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "media_assets_state_upload_expires_at_idx" ON "media_assets"("state", "upload_expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "media_variants_storage_key_key" ON "media_variants"("storage_key");

-- CreateIndex
CREATE UNIQUE INDEX "media_variants_asset_id_kind_label_key" ON "media_variants"("asset_id", "kind", "label");

-- CreateIndex
CREATE INDEX "conversations_fan_id_idx" ON "conversations"("fan_id");

-- CreateIndex
CREATE UNIQUE INDEX "conversations_creator_id_fan_id_key" ON "conversations"("creator_id", "fan_id");

-- CreateIndex
CREATE INDEX "conversation_participants_user_id_last_message_at_id_idx" ON "conversation_participants"("user_id", "last_message_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "conversation_participants_conversation_id_user_id_key" ON "conversation_participants"("conversation_id", "user_id");

-- CreateIndex
CREATE INDEX "messages_sender_id_created_at_idx" ON "messages"("sender_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "messages_reply_to_id_idx" ON "messages"("reply_to_id");

-- CreateIndex
CREATE INDEX "messages_mass_message_id_idx" ON "messages"("mass_message_id");

-- CreateIndex
CREATE UNIQUE INDEX "messages_conversation_id_sequence_key" ON "messages"("conversation_id", "sequence");

-- CreateIndex
CREATE INDEX "message_versions_message_id_valid_from_idx" ON "message_versions"("message_id", "valid_from");

-- CreateIndex
CREATE INDEX "message_media_media_id_idx" ON "message_media"("media_id");

-- CreateIndex
CREATE UNIQUE INDEX "message_media_message_id_position_key" ON "message_media"("message_id", "position");

-- CreateIndex
CREATE INDEX "mass_messages_creator_id_created_at_id_idx" ON "mass_messages"("creator_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "mass_messages_state_send_at_idx" ON "mass_messages"("state", "send_at");

-- CreateIndex
CREATE INDEX "mass_messages_list_id_idx" ON "mass_messages"("list_id");

-- CreateIndex
CREATE INDEX "mass_message_media_media_id_idx" ON "mass_message_media"("media_id");

-- CreateIndex
CREATE UNIQUE INDEX "mass_message_media_mass_message_id_position_key" ON "mass_message_media"("mass_message_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "mass_message_recipients_message_id_key" ON "mass_message_recipients"("message_id");

-- CreateIndex
CREATE INDEX "mass_message_recipients_user_id_mass_message_id_idx" ON "mass_message_recipients"("user_id", "mass_message_id");

-- CreateIndex
CREATE UNIQUE INDEX "fan_lists_creator_id_name_key" ON "fan_lists"("creator_id", "name");

-- CreateIndex
CREATE INDEX "fan_list_members_user_id_idx" ON "fan_list_members"("user_id");

-- CreateIndex
CREATE INDEX "moderation_cases_status_priority_opened_at_id_idx" ON "moderation_cases"("status", "priority", "opened_at", "id");

-- CreateIndex
CREATE INDEX "moderation_cases_content_id_idx" ON "moderation_cases"("content_id");

-- CreateIndex
CREATE INDEX "moderation_cases_comment_id_idx" ON "moderation_cases"("comment_id");

-- CreateIndex
CREATE INDEX "moderation_cases_message_id_idx" ON "moderation_cases"("message_id");

-- CreateIndex
CREATE INDEX "moderation_cases_stream_id_idx" ON "moderation_cases"("stream_id");

-- CreateIndex
CREATE INDEX "moderation_cases_user_id_idx" ON "moderation_cases"("user_id");

-- CreateIndex
CREATE INDEX "moderation_cases_assigned_to_id_idx" ON "moderation_cases"("assigned_to_id");

-- CreateIndex
CREATE INDEX "idx_content_reports_status" ON "content_reports"("status");

-- CreateIndex
CREATE INDEX "content_reports_status_priority_created_at_id_idx" ON "content_reports"("status", "priority", "created_at", "id");

-- CreateIndex
CREATE INDEX "content_reports_reporter_id_created_at_idx" ON "content_reports"("reporter_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "content_reports_content_id_idx" ON "content_reports"("content_id");

-- CreateIndex
CREATE INDEX "content_reports_comment_id_idx" ON "content_reports"("comment_id");

-- CreateIndex
CREATE INDEX "content_reports_message_id_idx" ON "content_reports"("message_id");

-- CreateIndex
CREATE INDEX "content_reports_stream_id_idx" ON "content_reports"("stream_id");

-- CreateIndex
CREATE INDEX "content_reports_reported_user_id_idx" ON "content_reports"("reported_user_id");

-- CreateIndex
CREATE INDEX "content_reports_assigned_to_id_idx" ON "content_reports"("assigned_to_id");

-- CreateIndex
CREATE INDEX "content_reports_resolved_by_id_idx" ON "content_reports"("resolved_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "content_reports_case_id_reporter_id_key" ON "content_reports"("case_id", "reporter_id");

-- CreateIndex
CREATE INDEX "report_evidence_report_id_created_at_idx" ON "report_evidence"("report_id", "created_at");

-- CreateIndex
CREATE INDEX "report_evidence_media_id_idx" ON "report_evidence"("media_id");

-- CreateIndex
CREATE INDEX "content_moderation_actions_content_id_created_at_idx" ON "content_moderation_actions"("content_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "content_moderation_actions_moderator_id_created_at_idx" ON "content_moderation_actions"("moderator_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "content_moderation_actions_case_id_idx" ON "content_moderation_actions"("case_id");

-- CreateIndex
CREATE INDEX "content_moderation_actions_comment_id_idx" ON "content_moderation_actions"("comment_id");

-- CreateIndex
CREATE INDEX "content_moderation_actions_message_id_idx" ON "content_moderation_actions"("message_id");

-- CreateIndex
CREATE INDEX "content_moderation_actions_stream_id_idx" ON "content_moderation_actions"("stream_id");

-- CreateIndex
CREATE INDEX "content_moderation_actions_reviewed_by_id_idx" ON "content_moderation_actions"("reviewed_by_id");

-- CreateIndex
CREATE INDEX "content_moderation_actions_reversed_by_id_idx" ON "content_moderation_actions"("reversed_by_id");

-- CreateIndex
CREATE INDEX "user_violations_user_id_created_at_id_idx" ON "user_violations"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "user_violations_case_id_idx" ON "user_violations"("case_id");

-- CreateIndex
CREATE INDEX "user_violations_previous_id_idx" ON "user_violations"("previous_id");

-- CreateIndex
CREATE INDEX "user_violations_issued_by_id_idx" ON "user_violations"("issued_by_id");

-- CreateIndex
CREATE INDEX "user_violations_lifted_by_id_idx" ON "user_violations"("lifted_by_id");

-- CreateIndex
CREATE INDEX "feature_restrictions_user_id_feature_idx" ON "feature_restrictions"("user_id", "feature");

-- CreateIndex
CREATE INDEX "feature_restrictions_violation_id_idx" ON "feature_restrictions"("violation_id");

-- CreateIndex
CREATE INDEX "statements_of_reasons_user_id_created_at_id_idx" ON "statements_of_reasons"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "statements_of_reasons_action_id_idx" ON "statements_of_reasons"("action_id");

-- CreateIndex
CREATE INDEX "statements_of_reasons_violation_id_idx" ON "statements_of_reasons"("violation_id");

-- CreateIndex
CREATE INDEX "appeals_status_created_at_id_idx" ON "appeals"("status", "created_at", "id");

-- CreateIndex
CREATE INDEX "appeals_user_id_created_at_idx" ON "appeals"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "appeals_decided_by_id_idx" ON "appeals"("decided_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "appeals_statement_id_user_id_key" ON "appeals"("statement_id", "user_id");

-- CreateIndex
CREATE INDEX "staff_notes_user_id_created_at_id_idx" ON "staff_notes"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "staff_notes_author_id_idx" ON "staff_notes"("author_id");

-- CreateIndex
CREATE INDEX "notifications_user_id_sequence_idx" ON "notifications"("user_id", "sequence" DESC);

-- CreateIndex
CREATE INDEX "notifications_user_id_group_key_sequence_idx" ON "notifications"("user_id", "group_key", "sequence" DESC);

-- CreateIndex
CREATE INDEX "notifications_event_id_idx" ON "notifications"("event_id");

-- CreateIndex
CREATE UNIQUE INDEX "notification_preferences_user_id_type_channel_key" ON "notification_preferences"("user_id", "type", "channel");

-- CreateIndex
CREATE INDEX "announcements_publish_at_id_idx" ON "announcements"("publish_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "announcements_author_id_idx" ON "announcements"("author_id");

-- CreateIndex
CREATE INDEX "idempotency_records_expires_at_idx" ON "idempotency_records"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "idempotency_records_scope_mutation_key_key" ON "idempotency_records"("scope", "mutation", "key");

-- CreateIndex
CREATE INDEX "outbox_events_created_at_idx" ON "outbox_events"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_events_stream_sequence_key" ON "outbox_events"("stream", "sequence");

-- CreateIndex
CREATE INDEX "rate_limits_expire_idx" ON "rate_limits"("expire");

-- CreateIndex
CREATE INDEX "worker_heartbeats_beat_at_idx" ON "worker_heartbeats"("beat_at");

-- CreateIndex
CREATE INDEX "consents_user_id_kind_given_at_idx" ON "consents"("user_id", "kind", "given_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "export_requests_download_hash_key" ON "export_requests"("download_hash");

-- CreateIndex
CREATE INDEX "export_requests_user_id_created_at_idx" ON "export_requests"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "export_requests_state_created_at_idx" ON "export_requests"("state", "created_at");

-- CreateIndex
CREATE INDEX "export_requests_requested_by_id_idx" ON "export_requests"("requested_by_id");

-- CreateIndex
CREATE INDEX "export_requests_media_id_idx" ON "export_requests"("media_id");

-- CreateIndex
CREATE INDEX "erasure_requests_user_id_created_at_idx" ON "erasure_requests"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "erasure_requests_state_scheduled_for_idx" ON "erasure_requests"("state", "scheduled_for");

-- CreateIndex
CREATE INDEX "erasure_requests_requested_by_id_idx" ON "erasure_requests"("requested_by_id");

-- CreateIndex
CREATE INDEX "erasure_requests_held_by_id_idx" ON "erasure_requests"("held_by_id");

-- CreateIndex
CREATE INDEX "legal_holds_user_id_created_at_idx" ON "legal_holds"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "legal_holds_content_id_idx" ON "legal_holds"("content_id");

-- CreateIndex
CREATE INDEX "legal_holds_message_id_idx" ON "legal_holds"("message_id");

-- CreateIndex
CREATE INDEX "legal_holds_media_id_idx" ON "legal_holds"("media_id");

-- CreateIndex
CREATE INDEX "legal_holds_case_id_idx" ON "legal_holds"("case_id");

-- CreateIndex
CREATE INDEX "legal_holds_created_by_id_idx" ON "legal_holds"("created_by_id");

-- CreateIndex
CREATE INDEX "legal_holds_lifted_by_id_idx" ON "legal_holds"("lifted_by_id");

-- CreateIndex
CREATE INDEX "retention_runs_data_class_started_at_idx" ON "retention_runs"("data_class", "started_at" DESC);

-- CreateIndex
CREATE INDEX "follows_follower_id_followed_at_id_idx" ON "follows"("follower_id", "followed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "follows_following_id_followed_at_id_idx" ON "follows"("following_id", "followed_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "follows_follower_id_following_id_key" ON "follows"("follower_id", "following_id");

-- CreateIndex
CREATE UNIQUE INDEX "follow_preferences_follow_id_type_channel_key" ON "follow_preferences"("follow_id", "type", "channel");

-- CreateIndex
CREATE INDEX "blocks_blocker_id_created_at_id_idx" ON "blocks"("blocker_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "blocks_blocked_id_blocker_id_idx" ON "blocks"("blocked_id", "blocker_id");

-- CreateIndex
CREATE UNIQUE INDEX "blocks_blocker_id_blocked_id_key" ON "blocks"("blocker_id", "blocked_id");

-- CreateIndex
CREATE INDEX "mutes_muter_id_created_at_id_idx" ON "mutes"("muter_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "mutes_muted_id_idx" ON "mutes"("muted_id");

-- CreateIndex
CREATE UNIQUE INDEX "mutes_muter_id_muted_id_key" ON "mutes"("muter_id", "muted_id");

-- CreateIndex
CREATE INDEX "user_counters_follower_count_user_id_idx" ON "user_counters"("follower_count" DESC, "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "live_streams_content_id_key" ON "live_streams"("content_id");

-- CreateIndex
CREATE UNIQUE INDEX "live_streams_playback_id_key" ON "live_streams"("playback_id");

-- CreateIndex
CREATE INDEX "live_streams_creator_id_created_at_id_idx" ON "live_streams"("creator_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "live_streams_state_scheduled_at_idx" ON "live_streams"("state", "scheduled_at");

-- CreateIndex
CREATE INDEX "live_streams_recording_media_id_idx" ON "live_streams"("recording_media_id");

-- CreateIndex
CREATE UNIQUE INDEX "stream_keys_key_hash_key" ON "stream_keys"("key_hash");

-- CreateIndex
CREATE INDEX "stream_keys_creator_id_created_at_idx" ON "stream_keys"("creator_id", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "stream_ingests_connection_id_key" ON "stream_ingests"("connection_id");

-- CreateIndex
CREATE INDEX "stream_ingests_stream_id_started_at_idx" ON "stream_ingests"("stream_id", "started_at");

-- CreateIndex
CREATE INDEX "stream_ingests_key_id_idx" ON "stream_ingests"("key_id");

-- CreateIndex
CREATE INDEX "stream_access_stream_id_joined_at_id_idx" ON "stream_access"("stream_id", "joined_at", "id");

-- CreateIndex
CREATE INDEX "stream_access_user_id_joined_at_id_idx" ON "stream_access"("user_id", "joined_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "stream_access_grant_id_idx" ON "stream_access"("grant_id");

-- CreateIndex
CREATE INDEX "stream_viewer_leases_stream_id_expires_at_idx" ON "stream_viewer_leases"("stream_id", "expires_at");

-- CreateIndex
CREATE INDEX "stream_viewer_leases_expires_at_idx" ON "stream_viewer_leases"("expires_at");

-- CreateIndex
CREATE INDEX "stream_viewer_leases_user_id_idx" ON "stream_viewer_leases"("user_id");

-- CreateIndex
CREATE INDEX "stream_viewer_leases_access_id_idx" ON "stream_viewer_leases"("access_id");

-- CreateIndex
CREATE UNIQUE INDEX "stream_viewer_leases_stream_id_user_id_device_id_key" ON "stream_viewer_leases"("stream_id", "user_id", "device_id");

-- CreateIndex
CREATE INDEX "stream_chat_messages_author_id_created_at_idx" ON "stream_chat_messages"("author_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "stream_chat_messages_tip_id_idx" ON "stream_chat_messages"("tip_id");

-- CreateIndex
CREATE INDEX "stream_chat_messages_deleted_by_id_idx" ON "stream_chat_messages"("deleted_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "stream_chat_messages_stream_id_sequence_key" ON "stream_chat_messages"("stream_id", "sequence");

-- CreateIndex
CREATE INDEX "stream_sanctions_creator_id_user_id_idx" ON "stream_sanctions"("creator_id", "user_id");

-- CreateIndex
CREATE INDEX "stream_sanctions_user_id_created_at_idx" ON "stream_sanctions"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "stream_sanctions_stream_id_idx" ON "stream_sanctions"("stream_id");

-- CreateIndex
CREATE INDEX "stream_sanctions_created_by_id_idx" ON "stream_sanctions"("created_by_id");

-- CreateIndex
CREATE INDEX "stream_sanctions_lifted_by_id_idx" ON "stream_sanctions"("lifted_by_id");

-- CreateIndex
CREATE INDEX "price_versions_creator_id_type_valid_from_idx" ON "price_versions"("creator_id", "type", "valid_from" DESC);

-- CreateIndex
CREATE INDEX "subscriptions_creator_id_status_created_at_id_idx" ON "subscriptions"("creator_id", "status", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "subscriptions_subscriber_id_created_at_id_idx" ON "subscriptions"("subscriber_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "subscriptions_price_version_id_idx" ON "subscriptions"("price_version_id");

-- CreateIndex
CREATE INDEX "subscriptions_payment_method_id_idx" ON "subscriptions"("payment_method_id");

-- CreateIndex
CREATE INDEX "subscriptions_promotion_id_idx" ON "subscriptions"("promotion_id");

-- CreateIndex
CREATE UNIQUE INDEX "subscription_periods_payment_intent_id_key" ON "subscription_periods"("payment_intent_id");

-- CreateIndex
CREATE UNIQUE INDEX "subscription_periods_subscription_id_period_number_key" ON "subscription_periods"("subscription_id", "period_number");

-- CreateIndex
CREATE INDEX "subscription_previews_user_id_created_at_idx" ON "subscription_previews"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "subscription_previews_expires_at_idx" ON "subscription_previews"("expires_at");

-- CreateIndex
CREATE INDEX "subscription_previews_creator_id_idx" ON "subscription_previews"("creator_id");

-- CreateIndex
CREATE INDEX "subscription_previews_subscription_id_idx" ON "subscription_previews"("subscription_id");

-- CreateIndex
CREATE INDEX "subscription_previews_price_version_id_idx" ON "subscription_previews"("price_version_id");

-- CreateIndex
CREATE INDEX "subscription_previews_promotion_id_idx" ON "subscription_previews"("promotion_id");

-- CreateIndex
CREATE UNIQUE INDEX "promotions_creator_id_code_key" ON "promotions"("creator_id", "code");

-- CreateIndex
CREATE INDEX "promotion_redemptions_user_id_idx" ON "promotion_redemptions"("user_id");

-- CreateIndex
CREATE INDEX "promotion_redemptions_subscription_id_idx" ON "promotion_redemptions"("subscription_id");

-- CreateIndex
CREATE UNIQUE INDEX "promotion_redemptions_promotion_id_user_id_key" ON "promotion_redemptions"("promotion_id", "user_id");

-- CreateIndex
CREATE INDEX "trial_redemptions_user_id_idx" ON "trial_redemptions"("user_id");

-- CreateIndex
CREATE INDEX "trial_redemptions_subscription_id_idx" ON "trial_redemptions"("subscription_id");

-- CreateIndex
CREATE UNIQUE INDEX "trial_redemptions_creator_id_user_id_key" ON "trial_redemptions"("creator_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "trial_redemptions_creator_id_fingerprint_index_key" ON "trial_redemptions"("creator_id", "fingerprint_index");

-- CreateIndex
CREATE UNIQUE INDEX "gifts_claim_hash_key" ON "gifts"("claim_hash");

-- CreateIndex
CREATE UNIQUE INDEX "gifts_payment_intent_id_key" ON "gifts"("payment_intent_id");

-- CreateIndex
CREATE INDEX "gifts_giver_id_idx" ON "gifts"("giver_id");

-- CreateIndex
CREATE INDEX "gifts_creator_id_idx" ON "gifts"("creator_id");

-- CreateIndex
CREATE INDEX "gifts_recipient_id_idx" ON "gifts"("recipient_id");

-- CreateIndex
CREATE INDEX "gifts_price_version_id_idx" ON "gifts"("price_version_id");

-- CreateIndex
CREATE INDEX "gifts_subscription_id_idx" ON "gifts"("subscription_id");

-- CreateIndex
CREATE UNIQUE INDEX "tips_pseudonym_id_key" ON "tips"("pseudonym_id");

-- CreateIndex
CREATE UNIQUE INDEX "tips_payment_intent_id_key" ON "tips"("payment_intent_id");

-- CreateIndex
CREATE INDEX "tips_recipient_id_created_at_id_idx" ON "tips"("recipient_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "tips_sender_id_created_at_id_idx" ON "tips"("sender_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "tips_content_id_idx" ON "tips"("content_id");

-- CreateIndex
CREATE INDEX "tips_message_id_idx" ON "tips"("message_id");

-- CreateIndex
CREATE INDEX "tips_stream_id_idx" ON "tips"("stream_id");

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_status_changed_by_id_fkey" FOREIGN KEY ("status_changed_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_profiles" ADD CONSTRAINT "user_profiles_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_profiles" ADD CONSTRAINT "user_profiles_avatar_media_id_fkey" FOREIGN KEY ("avatar_media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_profiles" ADD CONSTRAINT "user_profiles_banner_media_id_fkey" FOREIGN KEY ("banner_media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_profiles" ADD CONSTRAINT "user_profiles_changed_by_id_fkey" FOREIGN KEY ("changed_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_sessions" ADD CONSTRAINT "user_sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "user_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "refresh_tokens"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "one_time_tokens" ADD CONSTRAINT "one_time_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "totp_credentials" ADD CONSTRAINT "totp_credentials_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_credential_id_fkey" FOREIGN KEY ("credential_id") REFERENCES "totp_credentials"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "login_challenges" ADD CONSTRAINT "login_challenges_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "age_verifications" ADD CONSTRAINT "age_verifications_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "age_verifications" ADD CONSTRAINT "age_verifications_reviewed_by_id_fkey" FOREIGN KEY ("reviewed_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_reverses_id_fkey" FOREIGN KEY ("reverses_id") REFERENCES "transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_payer_id_fkey" FOREIGN KEY ("payer_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_payment_intent_id_fkey" FOREIGN KEY ("payment_intent_id") REFERENCES "payment_intents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_purchase_id_fkey" FOREIGN KEY ("purchase_id") REFERENCES "purchases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_tip_id_fkey" FOREIGN KEY ("tip_id") REFERENCES "tips"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_gift_id_fkey" FOREIGN KEY ("gift_id") REFERENCES "gifts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_refund_id_fkey" FOREIGN KEY ("refund_id") REFERENCES "refunds"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_dispute_id_fkey" FOREIGN KEY ("dispute_id") REFERENCES "disputes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_payout_id_fkey" FOREIGN KEY ("payout_id") REFERENCES "payouts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment_intents" ADD CONSTRAINT "payment_intents_payer_id_fkey" FOREIGN KEY ("payer_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment_intents" ADD CONSTRAINT "payment_intents_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment_intents" ADD CONSTRAINT "payment_intents_payment_method_id_fkey" FOREIGN KEY ("payment_method_id") REFERENCES "payment_methods"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "processor_customers" ADD CONSTRAINT "processor_customers_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment_methods" ADD CONSTRAINT "payment_methods_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fee_rates" ADD CONSTRAINT "fee_rates_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fee_rates" ADD CONSTRAINT "fee_rates_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_buyer_id_fkey" FOREIGN KEY ("buyer_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_payment_intent_id_fkey" FOREIGN KEY ("payment_intent_id") REFERENCES "payment_intents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_payment_intent_id_fkey" FOREIGN KEY ("payment_intent_id") REFERENCES "payment_intents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_requested_by_id_fkey" FOREIGN KEY ("requested_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "disputes" ADD CONSTRAINT "disputes_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "disputes" ADD CONSTRAINT "disputes_payment_intent_id_fkey" FOREIGN KEY ("payment_intent_id") REFERENCES "payment_intents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payout_accounts" ADD CONSTRAINT "payout_accounts_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_payout_account_id_fkey" FOREIGN KEY ("payout_account_id") REFERENCES "payout_accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_requested_by_id_fkey" FOREIGN KEY ("requested_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_approved_by_id_fkey" FOREIGN KEY ("approved_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payout_holds" ADD CONSTRAINT "payout_holds_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payout_holds" ADD CONSTRAINT "payout_holds_released_by_id_fkey" FOREIGN KEY ("released_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payout_holds" ADD CONSTRAINT "payout_holds_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_accounts" ADD CONSTRAINT "ledger_accounts_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "journal_transactions" ADD CONSTRAINT "journal_transactions_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "journal_transactions" ADD CONSTRAINT "journal_transactions_reverses_id_fkey" FOREIGN KEY ("reverses_id") REFERENCES "journal_transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_journal_transaction_id_fkey" FOREIGN KEY ("journal_transaction_id") REFERENCES "journal_transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_account_same_currency_fkey" FOREIGN KEY ("account_id", "currency") REFERENCES "ledger_accounts"("id", "currency") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_ledger_account_id_fkey" FOREIGN KEY ("ledger_account_id") REFERENCES "ledger_accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finance_cases" ADD CONSTRAINT "finance_cases_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finance_cases" ADD CONSTRAINT "finance_cases_payer_id_fkey" FOREIGN KEY ("payer_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finance_cases" ADD CONSTRAINT "finance_cases_payment_intent_id_fkey" FOREIGN KEY ("payment_intent_id") REFERENCES "payment_intents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finance_cases" ADD CONSTRAINT "finance_cases_webhook_event_id_fkey" FOREIGN KEY ("webhook_event_id") REFERENCES "webhook_events"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finance_cases" ADD CONSTRAINT "finance_cases_assigned_to_id_fkey" FOREIGN KEY ("assigned_to_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finance_cases" ADD CONSTRAINT "finance_cases_resolved_by_id_fkey" FOREIGN KEY ("resolved_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "webhook_endpoints"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_hidden_by_id_fkey" FOREIGN KEY ("hidden_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_deleted_by_id_fkey" FOREIGN KEY ("deleted_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_parent_same_content_fkey" FOREIGN KEY ("parent_id", "content_id") REFERENCES "comments"("id", "content_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_root_same_content_fkey" FOREIGN KEY ("root_id", "content_id") REFERENCES "comments"("id", "content_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comment_versions" ADD CONSTRAINT "comment_versions_comment_id_fkey" FOREIGN KEY ("comment_id") REFERENCES "comments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "likes" ADD CONSTRAINT "likes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "likes" ADD CONSTRAINT "likes_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "likes" ADD CONSTRAINT "likes_comment_id_fkey" FOREIGN KEY ("comment_id") REFERENCES "comments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comment_settings" ADD CONSTRAINT "comment_settings_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content" ADD CONSTRAINT "content_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_versions" ADD CONSTRAINT "content_versions_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_versions" ADD CONSTRAINT "content_versions_changed_by_id_fkey" FOREIGN KEY ("changed_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_media" ADD CONSTRAINT "content_media_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_media" ADD CONSTRAINT "content_media_media_id_fkey" FOREIGN KEY ("media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_tags" ADD CONSTRAINT "content_tags_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_tags" ADD CONSTRAINT "content_tags_tag_id_fkey" FOREIGN KEY ("tag_id") REFERENCES "tags"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_categories" ADD CONSTRAINT "content_categories_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_categories" ADD CONSTRAINT "content_categories_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "creator_categories" ADD CONSTRAINT "creator_categories_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "creator_categories" ADD CONSTRAINT "creator_categories_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "saved_content" ADD CONSTRAINT "saved_content_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "saved_content" ADD CONSTRAINT "saved_content_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_purchase_id_fkey" FOREIGN KEY ("purchase_id") REFERENCES "purchases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_gift_id_fkey" FOREIGN KEY ("gift_id") REFERENCES "gifts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entitlement_grants" ADD CONSTRAINT "entitlement_grants_granted_by_id_fkey" FOREIGN KEY ("granted_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_keys" ADD CONSTRAINT "user_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "media_variants" ADD CONSTRAINT "media_variants_asset_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "media_assets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_fan_id_fkey" FOREIGN KEY ("fan_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversation_participants" ADD CONSTRAINT "conversation_participants_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversation_participants" ADD CONSTRAINT "conversation_participants_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_sender_id_fkey" FOREIGN KEY ("sender_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_reply_to_id_fkey" FOREIGN KEY ("reply_to_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_mass_message_id_fkey" FOREIGN KEY ("mass_message_id") REFERENCES "mass_messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message_versions" ADD CONSTRAINT "message_versions_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message_media" ADD CONSTRAINT "message_media_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message_media" ADD CONSTRAINT "message_media_media_id_fkey" FOREIGN KEY ("media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mass_messages" ADD CONSTRAINT "mass_messages_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mass_messages" ADD CONSTRAINT "mass_messages_list_id_fkey" FOREIGN KEY ("list_id") REFERENCES "fan_lists"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mass_message_media" ADD CONSTRAINT "mass_message_media_mass_message_id_fkey" FOREIGN KEY ("mass_message_id") REFERENCES "mass_messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mass_message_media" ADD CONSTRAINT "mass_message_media_media_id_fkey" FOREIGN KEY ("media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mass_message_recipients" ADD CONSTRAINT "mass_message_recipients_mass_message_id_fkey" FOREIGN KEY ("mass_message_id") REFERENCES "mass_messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mass_message_recipients" ADD CONSTRAINT "mass_message_recipients_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mass_message_recipients" ADD CONSTRAINT "mass_message_recipients_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fan_lists" ADD CONSTRAINT "fan_lists_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fan_list_members" ADD CONSTRAINT "fan_list_members_list_id_fkey" FOREIGN KEY ("list_id") REFERENCES "fan_lists"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fan_list_members" ADD CONSTRAINT "fan_list_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "moderation_cases" ADD CONSTRAINT "moderation_cases_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "moderation_cases" ADD CONSTRAINT "moderation_cases_comment_id_fkey" FOREIGN KEY ("comment_id") REFERENCES "comments"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "moderation_cases" ADD CONSTRAINT "moderation_cases_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "moderation_cases" ADD CONSTRAINT "moderation_cases_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "moderation_cases" ADD CONSTRAINT "moderation_cases_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "moderation_cases" ADD CONSTRAINT "moderation_cases_assigned_to_id_fkey" FOREIGN KEY ("assigned_to_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "moderation_cases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_reporter_id_fkey" FOREIGN KEY ("reporter_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_comment_id_fkey" FOREIGN KEY ("comment_id") REFERENCES "comments"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_reported_user_id_fkey" FOREIGN KEY ("reported_user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_assigned_to_id_fkey" FOREIGN KEY ("assigned_to_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_reports" ADD CONSTRAINT "content_reports_resolved_by_id_fkey" FOREIGN KEY ("resolved_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "report_evidence" ADD CONSTRAINT "report_evidence_report_id_fkey" FOREIGN KEY ("report_id") REFERENCES "content_reports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "report_evidence" ADD CONSTRAINT "report_evidence_media_id_fkey" FOREIGN KEY ("media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_moderation_actions" ADD CONSTRAINT "content_moderation_actions_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "moderation_cases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_moderation_actions" ADD CONSTRAINT "content_moderation_actions_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_moderation_actions" ADD CONSTRAINT "content_moderation_actions_comment_id_fkey" FOREIGN KEY ("comment_id") REFERENCES "comments"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_moderation_actions" ADD CONSTRAINT "content_moderation_actions_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_moderation_actions" ADD CONSTRAINT "content_moderation_actions_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_moderation_actions" ADD CONSTRAINT "content_moderation_actions_moderator_id_fkey" FOREIGN KEY ("moderator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_moderation_actions" ADD CONSTRAINT "content_moderation_actions_reviewed_by_id_fkey" FOREIGN KEY ("reviewed_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_moderation_actions" ADD CONSTRAINT "content_moderation_actions_reversed_by_id_fkey" FOREIGN KEY ("reversed_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_violations" ADD CONSTRAINT "user_violations_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_violations" ADD CONSTRAINT "user_violations_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "moderation_cases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_violations" ADD CONSTRAINT "user_violations_previous_id_fkey" FOREIGN KEY ("previous_id") REFERENCES "user_violations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_violations" ADD CONSTRAINT "user_violations_issued_by_id_fkey" FOREIGN KEY ("issued_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_violations" ADD CONSTRAINT "user_violations_lifted_by_id_fkey" FOREIGN KEY ("lifted_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_restrictions" ADD CONSTRAINT "feature_restrictions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_restrictions" ADD CONSTRAINT "feature_restrictions_violation_id_fkey" FOREIGN KEY ("violation_id") REFERENCES "user_violations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "statements_of_reasons" ADD CONSTRAINT "statements_of_reasons_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "statements_of_reasons" ADD CONSTRAINT "statements_of_reasons_action_id_fkey" FOREIGN KEY ("action_id") REFERENCES "content_moderation_actions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "statements_of_reasons" ADD CONSTRAINT "statements_of_reasons_violation_id_fkey" FOREIGN KEY ("violation_id") REFERENCES "user_violations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "appeals" ADD CONSTRAINT "appeals_statement_id_fkey" FOREIGN KEY ("statement_id") REFERENCES "statements_of_reasons"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "appeals" ADD CONSTRAINT "appeals_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "appeals" ADD CONSTRAINT "appeals_decided_by_id_fkey" FOREIGN KEY ("decided_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "staff_notes" ADD CONSTRAINT "staff_notes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "staff_notes" ADD CONSTRAINT "staff_notes_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification_inboxes" ADD CONSTRAINT "notification_inboxes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification_preferences" ADD CONSTRAINT "notification_preferences_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification_settings" ADD CONSTRAINT "notification_settings_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "announcements" ADD CONSTRAINT "announcements_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "consents" ADD CONSTRAINT "consents_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "export_requests" ADD CONSTRAINT "export_requests_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "export_requests" ADD CONSTRAINT "export_requests_requested_by_id_fkey" FOREIGN KEY ("requested_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "export_requests" ADD CONSTRAINT "export_requests_media_id_fkey" FOREIGN KEY ("media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "erasure_requests" ADD CONSTRAINT "erasure_requests_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "erasure_requests" ADD CONSTRAINT "erasure_requests_requested_by_id_fkey" FOREIGN KEY ("requested_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "erasure_requests" ADD CONSTRAINT "erasure_requests_held_by_id_fkey" FOREIGN KEY ("held_by_id") REFERENCES "legal_holds"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "legal_holds" ADD CONSTRAINT "legal_holds_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "legal_holds" ADD CONSTRAINT "legal_holds_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "legal_holds" ADD CONSTRAINT "legal_holds_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "legal_holds" ADD CONSTRAINT "legal_holds_media_id_fkey" FOREIGN KEY ("media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "legal_holds" ADD CONSTRAINT "legal_holds_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "moderation_cases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "legal_holds" ADD CONSTRAINT "legal_holds_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "legal_holds" ADD CONSTRAINT "legal_holds_lifted_by_id_fkey" FOREIGN KEY ("lifted_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "follows" ADD CONSTRAINT "follows_follower_id_fkey" FOREIGN KEY ("follower_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "follows" ADD CONSTRAINT "follows_following_id_fkey" FOREIGN KEY ("following_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "follow_preferences" ADD CONSTRAINT "follow_preferences_follow_id_fkey" FOREIGN KEY ("follow_id") REFERENCES "follows"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_blocker_id_fkey" FOREIGN KEY ("blocker_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_blocked_id_fkey" FOREIGN KEY ("blocked_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mutes" ADD CONSTRAINT "mutes_muter_id_fkey" FOREIGN KEY ("muter_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mutes" ADD CONSTRAINT "mutes_muted_id_fkey" FOREIGN KEY ("muted_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_counters" ADD CONSTRAINT "user_counters_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "live_streams" ADD CONSTRAINT "live_streams_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "live_streams" ADD CONSTRAINT "live_streams_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "live_streams" ADD CONSTRAINT "live_streams_recording_media_id_fkey" FOREIGN KEY ("recording_media_id") REFERENCES "media_assets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_keys" ADD CONSTRAINT "stream_keys_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_ingests" ADD CONSTRAINT "stream_ingests_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_ingests" ADD CONSTRAINT "stream_ingests_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "stream_keys"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_access" ADD CONSTRAINT "stream_access_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_access" ADD CONSTRAINT "stream_access_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_access" ADD CONSTRAINT "stream_access_grant_id_fkey" FOREIGN KEY ("grant_id") REFERENCES "entitlement_grants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_viewer_leases" ADD CONSTRAINT "stream_viewer_leases_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_viewer_leases" ADD CONSTRAINT "stream_viewer_leases_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_viewer_leases" ADD CONSTRAINT "stream_viewer_leases_access_id_fkey" FOREIGN KEY ("access_id") REFERENCES "stream_access"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_chat_messages" ADD CONSTRAINT "stream_chat_messages_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_chat_messages" ADD CONSTRAINT "stream_chat_messages_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_chat_messages" ADD CONSTRAINT "stream_chat_messages_tip_id_fkey" FOREIGN KEY ("tip_id") REFERENCES "tips"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_chat_messages" ADD CONSTRAINT "stream_chat_messages_deleted_by_id_fkey" FOREIGN KEY ("deleted_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_sanctions" ADD CONSTRAINT "stream_sanctions_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_sanctions" ADD CONSTRAINT "stream_sanctions_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_sanctions" ADD CONSTRAINT "stream_sanctions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_sanctions" ADD CONSTRAINT "stream_sanctions_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stream_sanctions" ADD CONSTRAINT "stream_sanctions_lifted_by_id_fkey" FOREIGN KEY ("lifted_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "price_versions" ADD CONSTRAINT "price_versions_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_subscriber_id_fkey" FOREIGN KEY ("subscriber_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_price_version_id_fkey" FOREIGN KEY ("price_version_id") REFERENCES "price_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_payment_method_id_fkey" FOREIGN KEY ("payment_method_id") REFERENCES "payment_methods"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_promotion_id_fkey" FOREIGN KEY ("promotion_id") REFERENCES "promotions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscription_periods" ADD CONSTRAINT "subscription_periods_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscription_periods" ADD CONSTRAINT "subscription_periods_payment_intent_id_fkey" FOREIGN KEY ("payment_intent_id") REFERENCES "payment_intents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscription_previews" ADD CONSTRAINT "subscription_previews_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscription_previews" ADD CONSTRAINT "subscription_previews_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscription_previews" ADD CONSTRAINT "subscription_previews_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscription_previews" ADD CONSTRAINT "subscription_previews_price_version_id_fkey" FOREIGN KEY ("price_version_id") REFERENCES "price_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscription_previews" ADD CONSTRAINT "subscription_previews_promotion_id_fkey" FOREIGN KEY ("promotion_id") REFERENCES "promotions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotion_redemptions" ADD CONSTRAINT "promotion_redemptions_promotion_id_fkey" FOREIGN KEY ("promotion_id") REFERENCES "promotions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotion_redemptions" ADD CONSTRAINT "promotion_redemptions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotion_redemptions" ADD CONSTRAINT "promotion_redemptions_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial_redemptions" ADD CONSTRAINT "trial_redemptions_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial_redemptions" ADD CONSTRAINT "trial_redemptions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial_redemptions" ADD CONSTRAINT "trial_redemptions_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gifts" ADD CONSTRAINT "gifts_giver_id_fkey" FOREIGN KEY ("giver_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gifts" ADD CONSTRAINT "gifts_creator_id_fkey" FOREIGN KEY ("creator_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gifts" ADD CONSTRAINT "gifts_recipient_id_fkey" FOREIGN KEY ("recipient_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gifts" ADD CONSTRAINT "gifts_price_version_id_fkey" FOREIGN KEY ("price_version_id") REFERENCES "price_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gifts" ADD CONSTRAINT "gifts_payment_intent_id_fkey" FOREIGN KEY ("payment_intent_id") REFERENCES "payment_intents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gifts" ADD CONSTRAINT "gifts_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tips" ADD CONSTRAINT "tips_sender_id_fkey" FOREIGN KEY ("sender_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tips" ADD CONSTRAINT "tips_recipient_id_fkey" FOREIGN KEY ("recipient_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tips" ADD CONSTRAINT "tips_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "content"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tips" ADD CONSTRAINT "tips_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tips" ADD CONSTRAINT "tips_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "live_streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tips" ADD CONSTRAINT "tips_payment_intent_id_fkey" FOREIGN KEY ("payment_intent_id") REFERENCES "payment_intents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
