"""One round trip says how much of what all share each tenant has taken: bytes of files, jobs asked for since a moment."""

from django.db import migrations

from falin.kernel.database.operations import shared_sql

TAKEN = """
create or replace function public.taken_by(tenants text[], since timestamptz)
returns table (tenant text, bytes bigint, jobs bigint) language plpgsql stable as $$
begin
    foreach tenant in array tenants loop
        continue when to_regclass(format('%I.kernel_job', tenant)) is null;
        execute format('select coalesce(sum(size), 0) from %I.kernel_storedfile', tenant) into bytes;
        execute format('select count(*) from %I.kernel_job where created_at >= $1 and person_id <> 0', tenant)
            into jobs using since;
        return next;
    end loop;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("settings", "0001_what_levels_said"), ("kernel", "0005_webhooks")]
    operations = [shared_sql(TAKEN, "drop function public.taken_by(text[], timestamptz)")]
