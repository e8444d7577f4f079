"""
What the built-in home of sign-on keeps: sessions with their device, slowing down of guessers, one-time codes, emergency
access; and the table of Django's database cache, by which allauth's limits and used codes hold over processes.
"""

import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from falin.kernel.database.operations import shared_sql

PERSON = settings.AUTH_USER_MODEL
PROTECT = django.db.models.deletion.PROTECT
CACHE = """
create table public.falin_cache (
    cache_key varchar(255) primary key, value text not null, expires timestamptz not null
);
create index falin_cache_by_expiry on public.falin_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_full_bindings"), ("registry", "0002_taking_a_spare")]
    operations = [
        migrations.AddField("person", "second_factor_by", models.DateField(null=True)),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False,
                                                 verbose_name="session key")),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("person_id", models.BigIntegerField(null=True)),
                ("device", models.CharField(blank=True, max_length=60)),
                ("network", models.CharField(blank=True, max_length=50)),
                ("began_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False,
                "indexes": [models.Index(fields=["person_id"], name="sessions_of_a_person")],
            },
        ),
        migrations.CreateModel(
            name="Slowdown",
            fields=[
                ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField()),
                ("last_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("purpose", models.CharField(
                    choices=[(one, one) for one in ("password", "phone", "email")], max_length=10)),
                ("address_index", models.BinaryField(max_length=32)),
                ("address_sealed", models.BinaryField(default=bytes)),
                ("code_hash", models.BinaryField(max_length=32)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("used_at", models.DateTimeField(null=True)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=PERSON)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "-made_at"], name="codes_of_a_person"),
                    models.Index(fields=["address_index", "-made_at"], name="codes_to_an_address"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Emergency",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("incident", models.CharField(max_length=40)),
                ("reason", models.CharField(max_length=200)),
                ("minutes", models.PositiveSmallIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("refused_why", models.CharField(blank=True, max_length=200)),
                ("ends_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.BigIntegerField(null=True)),
                ("decided_by", models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to=PERSON)),
                ("operator", models.ForeignKey(on_delete=PROTECT, related_name="+", to=PERSON)),
                ("tenant", models.ForeignKey(on_delete=PROTECT, related_name="+", to="registry.tenant")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("operator")),
                        name="an_emergency_is_allowed_by_another",
                    ),
                    models.CheckConstraint(
                        condition=Q(ends_at__isnull=True)
                        | Q(decided_at__isnull=False, ends_at__lte=F("decided_at") + datetime.timedelta(hours=1)),
                        name="an_emergency_lasts_an_hour_at_most",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["operator"], name="emergencies_in_force",
                                 condition=Q(ends_at__isnull=False, ended_at__isnull=True)),
                    models.Index(fields=["tenant", "-id"], name="emergencies_of_a_tenant"),
                ],
            },
        ),
        shared_sql(CACHE, "drop table public.falin_cache"),
    ]  # fmt: skip
