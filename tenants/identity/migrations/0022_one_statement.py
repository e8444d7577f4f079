"""
A session, who came in by it, and all that a request must know of him before it may say yes or no: in one call.

`who_is_in` says beside what `signed_in` says: what every role reaches, a city's officer's bodies too (`below`); where its
place lies on the day (`path`: itself and all above it), for a rule may part two roles by that; by which emergencies an
operator looks into a body; and the language the person chose. `signed_in` and `came_in` stay as they are for processes
of the release before, which know them by their columns; a later release drops them.
"""

from django.db import migrations

from falin.kernel.database.operations import shared_sql

# In plpgsql for its plans, as before (0002). `below` is empty where a role reaches its whole body, or belongs to none.
# In a province's own schema lie rows of the province, its cities and county bodies: a city reaches those below it.
WHO_IS_IN = """
create function public.who_is_in(who bigint, moment timestamptz, on_day date) returns table (
    username text, name text, password text, must_change_password bool, session_epoch int, language text,
    role text, node_id bigint, subject_id text, tenant_id bigint, schema_name text, tenant_name text,
    tenant_node bigint, tenant_kind text, tenant_state text, place text, level int, below bigint[], path bigint[],
    emergency bigint
) language plpgsql stable as $$
begin
    return query
    select p.username::text, p.name::text, p.password::text, p.must_change_password, p.session_epoch, p.language::text,
        b.role::text, b.node_id, b.subject_id::text, b.tenant_id, t.schema_name::text, t.name::text,
        t.node_id, t.kind::text, t.state::text, v.name::text, v.level::int,
        case when t.id is null or t.node_id = b.node_id then null
            when t.kind = 'province' then b.node_id || array(
                select d.node_id from public.divisions_divisionversion d
                where (d.city_id = b.node_id or d.county_id = b.node_id) and d.level in (2, 3) and d.is_county_body
                    and d.valid_to is null
            )
            when v.level = 5 then array[b.node_id]
            when v.level = 4 then array(
                select d.node_id from public.divisions_divisionversion d
                where d.street_id = b.node_id and d.valid_to is null
            )
            else array(
                select d.node_id from public.divisions_divisionversion d
                where (d.city_id = b.node_id or d.county_id = b.node_id or d.street_id = b.node_id or d.node_id = b.node_id)
                    and d.valid_to is null
            ) end,
        case when v.valid_from <= on_day
            then array_remove(array[v.node_id, v.province_id, v.city_id, v.county_id, v.street_id], null)
            else (
                select array_remove(array[d.node_id, d.province_id, d.city_id, d.county_id, d.street_id], null)
                from public.divisions_divisionversion d
                where d.node_id = b.node_id and d.valid_from <= on_day and d.valid_to > on_day
            ) end,
        null::bigint
    from public.identity_person p
    left join public.identity_binding b on b.person_id = p.id and b.ended_at is null and b.standing = 'confirmed'
        and b.valid_from <= on_day and (b.valid_to is null or b.valid_to >= on_day)
    left join public.registry_tenant t on t.id = b.tenant_id
    left join public.divisions_divisionversion v on v.node_id = b.node_id and v.valid_to is null
    where p.id = who and p.is_active
    union all
    select p.username::text, p.name::text, p.password::text, p.must_change_password, p.session_epoch, p.language::text,
        'operator', t.node_id, '', t.id, t.schema_name::text, t.name::text, t.node_id, t.kind::text, t.state::text,
        t.name::text, case when t.kind = 'county' then 3 else 1 end, null, null, e.id
    from public.identity_emergency e
    join public.identity_person p on p.id = e.operator_id
    join public.registry_tenant t on t.id = e.tenant_id
    where e.operator_id = who and e.ends_at > moment and e.ended_at is null and p.is_active;
end $$
"""

# One row for each role, as before (0019). PostgreSQL does not know that it names the columns of `who_is_in`: whoever
# changes one makes both anew, under new names.
WHO_CAME_IN = """
create function public.who_came_in(key text, moment timestamptz, on_day date) returns table (
    session_data text, expire_date timestamptz, seen_at timestamptz, person_id bigint, nth bigint,
    username text, name text, password text, must_change_password bool, session_epoch int, language text,
    role text, node_id bigint, subject_id text, tenant_id bigint, schema_name text, tenant_name text,
    tenant_node bigint, tenant_kind text, tenant_state text, place text, level int, below bigint[], path bigint[],
    emergency bigint
) language plpgsql stable as $$
begin
    return query
    select case when coalesce(who.nth, 1) = 1 then s.session_data end, s.expire_date, s.seen_at, s.person_id, who.nth,
        who.username, who.name, who.password, who.must_change_password, who.session_epoch, who.language, who.role,
        who.node_id, who.subject_id, who.tenant_id, who.schema_name, who.tenant_name, who.tenant_node, who.tenant_kind,
        who.tenant_state, who.place, who.level, who.below, who.path, who.emergency
    from public.identity_session s
    left join lateral public.who_is_in(s.person_id, moment, on_day) with ordinality as who (
        username, name, password, must_change_password, session_epoch, language, role, node_id, subject_id, tenant_id,
        schema_name, tenant_name, tenant_node, tenant_kind, tenant_state, place, level, below, path, emergency, nth
    ) on true
    where s.session_key = key and s.expire_date > moment
    order by who.nth;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0021_language")]
    operations = [
        shared_sql(WHO_IS_IN, "drop function public.who_is_in(bigint, timestamptz, date)"),
        shared_sql(WHO_CAME_IN, "drop function public.who_came_in(text, timestamptz, date)"),
    ]
