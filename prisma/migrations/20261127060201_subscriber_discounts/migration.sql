-- What subscribers pay less of a message that is sent to many.

alter table mass_messages add column subscriber_discount_basis_points int;

alter table mass_messages add constraint mass_messages_discount check (
  subscriber_discount_basis_points is null
  or price_minor is not null and subscriber_discount_basis_points between 1 and 9000
);
