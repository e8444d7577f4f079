"""One round trip says which tenants have events to deliver, another which have open jobs; a broken schema is passed by."""

from django.db import migrations

from falin.kernel.database.operations import shared_sql

AMONG = """
create or replace function public.{name}(tenants text[]) returns setof text language plpgsql stable as $$
declare tenant text; found bool;
begin
    foreach tenant in array tenants loop
        continue when to_regclass(format('%I.{table}', tenant)) is null;
        execute format('select exists (select 1 from %I.{table} where {waits})', tenant) into found;
        if found then return next tenant; end if;
    end loop;
end $$
"""
EVENTS = AMONG.format(name="outbox_waiting", table="kernel_outboxevent", waits="delivered_at is null")
JOBS = AMONG.format(name="jobs_open", table="kernel_job", waits="state in (''queued'', ''running'')")


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_scope_and_rights")]
    operations = [
        shared_sql(EVENTS, migrations.RunSQL.noop),
        shared_sql(JOBS, "drop function public.jobs_open(text[])"),
    ]
