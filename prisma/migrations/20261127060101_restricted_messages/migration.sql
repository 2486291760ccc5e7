-- Messages that are only for people of proven age.

alter table messages add column is_age_restricted boolean not null default false;
alter table mass_messages add column is_age_restricted boolean not null default false;
