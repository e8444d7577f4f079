"""Two records of one person become one, with a second person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

STANDINGS = ["proposed", "confirmed", "refused"]


class Migration(migrations.Migration):
    dependencies = [("identity", "0015_tokens")]
    operations = [
        migrations.AddField("person", "merged_into", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
        migrations.CreateModel(
            "PersonMerge",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reason", models.CharField(max_length=200)),
                ("proposed_by", models.BigIntegerField()),
                ("proposed_at", models.DateTimeField()),
                ("standing", models.CharField(choices=[(one, one) for one in STANDINGS], default="proposed",
                                              max_length=10)),
                ("decided_by", models.BigIntegerField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("gone", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                           to=settings.AUTH_USER_MODEL)),
                ("kept", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                           to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=~Q(standing="confirmed")
                        | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                        name="two_people_merge_two_records",
                    ),
                    models.UniqueConstraint(condition=Q(standing__in=["proposed", "confirmed"]), fields=("gone",),
                                            name="a_record_goes_once"),
                ]
            },
        ),
    ]  # fmt: skip
