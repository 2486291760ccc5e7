-- What is still open of the purchases of a post is read without what is settled.

drop index purchases_content_id_idx;
create index purchases_content_id_state_removal_settled_at_idx on purchases (content_id, state, removal_settled_at);
