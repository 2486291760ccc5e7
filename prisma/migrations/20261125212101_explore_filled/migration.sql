-- What was there before.

select app_refresh_explore_posts(array_agg(id)) from content where publish_at is not null;
select app_refresh_explore_creators(array_agg(id)) from users where account_type = 'creator';
