"""A session and who came in by it, read by a function: PostgreSQL plans it once for each connection, not at each request."""

from django.db import migrations

from falin.kernel.database.operations import shared_sql

# One row for each role the person holds; the session's data, which can be long, stands in the first alone. PostgreSQL does
# not know that it names the columns of ``signed_in``: whoever changes one makes both anew.
CAME_IN = """
create function public.came_in(key text, moment timestamptz, on_day date) returns table (
    session_data text, expire_date timestamptz, seen_at timestamptz, person_id bigint, nth bigint,
    username text, name text, password text, must_change_password bool, session_epoch int,
    role text, node_id bigint, subject_id text, tenant_id bigint, schema_name text, tenant_name text,
    tenant_node bigint, tenant_kind text, tenant_state text, place text, level int, below bigint[]
) language plpgsql stable as $$
begin
    return query
    select case when coalesce(who.nth, 1) = 1 then s.session_data end, s.expire_date, s.seen_at, s.person_id, who.nth,
        who.username, who.name, who.password, who.must_change_password, who.session_epoch, who.role, who.node_id,
        who.subject_id, who.tenant_id, who.schema_name, who.tenant_name, who.tenant_node, who.tenant_kind,
        who.tenant_state, who.place, who.level, who.below
    from public.identity_session s
    left join lateral public.signed_in(s.person_id, on_day) with ordinality as who (
        username, name, password, must_change_password, session_epoch, role, node_id, subject_id, tenant_id, schema_name,
        tenant_name, tenant_node, tenant_kind, tenant_state, place, level, below, nth
    ) on true
    where s.session_key = key and s.expire_date > moment
    order by who.nth;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0018_corrections_asked")]
    operations = [shared_sql(CAME_IN, "drop function public.came_in(text, timestamptz, date)")]
