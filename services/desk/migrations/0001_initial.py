"""Notices, and how people want to be told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("person_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=30)),
                ("key", models.CharField(max_length=80)),
                ("facts", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("way", models.CharField(default="none", max_length=8)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["person_id", "kind", "key"], name="a_notice_is_told_once"),
                ],
                "indexes": [
                    models.Index(fields=["person_id", "-id"], name="notices_of_a_person"),
                    models.Index(fields=["person_id"], name="notices_unread", condition=models.Q(read_at__isnull=True)),
                    models.Index(
                        fields=["at"],
                        name="notices_to_send",
                        condition=models.Q(sent_at__isnull=True) & ~models.Q(way="none"),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChosenWay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("person_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=30)),
                ("way", models.CharField(max_length=8)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["person_id", "kind"], name="one_way_a_kind")],
            },
        ),
    ]
