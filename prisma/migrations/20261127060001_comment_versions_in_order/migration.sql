-- What a comment said before, the newest first: read in its order.

drop index comment_versions_comment_id_valid_from_idx;
create index comment_versions_comment_id_valid_from_id_idx on comment_versions (comment_id, valid_from desc, id desc);
