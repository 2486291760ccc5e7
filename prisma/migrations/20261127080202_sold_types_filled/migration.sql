-- What was there before. The owner may add to a record what follows from it.

alter table transactions disable trigger transactions_refuse_change;

with recursive sold as (
  select id, type from transactions where reverses_id is null
  union all
  select t.id, sold.type from sold join transactions t on t.reverses_id = sold.id
)
update transactions t set sold_type = sold.type
from sold
where sold.id = t.id;

alter table transactions enable trigger transactions_refuse_change;
