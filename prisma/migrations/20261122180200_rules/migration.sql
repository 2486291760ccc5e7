-- What a Prisma schema cannot say: limits, one-of-a-kind rows, time stamps, append-only tables.

-- Limits of every column, and what must hold within one row.

alter table user_keys
  add constraint user_keys_generation_range check (generation > 0),
  add constraint user_keys_wrapped_key_length check (octet_length(wrapped_key) between 1 and 512),
  add constraint user_keys_master_key_id_length check (char_length(master_key_id) between 1 and 64),
  add constraint user_keys_wrapped_until_destroyed check ((wrapped_key is null) = (destroyed_at is not null));

alter table key_checks
  add constraint key_checks_key_id_length check (char_length(key_id) between 1 and 80),
  add constraint key_checks_probe_length check (octet_length(probe) between 1 and 256);

alter table key_rotations
  add constraint key_rotations_from_key_length check (char_length(from_key) between 1 and 80),
  add constraint key_rotations_to_key_length check (char_length(to_key) between 1 and 80),
  add constraint key_rotations_cursor_length check (char_length(cursor) <= 200),
  add constraint key_rotations_done_count_range check (done_count >= 0);

alter table users
  add constraint users_username_length check (char_length(username::text) between 3 and 30),
  add constraint users_display_name_length check (char_length(display_name) between 1 and 80),
  add constraint users_email_length check (octet_length(email) between 1 and 1024),
  add constraint users_email_index_length check (octet_length(email_index) = 32),
  add constraint users_email_index_version_range check (email_index_version > 0),
  add constraint users_password_hash_length check (char_length(password_hash) between 1 and 256),
  add constraint users_status_reason_length check (char_length(status_reason) between 1 and 1000),
  add constraint users_subscription_price_minor_range check (subscription_price >= 0),
  add constraint users_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint users_locale_length check (char_length(locale) between 2 and 35),
  add constraint users_time_zone_length check (char_length(time_zone) between 1 and 64),
  add constraint users_terms_version_length check (char_length(terms_version) between 1 and 32),
  add constraint users_version_range check (version > 0),
  add constraint users_email_until_erased check (
    (email is null) = (email_index is null) and (email is not null or erased_at is not null)
  ),
  add constraint users_username_form check (username::text ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]*$'),
  add constraint users_suspension_ends check (suspended_until is null or account_status = 'suspended'),
  add constraint users_deleted_has_time check (account_status <> 'deleted' or deleted_at is not null),
  add constraint users_price_has_currency check (subscription_price is null or currency is not null),
  add constraint users_creator_has_currency check (
    account_type <> 'creator' or (currency is not null and creator_since is not null)
  ),
  add constraint users_age_verified_at check (age_verified = (age_verified_at is not null));

alter table reserved_usernames
  add constraint reserved_usernames_name_hash_length check (octet_length(name_hash) = 32);

alter table user_profiles
  add constraint user_profiles_revision_range check (revision > 0),
  add constraint user_profiles_bio_length check (char_length(bio) <= 2000),
  add constraint user_profiles_website_length check (char_length(website) <= 500),
  add constraint user_profiles_social_links_shape check (jsonb_typeof(social_links) = 'array'),
  add constraint user_profiles_categories_length check (
    cardinality(categories) <= 10 and char_length(array_to_string(categories, '')) <= 500
  ),
  add constraint user_profiles_languages_length check (
    cardinality(languages) <= 10 and char_length(array_to_string(languages, '')) <= 350
  ),
  add constraint user_profiles_pronouns_length check (char_length(pronouns) <= 40),
  add constraint user_profiles_preferences_shape check (jsonb_typeof(preferences) = 'object'),
  add constraint user_profiles_characteristics_length check (octet_length(characteristics) between 1 and 16384),
  add constraint user_profiles_demographics_length check (octet_length(demographics) between 1 and 8192),
  add constraint user_profiles_birth_date_length check (octet_length(birth_date) between 1 and 256),
  add constraint user_profiles_legal_name_length check (octet_length(legal_name) between 1 and 1024),
  add constraint user_profiles_phone_length check (octet_length(phone) between 1 and 256),
  add constraint user_profiles_country_code_code check (country_code ~ '^[A-Z]{2}$'),
  add constraint user_profiles_region_length check (char_length(region) <= 100),
  add constraint user_profiles_city_length check (octet_length(city) between 1 and 512),
  add constraint user_profiles_precise_location_length check (octet_length(precise_location) between 1 and 512),
  add constraint user_profiles_legal_name_private check (legal_name_audience in ('self', 'staff'));

alter table user_sessions
  add constraint user_sessions_device_label_length check (char_length(device_label) <= 100),
  add constraint user_sessions_user_agent_length check (char_length(user_agent) <= 512),
  add constraint user_sessions_browser_length check (char_length(browser) <= 60),
  add constraint user_sessions_os_length check (char_length(os) <= 60),
  add constraint user_sessions_ip_length check (octet_length(ip) between 1 and 256),
  add constraint user_sessions_country_code_code check (country_code ~ '^[A-Z]{2}$'),
  add constraint user_sessions_revoked_has_reason check ((revoked_at is null) = (revoked_reason is null)),
  add constraint user_sessions_expiry_order check (expires_at <= absolute_expires_at);

alter table refresh_tokens
  add constraint refresh_tokens_token_hash_length check (octet_length(token_hash) = 32);

alter table one_time_tokens
  add constraint one_time_tokens_token_hash_length check (octet_length(token_hash) = 32),
  add constraint one_time_tokens_new_email_length check (octet_length(new_email) between 1 and 1024),
  add constraint one_time_tokens_new_email_index_length check (octet_length(new_email_index) = 32),
  add constraint one_time_tokens_new_email check (
    (kind = 'change_email') = (new_email is not null) and (new_email is null) = (new_email_index is null)
  );

alter table totp_credentials
  add constraint totp_credentials_secret_length check (octet_length(secret) between 1 and 256),
  add constraint totp_credentials_last_used_step_range check (last_used_step >= 0);

alter table recovery_codes
  add constraint recovery_codes_code_hash_length check (octet_length(code_hash) = 32);

alter table login_challenges
  add constraint login_challenges_challenge_hash_length check (octet_length(challenge_hash) = 32),
  add constraint login_challenges_attempts_range check (attempts >= 0);

alter table age_verifications
  add constraint age_verifications_provider_length check (char_length(provider) between 1 and 40),
  add constraint age_verifications_provider_reference_length check (char_length(provider_reference) <= 200),
  add constraint age_verifications_method_length check (char_length(method) <= 60),
  add constraint age_verifications_minimum_age_range check (minimum_age between 13 and 99),
  add constraint age_verifications_country_code_code check (country_code ~ '^[A-Z]{2}$'),
  add constraint age_verifications_proof_hash_length check (octet_length(proof_hash) = 32),
  add constraint age_verifications_rejection_reason_length check (char_length(rejection_reason) between 1 and 1000),
  add constraint age_verifications_decided check ((status = 'pending') = (decided_at is null)),
  add constraint age_verifications_approved_is_of_age check (status <> 'approved' or is_of_age),
  add constraint age_verifications_not_by_oneself check (reviewed_by_id is null or reviewed_by_id <> user_id);

