"""Feedback on pages, and who put the list of the first day away."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_saved_views")]
    operations = [
        migrations.CreateModel(
            name="Feedback",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("person_id", models.BigIntegerField()),
                ("role", models.CharField(max_length=32)),
                ("tenant_id", models.BigIntegerField()),
                ("province_id", models.BigIntegerField(null=True)),
                ("page", models.CharField(max_length=120)),
                ("text", models.CharField(max_length=1000)),
                ("release", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person_id", "tenant_id", "-id"], name="feedback_of_a_person"),
                    models.Index(fields=["tenant_id", "answered_at"], name="feedback_answered"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(answered_at__isnull=True, answer="") | models.Q(answered_at__isnull=False, answer__gt=""),
                        name="feedback_is_answered_with_words",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FirstDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("person_id", models.BigIntegerField()),
                ("role", models.CharField(max_length=32)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["person_id", "role"], name="a_first_day_is_put_away_once")
                ],
            },
        ),
    ]
