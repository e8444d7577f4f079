"""How a spare schema becomes a body's: one call, in the owner's name, on the connection that is open anyway."""

from django.conf import settings
from django.db import migrations

from falin.kernel.database.operations import quoted, shared_sql

# Renaming a schema is the owner's right. The application may have it done in this one way, so that a web server needs no
# address of the owner's, and no new connection (slower than all the rest). A second caller for the same place waits for
# the first one's row and is given that; what he had taken is put back by the inner block.
TAKE_SPARE = f"""
create or replace function public.take_spare(
    place bigint, body_kind text, body_name text, wanted text, moment timestamptz
) returns table (id bigint, schema_name text, node_id bigint, kind text, name text, state text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    spare text;
    number bigint;
    schema text;
begin
    if not exists (select from public.registry_tenant t where t.node_id = place) then
        begin
            delete from public.registry_spareschema s where s.name = (
                select x.name from public.registry_spareschema x where x.heads = wanted
                order by x.made_at limit 1 for update skip locked
            ) returning s.name into spare;
            if spare is null then return; end if;
            number := nextval(pg_get_serial_sequence('public.registry_tenant', 'id'));
            schema := 't' || lpad(number::text, greatest(5, length(number::text)), '0');
            insert into public.registry_tenant (id, schema_name, node_id, kind, name, state, provisioned_at)
                values (number, schema, place, body_kind, body_name, 'open', moment);
            execute format('alter schema %I rename to %I', spare, schema);
        exception when unique_violation then
            null;
        end;
    end if;
    return query select t.id, t.schema_name::text, t.node_id, t.kind::text, t.name::text, t.state::text
        from public.registry_tenant t where t.node_id = place;
end $$;
revoke all on function public.take_spare(bigint, text, text, text, timestamptz) from public;
grant execute on function public.take_spare(bigint, text, text, text, timestamptz) to {quoted(settings.APP_ROLE)};
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [shared_sql(TAKE_SPARE, "drop function public.take_spare(bigint, text, text, text, timestamptz)")]