alter table audit_logs
  add constraint audit_logs_action_length check (char_length(action) between 1 and 100),
  add constraint audit_logs_subject_table_length check (char_length(subject_table) between 1 and 63),
  add constraint audit_logs_subject_id_length check (char_length(subject_id) between 1 and 64),
  add constraint audit_logs_before_shape check (jsonb_typeof(before) = 'object'),
  add constraint audit_logs_after_shape check (jsonb_typeof(after) = 'object'),
  add constraint audit_logs_description_length check (char_length(description) between 1 and 1000),
  add constraint audit_logs_reason_length check (char_length(reason) between 1 and 1000),
  add constraint audit_logs_ip_length check (octet_length(ip) between 1 and 256),
  add constraint audit_logs_ip_hash_length check (octet_length(ip_hash) = 32),
  add constraint audit_logs_user_agent_length check (char_length(user_agent) <= 512),
  add constraint audit_logs_request_id_length check (char_length(request_id) <= 64);

alter table system_logs
  add constraint system_logs_service_length check (char_length(service) between 1 and 100),
  add constraint system_logs_component_length check (char_length(component) <= 100),
  add constraint system_logs_message_length check (char_length(message) <= 8192),
  add constraint system_logs_stack_trace_length check (char_length(stack_trace) <= 32768),
  add constraint system_logs_request_id_length check (char_length(request_id) <= 64),
  add constraint system_logs_metadata_shape check (jsonb_typeof(metadata) = 'object');

alter table follows
  add constraint follows_not_oneself check (follower_id <> following_id);

alter table blocks
  add constraint blocks_reason_length check (char_length(reason) <= 500),
  add constraint blocks_not_oneself check (blocker_id <> blocked_id);

alter table mutes
  add constraint mutes_not_oneself check (muter_id <> muted_id);

alter table user_counters
  add constraint user_counters_follower_count_range check (follower_count >= 0),
  add constraint user_counters_following_count_range check (following_count >= 0),
  add constraint user_counters_content_count_range check (content_count >= 0),
  add constraint user_counters_subscriber_count_range check (subscriber_count >= 0),
  add constraint user_counters_like_count_range check (like_count >= 0);

alter table media_assets
  add constraint media_assets_storage_key_length check (char_length(storage_key) between 1 and 300),
  add constraint media_assets_file_name_length check (char_length(file_name) <= 255),
  add constraint media_assets_declared_type_length check (char_length(declared_type) between 1 and 100),
  add constraint media_assets_detected_type_length check (char_length(detected_type) <= 100),
  add constraint media_assets_declared_size_bytes_range check (declared_size_bytes > 0),
  add constraint media_assets_size_bytes_range check (size_bytes > 0),
  add constraint media_assets_sha256_length check (octet_length(sha256) = 32),
  add constraint media_assets_width_range check (width > 0),
  add constraint media_assets_height_range check (height > 0),
  add constraint media_assets_duration_ms_range check (duration_ms >= 0),
  add constraint media_assets_alt_text_length check (char_length(alt_text) <= 1000),
  add constraint media_assets_thumbhash_length check (octet_length(thumbhash) between 1 and 64),
  add constraint media_assets_failure_reason_length check (char_length(failure_reason) between 1 and 500),
  add constraint media_assets_ready_is_known check (
    state <> 'ready'
    or (size_bytes is not null and sha256 is not null and detected_type is not null and ready_at is not null)
  ),
  add constraint media_assets_failed_says_why check ((state = 'failed') = (failure_reason is not null));

alter table media_variants
  add constraint media_variants_label_length check (char_length(label) between 1 and 40),
  add constraint media_variants_storage_key_length check (char_length(storage_key) between 1 and 300),
  add constraint media_variants_content_type_length check (char_length(content_type) between 1 and 100),
  add constraint media_variants_size_bytes_range check (size_bytes > 0),
  add constraint media_variants_width_range check (width > 0),
  add constraint media_variants_height_range check (height > 0);

alter table content
  add constraint content_title_length check (char_length(title) between 1 and 200),
  add constraint content_teaser_length check (char_length(teaser) <= 1000),
  add constraint content_body_length check (char_length(body) <= 100000),
  add constraint content_language_length check (char_length(language) between 2 and 35),
  add constraint content_price_minor_range check (price_minor > 0),
  add constraint content_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint content_warnings_length check (
    cardinality(warnings) <= 10 and char_length(array_to_string(warnings, '')) <= 600
  ),
  add constraint content_scheduled_local_time_length check (char_length(scheduled_local_time) between 16 and 19),
  add constraint content_scheduled_time_zone_length check (char_length(scheduled_time_zone) between 1 and 64),
  add constraint content_removed_reason_length check (char_length(removed_reason) between 1 and 1000),
  add constraint content_like_count_range check (like_count >= 0),
  add constraint content_comment_count_range check (comment_count >= 0),
  add constraint content_save_count_range check (save_count >= 0),
  add constraint content_view_count_range check (view_count >= 0),
  add constraint content_share_count_range check (share_count >= 0),
  add constraint content_purchase_count_range check (purchase_count >= 0),
  add constraint content_version_range check (version > 0),
  add constraint content_price_has_currency check ((price_minor is null) = (currency is null)),
  add constraint content_premium_has_price check (is_premium = (price_minor is not null)),
  add constraint content_schedule_whole check ((scheduled_local_time is null) = (scheduled_time_zone is null));

alter table content_versions
  add constraint content_versions_content_version_range check (content_version > 0),
  add constraint content_versions_snapshot_shape check (jsonb_typeof(snapshot) = 'object');

alter table content_media
  add constraint content_media_position_range check (position between 0 and 99);

alter table tags
  add constraint tags_name_length check (char_length(name::text) between 1 and 50),
  add constraint tags_content_count_range check (content_count >= 0);

alter table categories
  add constraint categories_slug_length check (char_length(slug) between 1 and 50),
  add constraint categories_name_length check (char_length(name) between 1 and 80),
  add constraint categories_description_length check (char_length(description) <= 500),
  add constraint categories_position_range check (position >= 0);

alter table entitlement_grants
  add constraint entitlement_grants_note_length check (char_length(note) <= 500),
  add constraint entitlement_grants_version_range check (version > 0),
  add constraint entitlement_grants_one_target check (num_nonnulls(content_id, message_id, stream_id) <= 1),
  add constraint entitlement_grants_revoked_has_reason check ((revoked_at is null) = (revoked_reason is null)),
  add constraint entitlement_grants_order check (ends_at is null or ends_at >= starts_at),
  add constraint entitlement_grants_staff_named check (source <> 'staff' or granted_by_id is not null);

