"""One round trip says which tenants have jobs waiting: the oldest of each, how many run, and when one was last served."""

from django.db import migrations

from falin.kernel.database.operations import shared_sql

TURNS = """
create or replace function public.jobs_waiting(tenants text[])
returns table (tenant text, job uuid, asked timestamptz, running bigint, served timestamptz) language plpgsql stable as $$
begin
    foreach tenant in array tenants loop
        continue when to_regclass(format('%I.kernel_job', tenant)) is null;
        execute format(
            'select (array_agg(id order by created_at, id) filter (where state = ''queued''))[1],'
            ' min(created_at) filter (where state = ''queued''), count(*) filter (where state = ''running'')'
            ' from %I.kernel_job where state in (''queued'', ''running'')', tenant) into job, asked, running;
        continue when job is null;
        execute format('select max(heartbeat_at) from %I.kernel_job', tenant) into served;
        return next;
    end loop;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_receipts_stay")]
    operations = [shared_sql(TURNS, "drop function public.jobs_waiting(text[])")]
