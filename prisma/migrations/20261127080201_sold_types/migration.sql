-- What was sold, also of what went back of it: a return is found with its sale.
alter table transactions add column sold_type transaction_type;

create function app_set_sold_type() returns trigger
language plpgsql
as $$
begin
  new.sold_type := coalesce((select sold_type from public.transactions where id = new.reverses_id), new.type);
  return new;
end
$$;

create trigger transactions_set_sold_type
  before insert on transactions
  for each row execute function app_set_sold_type();
