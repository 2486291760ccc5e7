-- Followers are told of a post, and of a broadcast that is on air.
alter table notification_fanouts add column type notification_type not null default 'new_content';
