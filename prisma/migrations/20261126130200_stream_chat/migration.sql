-- The words of a tip are said once.
create unique index stream_chat_messages_one_per_tip_key
  on stream_chat_messages (tip_id)
  where tip_id is not null;
