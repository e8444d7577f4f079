"""Who comes in with a session: person, roles in force, their tenants and places, in one call with a plan kept ready."""

from django.db import migrations

from falin.kernel.database.operations import shared_sql

# In plpgsql for its plans: PostgreSQL plans a statement of four tables anew each time it is sent (three times as long as
# running it), and a pooler in transaction mode keeps no prepared statements. `below` is what a role reaches in a county:
# a community itself, a street with its communities; empty where the role reaches the whole tenant or sits higher up.
SIGNED_IN = """
create or replace function public.signed_in(who bigint, on_day date) returns table (
    username text, name text, password text, must_change_password bool,
    role text, node_id bigint, subject_id text, tenant_id bigint, schema_name text, tenant_name text,
    tenant_node bigint, tenant_kind text, tenant_state text, place text, level int, below bigint[]
) language plpgsql stable as $$
begin
    return query
    select p.username::text, p.name::text, p.password::text, p.must_change_password,
        b.role::text, b.node_id, b.subject_id::text, b.tenant_id, t.schema_name::text, t.name::text,
        t.node_id, t.kind::text, t.state::text, v.name::text, v.level::int,
        case when t.kind <> 'county' or t.node_id = b.node_id then null
            when v.level = 5 then array[b.node_id]
            when v.level = 4 then array(
                select d.node_id from public.divisions_divisionversion d
                where d.street_id = b.node_id and d.valid_to is null
            ) end
    from public.identity_person p
    left join public.identity_binding b on b.person_id = p.id and b.ended_at is null
        and b.valid_from <= on_day and (b.valid_to is null or b.valid_to >= on_day)
    left join public.registry_tenant t on t.id = b.tenant_id
    left join public.divisions_divisionversion v on v.node_id = b.node_id and v.valid_to is null
    where p.id = who and p.is_active;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0001_initial"),
        ("registry", "0001_initial"),
        ("divisions", "0001_the_tree_of_places"),
    ]
    operations = [shared_sql(SIGNED_IN, "drop function public.signed_in(bigint, date)")]
