"""The one way a scope is set, and rows that are never changed."""

from django.db import migrations

from falin.kernel.database.operations import AppendOnly, shared_sql

# SET LOCAL through EXECUTE, never set_config(): distributed PostgreSQL carries SET LOCAL to the node that holds a county's
# schema and does not carry set_config().
ENTER = """
create or replace function public.enter(
    tenant text, nodes text, roots text, subject text, whole bool, read_only bool
) returns void language plpgsql as $$
begin
    execute format('set local search_path = %I, public', tenant);
    execute format('set local app.tenant = %L', tenant);
    execute format('set local app.nodes = %L', nodes);
    execute format('set local app.roots = %L', roots);
    execute format('set local app.subject = %L', subject);
    execute format('set local app.whole = %L', case when whole then 'on' else 'off' end);
    if read_only then execute 'set local transaction_read_only = on'; end if;
end $$
"""

# One round trip tells the relay which tenants have something to deliver.
WAITING = """
create or replace function public.outbox_waiting(tenants text[]) returns setof text language plpgsql stable as $$
declare tenant text; found bool;
begin
    foreach tenant in array tenants loop
        execute format('select exists (select 1 from %I.kernel_outboxevent where delivered_at is null)', tenant) into found;
        if found then return next tenant; end if;
    end loop;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        shared_sql(ENTER, "drop function public.enter(text, text, text, text, bool, bool)"),
        shared_sql(WAITING, "drop function public.outbox_waiting(text[])"),
        AppendOnly("auditentry"),
    ]