alter table comments
  add constraint comments_depth_range check (depth between 0 and 6),
  add constraint comments_body_length check (char_length(body) between 1 and 5000),
  add constraint comments_like_count_range check (like_count >= 0),
  add constraint comments_reply_count_range check (reply_count >= 0),
  add constraint comments_version_range check (version > 0),
  add constraint comments_parent_and_root check (
    (parent_id is null) = (root_id is null) and (parent_id is null) = (depth = 0)
  );

alter table comment_versions
  add constraint comment_versions_body_length check (char_length(body) between 1 and 5000);

alter table likes
  add constraint likes_one_target check (num_nonnulls(content_id, comment_id) = 1);

alter table comment_settings
  add constraint comment_settings_slow_mode_seconds_range check (slow_mode_seconds between 0 and 86400),
  add constraint comment_settings_forbidden_words_length check (
    cardinality(forbidden_words) <= 200 and char_length(array_to_string(forbidden_words, '')) <= 12000
  );

alter table transactions
  add constraint transactions_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint transactions_fee_basis_points_range check (fee_basis_points between 0 and 10000),
  add constraint transactions_processor_length check (char_length(processor) between 1 and 40),
  add constraint transactions_processor_reference_length check (char_length(processor_reference) between 1 and 200),
  add constraint transactions_failure_code_length check (char_length(failure_code) between 1 and 100),
  add constraint transactions_failure_reason_length check (char_length(failure_reason) between 1 and 1000),
  add constraint transactions_description_length check (char_length(description) <= 500),
  add constraint transactions_adds_up check (gross_amount = platform_fee + net_amount),
  add constraint transactions_failed_says_why check ((status = 'failed') = (failure_code is not null)),
  add constraint transactions_reversal_has_reason check ((reverses_id is null) or (reason is not null)),
  add constraint transactions_signs check (
    (gross_amount >= 0 and platform_fee >= 0 and net_amount >= 0)
    or (gross_amount <= 0 and platform_fee <= 0 and net_amount <= 0)
  );

alter table payment_intents
  add constraint payment_intents_amount_minor_range check (amount_minor > 0),
  add constraint payment_intents_wallet_minor_range check (wallet_minor >= 0),
  add constraint payment_intents_captured_minor_range check (captured_minor >= 0),
  add constraint payment_intents_refunded_minor_range check (refunded_minor >= 0),
  add constraint payment_intents_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint payment_intents_processor_length check (char_length(processor) between 1 and 40),
  add constraint payment_intents_processor_reference_length check (char_length(processor_reference) between 1 and 200),
  add constraint payment_intents_action_url_length check (char_length(action_url) <= 2000),
  add constraint payment_intents_failure_code_length check (char_length(failure_code) between 1 and 100),
  add constraint payment_intents_failure_reason_length check (char_length(failure_reason) between 1 and 1000),
  add constraint payment_intents_attempt_count_range check (attempt_count >= 0),
  add constraint payment_intents_version_range check (version > 0),
  add constraint payment_intents_refund_within_capture check (refunded_minor <= captured_minor),
  add constraint payment_intents_capture_within_amount check (captured_minor <= amount_minor),
  add constraint payment_intents_wallet_within_amount check (wallet_minor <= amount_minor),
  add constraint payment_intents_settled check (
    (state in ('succeeded', 'failed', 'cancelled')) = (settled_at is not null)
  ),
  add constraint payment_intents_not_oneself check (creator_id is null or creator_id <> payer_id);

alter table processor_customers
  add constraint processor_customers_processor_length check (char_length(processor) between 1 and 40),
  add constraint processor_customers_reference_length check (char_length(reference) between 1 and 200);

alter table payment_methods
  add constraint payment_methods_processor_length check (char_length(processor) between 1 and 40),
  add constraint payment_methods_token_length check (char_length(token) between 1 and 200),
  add constraint payment_methods_kind_length check (char_length(kind) between 1 and 40),
  add constraint payment_methods_brand_length check (char_length(brand) <= 40),
  add constraint payment_methods_last_four_length check (char_length(last_four) between 4 and 4),
  add constraint payment_methods_expiry_month_range check (expiry_month between 1 and 12),
  add constraint payment_methods_expiry_year_range check (expiry_year between 2000 and 2199),
  add constraint payment_methods_country_code_code check (country_code ~ '^[A-Z]{2}$'),
  add constraint payment_methods_fingerprint_index_length check (octet_length(fingerprint_index) = 32);

alter table fee_rates
  add constraint fee_rates_basis_points_range check (basis_points between 0 and 10000),
  add constraint fee_rates_order check (valid_to is null or valid_to > valid_from);

alter table purchases
  add constraint purchases_title_snapshot_length check (char_length(title_snapshot) <= 200),
  add constraint purchases_amount_minor_range check (amount_minor > 0),
  add constraint purchases_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint purchases_target_of_kind check (
    num_nonnulls(content_id, message_id, stream_id) = 1
    and case kind
      when 'content' then content_id is not null
      when 'message' then message_id is not null
      else stream_id is not null
    end
  ),
  add constraint purchases_paid check (state not in ('paid', 'refunded') or paid_at is not null),
  add constraint purchases_not_oneself check (buyer_id <> creator_id);

alter table refunds
  add constraint refunds_amount_minor_range check (amount_minor > 0),
  add constraint refunds_platform_fee_minor_range check (platform_fee_minor >= 0),
  add constraint refunds_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint refunds_reason_length check (char_length(reason) between 1 and 500),
  add constraint refunds_processor_reference_length check (char_length(processor_reference) between 1 and 200),
  add constraint refunds_failure_code_length check (char_length(failure_code) between 1 and 100),
  add constraint refunds_version_range check (version > 0),
  add constraint refunds_fee_within_amount check (platform_fee_minor <= amount_minor),
  add constraint refunds_settled check ((state in ('succeeded', 'failed')) = (settled_at is not null));

alter table disputes
  add constraint disputes_processor_length check (char_length(processor) between 1 and 40),
  add constraint disputes_processor_reference_length check (char_length(processor_reference) between 1 and 200),
  add constraint disputes_reason_length check (char_length(reason) between 1 and 200),
  add constraint disputes_amount_minor_range check (amount_minor > 0),
  add constraint disputes_fee_minor_range check (fee_minor >= 0),
  add constraint disputes_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint disputes_evidence_shape check (jsonb_typeof(evidence) = 'object'),
  add constraint disputes_version_range check (version > 0),
  add constraint disputes_closed check ((state in ('won', 'lost')) = (closed_at is not null));

alter table payout_accounts
  add constraint payout_accounts_processor_length check (char_length(processor) between 1 and 40),
  add constraint payout_accounts_reference_length check (char_length(reference) between 1 and 200),
  add constraint payout_accounts_details_length check (octet_length(details) between 1 and 4096),
  add constraint payout_accounts_label_length check (char_length(label) <= 80),
  add constraint payout_accounts_country_code_code check (country_code ~ '^[A-Z]{2}$'),
  add constraint payout_accounts_currency_code check (currency ~ '^[A-Z]{3}$');

