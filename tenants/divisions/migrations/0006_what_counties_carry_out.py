import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("divisions", "0005_what_was_carried")]
    operations = [
        migrations.CreateModel(
            name="DivisionHandover",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("county_id", models.BigIntegerField()),
                ("heirs", models.JSONField()),
                ("went", models.JSONField(default=dict)),
                ("stands", models.JSONField(default=dict)),
                ("left", models.JSONField(default=dict)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "update",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="divisions.divisionupdate",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("update", "county_id"), name="one_handover_for_each_county")
                ],
            },
        ),
    ]
