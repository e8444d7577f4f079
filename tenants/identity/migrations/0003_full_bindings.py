"""Grants with a second person, deputies, hand-over and review; suspensions; invitations. Only what is in force counts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from falin.kernel.database.operations import shared_sql

ROLES = (
    "province_leader city_officer county_team county_finance street_officer liaison adviser firm_manager inspector auditor"
    " evaluator data_steward resident system_administrator security_administrator audit_administrator operator"
).split()
STANDINGS = ["proposed", "confirmed", "refused"]

# As before, and: a binding counts once it is confirmed; the session's epoch comes along.
SIGNED_IN = """
drop function public.signed_in(bigint, date);
create function public.signed_in(who bigint, on_day date) returns table (
    username text, name text, password text, must_change_password bool, session_epoch int,
    role text, node_id bigint, subject_id text, tenant_id bigint, schema_name text, tenant_name text,
    tenant_node bigint, tenant_kind text, tenant_state text, place text, level int, below bigint[]
) language plpgsql stable as $$
begin
    return query
    select p.username::text, p.name::text, p.password::text, p.must_change_password, p.session_epoch,
        b.role::text, b.node_id, b.subject_id::text, b.tenant_id, t.schema_name::text, t.name::text,
        t.node_id, t.kind::text, t.state::text, v.name::text, v.level::int,
        case when t.kind <> 'county' or t.node_id = b.node_id then null
            when v.level = 5 then array[b.node_id]
            when v.level = 4 then array(
                select d.node_id from public.divisions_divisionversion d
                where d.street_id = b.node_id and d.valid_to is null
            ) end
    from public.identity_person p
    left join public.identity_binding b on b.person_id = p.id and b.ended_at is null and b.standing = 'confirmed'
        and b.valid_from <= on_day and (b.valid_to is null or b.valid_to >= on_day)
    left join public.registry_tenant t on t.id = b.tenant_id
    left join public.divisions_divisionversion v on v.node_id = b.node_id and v.valid_to is null
    where p.id = who and p.is_active;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_signed_in")]
    operations = [
        migrations.AddField("person", "session_epoch", models.PositiveIntegerField(default=0)),
        migrations.AlterField(
            "binding", "role", models.CharField(choices=[(role, role) for role in ROLES], max_length=32)
        ),
        migrations.AddField("binding", "ended_by", models.BigIntegerField(null=True)),
        migrations.AddField("binding", "ended_why", models.CharField(blank=True, max_length=200, default=""),
                            preserve_default=False),
        migrations.AddField(
            "binding", "standing",
            models.CharField(choices=[(one, one) for one in STANDINGS], default="confirmed", max_length=10),
        ),
        migrations.AddField("binding", "proposal", models.UUIDField(null=True)),
        migrations.AddField("binding", "granted_as", models.CharField(blank=True, max_length=32, default=""),
                            preserve_default=False),
        migrations.AddField("binding", "decided_by", models.BigIntegerField(null=True)),
        migrations.AddField("binding", "decided_at", models.DateTimeField(null=True)),
        migrations.AddField("binding", "reviewed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "binding", "acting_for",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="deputies",
                              to="identity.binding"),
        ),
        migrations.AddField(
            "binding", "takes_over",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="successors",
                              to="identity.binding"),
        ),
        migrations.RemoveConstraint("binding", "one_open_binding_of_a_role_at_a_place"),
        migrations.AddConstraint(
            "binding",
            models.UniqueConstraint(
                fields=["person", "role", "node_id", "subject_id", "standing"], condition=Q(ended_at__isnull=True),
                name="one_open_binding_of_a_role_at_a_place",
            ),
        ),
        migrations.AddConstraint(
            "binding",
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | Q(granted_by=0)
                | (~Q(decided_by=F("granted_by")) & ~Q(decided_by=F("person_id")) & ~Q(granted_by=F("person_id"))),
                name="two_others_decide_about_a_person",
            ),
        ),
        migrations.AddIndex(
            "binding",
            models.Index(fields=["proposal"], name="bindings_of_a_proposal", condition=Q(standing="proposed")),
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("begun_at", models.DateTimeField()),
                ("begun_by", models.BigIntegerField()),
                ("why", models.CharField(max_length=200)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.BigIntegerField(null=True)),
                ("ended_why", models.CharField(blank=True, max_length=200)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="suspensions",
                                             to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(condition=Q(ended_at__isnull=True), fields=["person"],
                                            name="one_open_suspension_of_a_person")
                ]
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("token_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.BigIntegerField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                             to=settings.AUTH_USER_MODEL)),
            ],
            options={"abstract": False},
        ),
        shared_sql(SIGNED_IN, "drop function public.signed_in(bigint, date)"),
    ]  # fmt: skip