alter table payouts
  add constraint payouts_amount_minor_range check (amount_minor > 0),
  add constraint payouts_fee_minor_range check (fee_minor >= 0),
  add constraint payouts_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint payouts_processor_reference_length check (char_length(processor_reference) between 1 and 200),
  add constraint payouts_failure_code_length check (char_length(failure_code) between 1 and 100),
  add constraint payouts_failure_reason_length check (char_length(failure_reason) between 1 and 1000),
  add constraint payouts_version_range check (version > 0),
  add constraint payouts_settled check ((state in ('paid', 'failed', 'cancelled')) = (settled_at is not null)),
  add constraint payouts_second_person check (
    approved_by_id is null or (approved_by_id <> creator_id and approved_by_id is distinct from requested_by_id)
  );

alter table payout_holds
  add constraint payout_holds_reason_length check (char_length(reason) between 1 and 1000),
  add constraint payout_holds_amount_minor_range check (amount_minor > 0),
  add constraint payout_holds_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint payout_holds_amount_has_currency check ((amount_minor is null) = (currency is null));

alter table ledger_accounts
  add constraint ledger_accounts_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint ledger_accounts_entry_count_range check (entry_count >= 0),
  add constraint ledger_accounts_version_range check (version > 0),
  add constraint ledger_accounts_not_overdrawn check (allows_negative or balance_minor >= 0);

alter table journal_transactions
  add constraint journal_transactions_reference_length check (char_length(reference) between 1 and 200),
  add constraint journal_transactions_description_length check (char_length(description) <= 500);

alter table ledger_entries
  add constraint ledger_entries_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint ledger_entries_not_zero check (amount_minor <> 0);

alter table wallets
  add constraint wallets_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint wallets_balance_minor_range check (balance_minor >= 0),
  add constraint wallets_version_range check (version > 0);

alter table finance_cases
  add constraint finance_cases_reference_length check (char_length(reference) between 1 and 200),
  add constraint finance_cases_details_shape check (jsonb_typeof(details) = 'object'),
  add constraint finance_cases_resolution_length check (char_length(resolution) between 1 and 2000),
  add constraint finance_cases_resolved_whole check ((resolved_at is null) = (resolution is null));

alter table webhook_events
  add constraint webhook_events_processor_length check (char_length(processor) between 1 and 40),
  add constraint webhook_events_event_id_length check (char_length(event_id) between 1 and 200),
  add constraint webhook_events_type_length check (char_length(type) between 1 and 100),
  add constraint webhook_events_object_id_length check (char_length(object_id) between 1 and 200),
  add constraint webhook_events_payload_shape check (jsonb_typeof(payload) = 'object'),
  add constraint webhook_events_attempt_count_range check (attempt_count >= 0),
  add constraint webhook_events_last_error_length check (char_length(last_error) <= 2000);

alter table webhook_endpoints
  add constraint webhook_endpoints_url_length check (char_length(url) between 1 and 2000),
  add constraint webhook_endpoints_secret_length check (octet_length(secret) between 1 and 256),
  add constraint webhook_endpoints_previous_secret_length check (octet_length(previous_secret) between 1 and 256),
  add constraint webhook_endpoints_event_types_length check (
    cardinality(event_types) <= 50 and char_length(array_to_string(event_types, '')) <= 5000
  ),
  add constraint webhook_endpoints_disabled_reason_length check (char_length(disabled_reason) between 1 and 500);

alter table webhook_deliveries
  add constraint webhook_deliveries_event_id_range check (event_id > 0),
  add constraint webhook_deliveries_object_id_length check (char_length(object_id) between 1 and 200),
  add constraint webhook_deliveries_type_length check (char_length(type) between 1 and 100),
  add constraint webhook_deliveries_payload_shape check (jsonb_typeof(payload) = 'object'),
  add constraint webhook_deliveries_attempt_count_range check (attempt_count >= 0),
  add constraint webhook_deliveries_last_error_length check (char_length(last_error) <= 2000);

alter table price_versions
  add constraint price_versions_months_range check (months between 1 and 60),
  add constraint price_versions_amount_minor_range check (amount_minor > 0),
  add constraint price_versions_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint price_versions_discount_basis_points_range check (discount_basis_points between 0 and 10000),
  add constraint price_versions_months_of_type check ((type = 'lifetime') = (months is null));

alter table subscriptions
  add constraint subscriptions_amount_minor_range check (amount_minor >= 0),
  add constraint subscriptions_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint subscriptions_period_number_range check (period_number >= 0),
  add constraint subscriptions_cancel_reason_length check (char_length(cancel_reason) <= 500),
  add constraint subscriptions_retry_count_range check (retry_count >= 0),
  add constraint subscriptions_version_range check (version > 0),
  add constraint subscriptions_not_oneself check (subscriber_id <> creator_id),
  add constraint subscriptions_ended_has_reason check ((ended_at is null) = (ended_reason is null)),
  add constraint subscriptions_status_follows_facts check (
    case status
      when 'active' then ended_at is null and started_at is not null and cancelled_at is null
      when 'cancelled' then ended_at is null and cancelled_at is not null and not will_renew
      when 'pending' then ended_at is null
      when 'expired' then ended_at is not null
      else true
    end
  ),
  add constraint subscriptions_lifetime_has_no_end check (
    type <> 'lifetime' or (period_ends_at is null and next_charge_at is null)
  );

alter table subscription_periods
  add constraint subscription_periods_period_number_range check (period_number > 0),
  add constraint subscription_periods_amount_minor_range check (amount_minor >= 0),
  add constraint subscription_periods_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint subscription_periods_order check (ends_at is null or ends_at > starts_at);

alter table subscription_previews
  add constraint subscription_previews_lines_shape check (jsonb_typeof(lines) = 'array'),
  add constraint subscription_previews_amount_minor_range check (amount_minor >= 0),
  add constraint subscription_previews_currency_code check (currency ~ '^[A-Z]{3}$');

alter table promotions
  add constraint promotions_code_length check (char_length(code::text) between 3 and 40),
  add constraint promotions_basis_points_range check (basis_points between 1 and 10000),
  add constraint promotions_amount_minor_range check (amount_minor > 0),
  add constraint promotions_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint promotions_trial_days_range check (trial_days between 1 and 365),
  add constraint promotions_periods_range check (periods between 1 and 60),
  add constraint promotions_max_redemptions_range check (max_redemptions > 0),
  add constraint promotions_redemption_count_range check (redemption_count >= 0),
  add constraint promotions_gives_one_thing check (
    num_nonnulls(basis_points, amount_minor, trial_days) = 1
    and case kind
      when 'percent' then basis_points is not null
      when 'amount' then amount_minor is not null
      else trial_days is not null
    end
  ),
  add constraint promotions_amount_has_currency check ((amount_minor is null) = (currency is null)),
  add constraint promotions_within_limit check (max_redemptions is null or redemption_count <= max_redemptions);

