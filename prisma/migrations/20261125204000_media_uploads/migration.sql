-- What uploading and sweeping files need beside their rows.

alter table media_assets
  add column declared_sha256 bytea,
  add constraint media_assets_declared_sha256_length check (octet_length(declared_sha256) = 32);

-- what is being prepared is little, and looked for by its age
create index media_assets_processing_idx on media_assets (uploaded_at) where state in ('uploaded', 'scanned');

create index users_erased_idx on users (erased_at) where erased_at is not null;
