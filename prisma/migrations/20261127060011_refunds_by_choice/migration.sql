-- What a refund closed because somebody asked for it stays closed when another refund of the same payment comes back.
alter table refunds add column closes_by_choice boolean not null default false;

-- Of those that there are: somebody asked for it, and something of the price was left.
update refunds r set closes_by_choice = true
from payment_intents p
where p.id = r.payment_intent_id and r.revokes_access and r.requested_by_id is not null and r.amount_minor < p.captured_minor;