alter table trial_redemptions
  add constraint trial_redemptions_fingerprint_index_length check (octet_length(fingerprint_index) = 32);

alter table gifts
  add constraint gifts_recipient_email_length check (octet_length(recipient_email) between 1 and 1024),
  add constraint gifts_claim_hash_length check (octet_length(claim_hash) = 32),
  add constraint gifts_amount_minor_range check (amount_minor > 0),
  add constraint gifts_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint gifts_message_length check (char_length(message) <= 500),
  add constraint gifts_claimed_by_somebody check ((claimed_at is null) or (recipient_id is not null));

alter table tips
  add constraint tips_amount_minor_range check (amount_minor > 0),
  add constraint tips_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint tips_message_length check (char_length(message) <= 500),
  add constraint tips_title_snapshot_length check (char_length(title_snapshot) <= 200),
  add constraint tips_not_oneself check (sender_id <> recipient_id),
  add constraint tips_one_context check (num_nonnulls(content_id, message_id, stream_id) <= 1),
  add constraint tips_paid check (state not in ('paid', 'refunded') or paid_at is not null);

alter table conversations
  add constraint conversations_last_sequence_range check (last_sequence >= 0),
  add constraint conversations_not_oneself check (creator_id <> fan_id);

alter table conversation_participants
  add constraint conversation_participants_read_sequence_range check (read_sequence >= 0),
  add constraint conversation_participants_delivered_sequence_range check (delivered_sequence >= 0),
  add constraint conversation_participants_unread_count_range check (unread_count >= 0);

alter table messages
  add constraint messages_sequence_range check (sequence > 0),
  add constraint messages_body_length check (char_length(body) <= 10000),
  add constraint messages_teaser_length check (char_length(teaser) <= 500),
  add constraint messages_price_minor_range check (price_minor > 0),
  add constraint messages_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint messages_version_range check (version > 0),
  add constraint messages_price_has_currency check ((price_minor is null) = (currency is null)),
  add constraint messages_premium_has_price check (is_premium = (price_minor is not null)),
  add constraint messages_bought_stays check (purchased_at is null or deleted_at is null);

alter table message_versions
  add constraint message_versions_body_length check (char_length(body) <= 10000);

alter table message_media
  add constraint message_media_position_range check (position between 0 and 99);

alter table mass_messages
  add constraint mass_messages_spent_over_minor_range check (spent_over_minor > 0),
  add constraint mass_messages_body_length check (char_length(body) <= 10000),
  add constraint mass_messages_teaser_length check (char_length(teaser) <= 500),
  add constraint mass_messages_price_minor_range check (price_minor > 0),
  add constraint mass_messages_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint mass_messages_recipient_count_range check (recipient_count >= 0),
  add constraint mass_messages_sent_count_range check (sent_count >= 0),
  add constraint mass_messages_skipped_count_range check (skipped_count >= 0),
  add constraint mass_messages_version_range check (version > 0),
  add constraint mass_messages_list_named check ((segment = 'list') = (list_id is not null)),
  add constraint mass_messages_sum_named check ((segment = 'spent_over') = (spent_over_minor is not null)),
  add constraint mass_messages_amounts_have_currency check (
    num_nonnulls(price_minor, spent_over_minor) = 0 or currency is not null
  );

alter table mass_message_media
  add constraint mass_message_media_position_range check (position between 0 and 99);

alter table mass_message_recipients
  add constraint mass_message_recipients_sent_or_skipped check (num_nonnulls(message_id, skipped_reason) <= 1);

alter table fan_lists
  add constraint fan_lists_name_length check (char_length(name) between 1 and 80);

alter table live_streams
  add constraint live_streams_price_minor_range check (price_minor > 0),
  add constraint live_streams_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint live_streams_planned_minutes_range check (planned_minutes between 1 and 1440),
  add constraint live_streams_delivered_seconds_range check (delivered_seconds >= 0),
  add constraint live_streams_current_viewers_range check (current_viewers >= 0),
  add constraint live_streams_peak_viewers_range check (peak_viewers >= 0),
  add constraint live_streams_total_viewers_range check (total_viewers >= 0),
  add constraint live_streams_watch_seconds_range check (watch_seconds >= 0),
  add constraint live_streams_last_chat_sequence_range check (last_chat_sequence >= 0),
  add constraint live_streams_slow_mode_seconds_range check (slow_mode_seconds between 0 and 3600),
  add constraint live_streams_version_range check (version > 0),
  add constraint live_streams_price_has_currency check ((price_minor is null) = (currency is null)),
  add constraint live_streams_premium_has_price check (is_premium = (price_minor is not null)),
  add constraint live_streams_ended_has_reason check ((ended_at is null) = (end_reason is null)),
  add constraint live_streams_ended check ((state in ('ended', 'cancelled')) = (ended_at is not null));

alter table stream_keys
  add constraint stream_keys_prefix_length check (char_length(prefix) between 4 and 12),
  add constraint stream_keys_key_hash_length check (octet_length(key_hash) = 32);

alter table stream_ingests
  add constraint stream_ingests_connection_id_length check (char_length(connection_id) between 1 and 200),
  add constraint stream_ingests_ip_length check (octet_length(ip) between 1 and 256),
  add constraint stream_ingests_end_reason_length check (char_length(end_reason) <= 200);

alter table stream_access
  add constraint stream_access_duration_seconds_range check (duration_seconds >= 0),
  add constraint stream_access_chat_count_range check (chat_count >= 0),
  add constraint stream_access_like_count_range check (like_count >= 0),
  add constraint stream_access_tip_count_range check (tip_count >= 0),
  add constraint stream_access_tip_minor_range check (tip_minor >= 0),
  add constraint stream_access_order check (left_at is null or left_at >= joined_at);

alter table stream_viewer_leases
  add constraint stream_viewer_leases_device_id_length check (char_length(device_id) between 1 and 64);

alter table stream_chat_messages
  add constraint stream_chat_messages_sequence_range check (sequence > 0),
  add constraint stream_chat_messages_body_length check (char_length(body) between 1 and 500);

alter table stream_sanctions
  add constraint stream_sanctions_reason_length check (char_length(reason) <= 500),
  add constraint stream_sanctions_not_oneself check (creator_id <> user_id);

alter table notifications
  add constraint notifications_sequence_range check (sequence > 0),
  add constraint notifications_group_key_length check (char_length(group_key) between 1 and 200),
  add constraint notifications_subject_type_length check (char_length(subject_type) between 1 and 63),
  add constraint notifications_event_id_range check (event_id > 0),
  add constraint notifications_payload_shape check (jsonb_typeof(payload) = 'object');

