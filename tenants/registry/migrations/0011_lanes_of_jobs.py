"""
Whose turn it is in one lane of jobs: those of the kinds that are named, or all others. The function without lanes stays for
workers of the release before.
"""

from django.db import migrations

from falin.kernel.database.operations import shared_sql

TURNS = """
create or replace function public.jobs_waiting(tenants text[], kinds text[], named boolean)
returns table (tenant text, job uuid, asked timestamptz, running bigint, served timestamptz) language plpgsql stable as $$
begin
    foreach tenant in array tenants loop
        continue when to_regclass(format('%I.kernel_job', tenant)) is null;
        execute format(
            'select (array_agg(id order by created_at, id) filter (where state = ''queued''))[1],'
            ' min(created_at) filter (where state = ''queued''), count(*) filter (where state = ''running'')'
            ' from %I.kernel_job where state in (''queued'', ''running'') and (kind = any($1)) = $2', tenant)
            into job, asked, running using kinds, named;
        continue when job is null;
        execute format('select max(heartbeat_at) from %I.kernel_job where (kind = any($1)) = $2', tenant)
            into served using kinds, named;
        return next;
    end loop;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_copies_left_behind")]
    operations = [shared_sql(TURNS, "drop function public.jobs_waiting(text[], text[], boolean)")]
