-- A proof of age ends by itself: statements compare its end with the time, and no job has to come first.

alter table users
  add column age_verified_until timestamptz(3);

alter table users
  add constraint users_age_verified_until check (age_verified_until is null or age_verified);