alter table notification_inboxes
  add constraint notification_inboxes_last_sequence_range check (last_sequence >= 0),
  add constraint notification_inboxes_read_sequence_range check (read_sequence >= 0),
  add constraint notification_inboxes_seen_sequence_range check (seen_sequence >= 0),
  add constraint notification_inboxes_watermarks check (
    read_sequence <= last_sequence and seen_sequence <= last_sequence
  );

alter table notification_preferences
  add constraint notification_preferences_moderation_stays_on check (
    enabled or type <> 'moderation_action' or channel <> 'in_app'
  );

alter table notification_settings
  add constraint notification_settings_quiet_from_minute_range check (quiet_from_minute between 0 and 1439),
  add constraint notification_settings_quiet_to_minute_range check (quiet_to_minute between 0 and 1439),
  add constraint notification_settings_time_zone_length check (char_length(time_zone) between 1 and 64),
  add constraint notification_settings_quiet_hours_whole check (
    (quiet_from_minute is null) = (quiet_to_minute is null)
  );

alter table announcements
  add constraint announcements_title_length check (char_length(title) between 1 and 200),
  add constraint announcements_body_length check (char_length(body) between 1 and 5000);

alter table moderation_cases
  add constraint moderation_cases_report_count_range check (report_count >= 0),
  add constraint moderation_cases_subject_version_range check (subject_version > 0),
  add constraint moderation_cases_version_range check (version > 0),
  add constraint moderation_cases_one_subject check (
    num_nonnulls(content_id, comment_id, message_id, stream_id) <= 1
    and num_nonnulls(content_id, comment_id, message_id, stream_id, user_id) >= 1
  ),
  add constraint moderation_cases_closed check ((status = 'closed') = (closed_at is not null));

alter table content_reports
  add constraint content_reports_description_length check (char_length(description) <= 2000),
  add constraint content_reports_resolution_length check (char_length(resolution) <= 2000),
  add constraint content_reports_version_range check (version > 0),
  add constraint content_reports_has_subject check (
    num_nonnulls(content_id, comment_id, message_id, stream_id) <= 1
    and num_nonnulls(content_id, comment_id, message_id, stream_id, reported_user_id) >= 1
  ),
  add constraint content_reports_resolved check ((status in ('resolved', 'dismissed')) = (resolved_at is not null)),
  add constraint content_reports_not_oneself check (reported_user_id is null or reported_user_id <> reporter_id);

alter table report_evidence
  add constraint report_evidence_snapshot_shape check (jsonb_typeof(snapshot) = 'object'),
  add constraint report_evidence_note_length check (char_length(note) <= 1000),
  add constraint report_evidence_something check (num_nonnulls(media_id, snapshot) >= 1);

alter table content_moderation_actions
  add constraint content_moderation_actions_reason_length check (char_length(reason) between 1 and 2000),
  add constraint content_moderation_actions_model_length check (char_length(model) <= 100),
  add constraint content_moderation_actions_undo_shape check (jsonb_typeof(undo) = 'object'),
  add constraint content_moderation_actions_one_subject check (
    num_nonnulls(content_id, comment_id, message_id, stream_id) = 1
  ),
  add constraint content_moderation_actions_machine_or_person check (is_automated = (moderator_id is null)),
  add constraint content_moderation_actions_machine_says_how_sure check (
    not is_automated or (confidence is not null and model is not null)
  ),
  add constraint content_moderation_actions_confidence_range check (confidence between 0 and 1);

alter table user_violations
  add constraint user_violations_points_range check (points between 0 and 100),
  add constraint user_violations_description_length check (char_length(description) between 1 and 2000),
  add constraint user_violations_evidence_shape check (jsonb_typeof(evidence) = 'object'),
  add constraint user_violations_lift_reason_length check (char_length(lift_reason) between 1 and 1000),
  add constraint user_violations_version_range check (version > 0),
  add constraint user_violations_suspension_ends check (action <> 'temporary_suspension' or ends_at is not null),
  add constraint user_violations_ban_does_not check (action <> 'permanent_ban' or ends_at is null),
  add constraint user_violations_order check (ends_at is null or ends_at > starts_at),
  add constraint user_violations_not_by_oneself check (issued_by_id is null or issued_by_id <> user_id),
  add constraint user_violations_lifted_whole check ((lifted_at is null) = (lift_reason is null));

alter table statements_of_reasons
  add constraint statements_of_reasons_rule_length check (char_length(rule) between 1 and 200),
  add constraint statements_of_reasons_facts_length check (char_length(facts) between 1 and 4000),
  add constraint statements_of_reasons_consequence_length check (char_length(consequence) between 1 and 1000),
  add constraint statements_of_reasons_one_decision check (num_nonnulls(action_id, violation_id) = 1);

alter table appeals
  add constraint appeals_body_length check (char_length(body) between 1 and 4000),
  add constraint appeals_decision_length check (char_length(decision) between 1 and 4000),
  add constraint appeals_decided check ((status in ('upheld', 'overturned')) = (decided_at is not null)),
  add constraint appeals_not_by_oneself check (decided_by_id is null or decided_by_id <> user_id);

alter table staff_notes
  add constraint staff_notes_body_length check (char_length(body) between 1 and 4000);

alter table content_analytics
  add constraint content_analytics_duration_ms_range check (duration_ms >= 0),
  add constraint content_analytics_dedupe_key_length check (octet_length(dedupe_key) between 16 and 32),
  add constraint content_analytics_country_code_code check (country_code ~ '^[A-Z]{2}$'),
  add constraint content_analytics_region_length check (char_length(region) <= 100),
  add constraint content_analytics_city_length check (char_length(city) <= 100),
  add constraint content_analytics_browser_length check (char_length(browser) <= 60),
  add constraint content_analytics_os_length check (char_length(os) <= 60),
  add constraint content_analytics_referrer_length check (char_length(referrer) <= 200),
  add constraint content_analytics_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint content_analytics_event_id_range check (event_id > 0),
  add constraint content_analytics_metadata_shape check (jsonb_typeof(metadata) = 'object');

alter table user_analytics
  add constraint user_analytics_country_code_code check (country_code ~ '^[A-Z]{2}$'),
  add constraint user_analytics_region_length check (char_length(region) <= 100),
  add constraint user_analytics_city_length check (char_length(city) <= 100),
  add constraint user_analytics_browser_length check (char_length(browser) <= 60),
  add constraint user_analytics_os_length check (char_length(os) <= 60),
  add constraint user_analytics_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint user_analytics_event_id_range check (event_id > 0),
  add constraint user_analytics_metadata_shape check (jsonb_typeof(metadata) = 'object');

alter table revenue_analytics
  add constraint revenue_analytics_currency_code check (currency ~ '^[A-Z]{3}$'),
  add constraint revenue_analytics_metadata_shape check (jsonb_typeof(metadata) = 'object'),
  add constraint revenue_analytics_adds_up check (gross_amount = platform_fee + creator_earnings);

