-- Why a subscription is not renewed, where its subscriber did not cancel it.
alter table subscriptions add column stopped_reason subscription_end_reason;
