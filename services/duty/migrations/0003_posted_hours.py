"""When an adviser can be met: on the notice board, written by who holds a role at the place or above it."""

from django.db import migrations, models
from django.db.models import F, Q

from falin.kernel.database.operations import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("duty", "0002_row_security")]
    operations = [
        migrations.CreateModel(
            name="PostedHours",
            fields=[
                ("node_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("province_id", models.BigIntegerField()),
                ("city_id", models.BigIntegerField(null=True)),
                ("county_id", models.BigIntegerField()),
                ("street_id", models.BigIntegerField(null=True)),
                ("weekdays", models.JSONField()),
                ("begins_at", models.TimeField()),
                ("ends_at", models.TimeField()),
                ("room", models.CharField(max_length=80)),
                ("person_id", models.BigIntegerField()),
                ("posted_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(ends_at__gt=F("begins_at")), name="posted_hours_end_after_they_begin"
                    ),
                ],
                "indexes": [models.Index(fields=["county_id"], name="posted_hours_of_a_county")],
            },
        ),
        RowSecurity("postedhours", "board"),
    ]
