"""The second home of sign-on: links, sessions that came from there, used tokens, and accounts still to be told."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def person(**more: Any) -> dict[str, Any]:
    return {"on_delete": django.db.models.deletion.PROTECT, "to": settings.AUTH_USER_MODEL, **more}


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_signing")]
    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("issuer", models.CharField(max_length=200)),
                ("subject", models.CharField(max_length=255)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.BigIntegerField()),
                ("person", models.ForeignKey(**person(related_name="links"))),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["issuer", "subject"], name="a_subject_is_one_person"),
                    models.UniqueConstraint(fields=["issuer", "person"], name="a_person_has_one_account_at_an_issuer"),
                ]
            },
        ),
        migrations.CreateModel(
            name="ForeignSession",
            fields=[
                ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("issuer", models.CharField(max_length=200)),
                ("subject", models.CharField(max_length=255)),
                ("sid", models.CharField(blank=True, max_length=255)),
                ("id_token", models.TextField()),
                ("begun_at", models.DateTimeField()),
                ("person", models.ForeignKey(**person(related_name="+"))),
            ],
            options={
                "indexes": [
                    models.Index(fields=["issuer", "subject"], name="foreign_sessions_of_a_subject"),
                    models.Index(fields=["issuer", "sid"], name="foreign_sessions_by_theirs"),
                ]
            },
        ),
        migrations.CreateModel(
            name="UsedToken",
            fields=[
                ("token_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("person", models.OneToOneField(**person(related_name="+", primary_key=True, serialize=False))),
                ("due_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=60)),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=Q(due_at__isnull=False), fields=["due_at"], name="accounts_due")
                ]
            },
        ),
    ]