alter table consents
  add constraint consents_document_version_length check (char_length(document_version) between 1 and 40),
  add constraint consents_ip_hash_length check (octet_length(ip_hash) = 32);

alter table export_requests
  add constraint export_requests_progress_shape check (jsonb_typeof(progress) = 'object'),
  add constraint export_requests_download_hash_length check (octet_length(download_hash) = 32),
  add constraint export_requests_failure_reason_length check (char_length(failure_reason) between 1 and 1000);

alter table erasure_requests
  add constraint erasure_requests_reason_length check (char_length(reason) between 1 and 1000),
  add constraint erasure_requests_progress_shape check (jsonb_typeof(progress) = 'object'),
  add constraint erasure_requests_kept_grounds_shape check (jsonb_typeof(kept_grounds) = 'object'),
  add constraint erasure_requests_done check ((state = 'done') = (finished_at is not null));

alter table legal_holds
  add constraint legal_holds_reason_length check (char_length(reason) between 1 and 2000),
  add constraint legal_holds_has_subject check (num_nonnulls(user_id, content_id, message_id, media_id) >= 1);

alter table retention_runs
  add constraint retention_runs_data_class_length check (char_length(data_class) between 1 and 60),
  add constraint retention_runs_removed_count_range check (removed_count >= 0),
  add constraint retention_runs_archived_count_range check (archived_count >= 0),
  add constraint retention_runs_cursor_length check (char_length(cursor) <= 200);

alter table app_clock
  add constraint app_clock_only_row check (id = 1);

alter table idempotency_records
  add constraint idempotency_records_scope_length check (char_length(scope) between 1 and 100),
  add constraint idempotency_records_mutation_length check (char_length(mutation) between 1 and 100),
  add constraint idempotency_records_key_length check (char_length(key) between 1 and 200),
  add constraint idempotency_records_request_hash_length check (octet_length(request_hash) = 32),
  add constraint idempotency_records_done_has_answer check (
    (state = 'done') = (finished_at is not null) and (state = 'in_flight' or answer is not null)
  );

alter table event_streams
  add constraint event_streams_stream_length check (char_length(stream) between 1 and 200),
  add constraint event_streams_last_sequence_range check (last_sequence >= 0);

alter table outbox_events
  add constraint outbox_events_stream_length check (char_length(stream) between 1 and 200),
  add constraint outbox_events_sequence_range check (sequence > 0),
  add constraint outbox_events_type_length check (char_length(type) between 1 and 100),
  add constraint outbox_events_payload_shape check (jsonb_typeof(payload) = 'object'),
  add constraint outbox_events_request_id_length check (char_length(request_id) <= 64);

alter table worker_heartbeats
  add constraint worker_heartbeats_worker_id_length check (char_length(worker_id) between 1 and 100),
  add constraint worker_heartbeats_host_length check (char_length(host) between 1 and 255),
  add constraint worker_heartbeats_process_id_range check (process_id >= 0);

-- One of a kind.
create unique index user_keys_one_active_key
  on user_keys (user_id)
  where retired_at is null and destroyed_at is null;

create unique index user_profiles_one_current_key
  on user_profiles (user_id)
  where is_current;

create unique index totp_credentials_one_active_key
  on totp_credentials (user_id)
  where disabled_at is null and confirmed_at is not null;

create unique index age_verifications_one_pending_key
  on age_verifications (user_id)
  where status = 'pending';

create unique index one_time_tokens_one_open_key
  on one_time_tokens (user_id, kind)
  where used_at is null and superseded_at is null;

create unique index entitlement_grants_one_per_purchase_key
  on entitlement_grants (purchase_id)
  where purchase_id is not null;

create unique index entitlement_grants_one_per_period_key
  on entitlement_grants (subscription_id, starts_at)
  where subscription_id is not null;

create unique index payment_methods_one_default_key
  on payment_methods (user_id)
  where is_default and removed_at is null;

create unique index payout_accounts_one_default_key
  on payout_accounts (creator_id)
  where is_default and removed_at is null;

create unique index fee_rates_one_in_force_key
  on fee_rates (creator_id, type) nulls not distinct
  where valid_to is null;

create unique index price_versions_one_offered_key
  on price_versions (creator_id, type, months) nulls not distinct
  where retired_at is null;

create unique index purchases_one_per_content_key
  on purchases (buyer_id, content_id)
  where content_id is not null and state in ('pending', 'paid');

create unique index purchases_one_per_message_key
  on purchases (buyer_id, message_id)
  where message_id is not null and state in ('pending', 'paid');

create unique index purchases_one_per_stream_key
  on purchases (buyer_id, stream_id)
  where stream_id is not null and state in ('pending', 'paid');

create unique index transactions_one_sale_per_intent_key
  on transactions (payment_intent_id)
  where payment_intent_id is not null and status = 'succeeded' and reverses_id is null;

create unique index transactions_one_per_refund_key
  on transactions (refund_id)
  where refund_id is not null and status = 'succeeded';

create unique index transactions_one_per_payout_key
  on transactions (payout_id)
  where payout_id is not null and status = 'succeeded' and reverses_id is null;

create unique index disputes_one_open_key
  on disputes (transaction_id)
  where state in ('open', 'under_review');

create unique index subscriptions_one_live_key
  on subscriptions (subscriber_id, creator_id)
  where ended_at is null;

create unique index live_streams_one_on_air_key
  on live_streams (creator_id)
  where state in ('live', 'interrupted');

create unique index stream_ingests_one_encoder_key
  on stream_ingests (stream_id)
  where ended_at is null;

create unique index stream_access_one_present_key
  on stream_access (stream_id, user_id)
  where left_at is null;

create unique index moderation_cases_one_open_content_key
  on moderation_cases (content_id)
  where status <> 'closed' and content_id is not null;

create unique index moderation_cases_one_open_comment_key
  on moderation_cases (comment_id)
  where status <> 'closed' and comment_id is not null;

create unique index moderation_cases_one_open_message_key
  on moderation_cases (message_id)
  where status <> 'closed' and message_id is not null;

create unique index moderation_cases_one_open_stream_key
  on moderation_cases (stream_id)
  where status <> 'closed' and stream_id is not null;

create unique index moderation_cases_one_open_user_key
  on moderation_cases (user_id)
  where status <> 'closed' and num_nonnulls(content_id, comment_id, message_id, stream_id) = 0;

create unique index export_requests_one_open_key
  on export_requests (user_id)
  where state in ('requested', 'running');

create unique index erasure_requests_one_open_key
  on erasure_requests (user_id)
  where state in ('requested', 'held', 'running');

-- What the real queries look for.
create index users_username_trgm_idx on users using gin (lower(username::text) gin_trgm_ops);
create index users_display_name_trgm_idx on users using gin (lower(display_name) gin_trgm_ops);
create index users_purge_idx on users (purge_after) where purge_after is not null and erased_at is null;
create index user_sessions_live_idx on user_sessions (user_id, last_used_at desc) where revoked_at is null;
create index outbox_events_open_idx on outbox_events (id) where dispatched_at is null;
create index media_assets_purge_idx on media_assets (purge_after) where purge_after is not null;

create index follows_followers_idx
  on follows (following_id, followed_at desc, id desc)
  where unfollowed_at is null;

create index follows_following_idx
  on follows (follower_id, followed_at desc, id desc)
  where unfollowed_at is null;

create index content_feed_idx
  on content (publish_at desc, id desc)
  where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null;

create index content_creator_feed_idx
  on content (creator_id, publish_at desc, id desc)
  where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null;

create index content_unannounced_idx
  on content (publish_at)
  where publish_at is not null and announced_at is null and deleted_at is null;

-- what the cleaning of sessions goes by
create index user_sessions_revoked_idx on user_sessions (revoked_at) where revoked_at is not null;
create index refresh_tokens_used_idx on refresh_tokens (used_at) where used_at is not null;

create index content_purge_idx on content (purge_after) where purge_after is not null;

create index subscriptions_due_idx
  on subscriptions (next_charge_at)
  where next_charge_at is not null and ended_at is null;

create index payment_intents_open_idx on payment_intents (last_attempt_at) where settled_at is null;

create index mass_message_recipients_open_idx
  on mass_message_recipients (mass_message_id, user_id)
  where handled_at is null;

-- Rows that are rewritten far oftener than they are made: room on the page keeps their indexes untouched.
alter table content set (fillfactor = 85);
alter table comments set (fillfactor = 85);
alter table user_counters set (fillfactor = 70);
alter table event_streams set (fillfactor = 70);
alter table notification_inboxes set (fillfactor = 70);
alter table conversation_participants set (fillfactor = 85);
alter table ledger_accounts set (fillfactor = 70);
alter table stream_viewer_leases set (fillfactor = 70);

-- Whoever writes a row may set updated_at; whoever does not gets it set.
create function app_touch() returns trigger
language plpgsql
as $$
begin
  if new.updated_at is not distinct from old.updated_at then
    new.updated_at := public.app_now();
  end if;
  return new;
end
$$;

create trigger users_touch before update on users
  for each row execute function app_touch();
create trigger follow_preferences_touch before update on follow_preferences
  for each row execute function app_touch();
create trigger comment_settings_touch before update on comment_settings
  for each row execute function app_touch();
create trigger payment_intents_touch before update on payment_intents
  for each row execute function app_touch();
create trigger payment_methods_touch before update on payment_methods
  for each row execute function app_touch();
create trigger purchases_touch before update on purchases
  for each row execute function app_touch();
create trigger refunds_touch before update on refunds
  for each row execute function app_touch();
create trigger disputes_touch before update on disputes
  for each row execute function app_touch();
create trigger payout_accounts_touch before update on payout_accounts
  for each row execute function app_touch();
create trigger payouts_touch before update on payouts
  for each row execute function app_touch();
create trigger ledger_accounts_touch before update on ledger_accounts
  for each row execute function app_touch();
create trigger wallets_touch before update on wallets
  for each row execute function app_touch();
create trigger finance_cases_touch before update on finance_cases
  for each row execute function app_touch();
create trigger webhook_endpoints_touch before update on webhook_endpoints
  for each row execute function app_touch();
create trigger subscriptions_touch before update on subscriptions
  for each row execute function app_touch();
create trigger subscription_periods_touch before update on subscription_periods
  for each row execute function app_touch();
create trigger promotions_touch before update on promotions
  for each row execute function app_touch();
create trigger tips_touch before update on tips
  for each row execute function app_touch();
create trigger conversations_touch before update on conversations
  for each row execute function app_touch();
create trigger conversation_participants_touch before update on conversation_participants
  for each row execute function app_touch();
create trigger mass_messages_touch before update on mass_messages
  for each row execute function app_touch();
create trigger fan_lists_touch before update on fan_lists
  for each row execute function app_touch();
create trigger stream_access_touch before update on stream_access
  for each row execute function app_touch();
create trigger notification_preferences_touch before update on notification_preferences
  for each row execute function app_touch();
create trigger notification_settings_touch before update on notification_settings
  for each row execute function app_touch();
create trigger moderation_cases_touch before update on moderation_cases
  for each row execute function app_touch();
create trigger content_reports_touch before update on content_reports
  for each row execute function app_touch();
create trigger user_violations_touch before update on user_violations
  for each row execute function app_touch();
create trigger appeals_touch before update on appeals
  for each row execute function app_touch();
create trigger export_requests_touch before update on export_requests
  for each row execute function app_touch();
create trigger erasure_requests_touch before update on erasure_requests
  for each row execute function app_touch();

-- Append-only tables. Privileges say it to the application role; these say it to everybody, the owner too.
create function app_refuse_change() returns trigger
language plpgsql
as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege', constraint = 'append_only';
end
$$;

create trigger audit_logs_refuse_change
  before update or delete on audit_logs
  for each row execute function app_refuse_change();
create trigger audit_logs_refuse_truncate
  before truncate on audit_logs
  for each statement execute function app_refuse_change();

create trigger transactions_refuse_change
  before update or delete on transactions
  for each row execute function app_refuse_change();
create trigger transactions_refuse_truncate
  before truncate on transactions
  for each statement execute function app_refuse_change();

create trigger journal_transactions_refuse_change
  before update or delete on journal_transactions
  for each row execute function app_refuse_change();
create trigger journal_transactions_refuse_truncate
  before truncate on journal_transactions
  for each statement execute function app_refuse_change();

create trigger ledger_entries_refuse_change
  before update or delete on ledger_entries
  for each row execute function app_refuse_change();
create trigger ledger_entries_refuse_truncate
  before truncate on ledger_entries
  for each statement execute function app_refuse_change();

-- Every journal transaction sums to zero in each currency. Checked at commit, when all its entries are there.
create function app_check_entries() returns trigger
language plpgsql
as $$
begin
  if exists (
    select from public.ledger_entries
    where journal_transaction_id = new.journal_transaction_id
    group by currency
    having sum(amount_minor) <> 0
  ) then
    raise exception 'journal transaction % does not sum to zero', new.journal_transaction_id
      using errcode = 'check_violation', table = tg_table_name, constraint = 'ledger_entries_sum_zero';
  end if;
  return null;
end
$$;

create constraint trigger ledger_entries_sum_zero
  after insert on ledger_entries
  deferrable initially deferred
  for each row execute function app_check_entries();

create function app_check_journal() returns trigger
language plpgsql
as $$
begin
  if not exists (select from public.ledger_entries where journal_transaction_id = new.id) then
    raise exception 'journal transaction % has no entries', new.id
      using errcode = 'check_violation', table = tg_table_name, constraint = 'journal_transactions_has_entries';
  end if;
  return null;
end
$$;

create constraint trigger journal_transactions_has_entries
  after insert on journal_transactions
  deferrable initially deferred
  for each row execute function app_check_journal();
