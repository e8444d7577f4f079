"""Who saw an adviser's numbers in clear; a row is never changed or deleted by the application."""

import django.db.models.deletion
from django.db import migrations, models

from falin.kernel.database.operations import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("advisers", "0002_row_security")]
    operations = [
        migrations.CreateModel(
            name="ClearView",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("person_id", models.BigIntegerField()),
                ("role", models.CharField(max_length=32)),
                ("node_id", models.BigIntegerField()),
                ("reason", models.CharField(max_length=200)),
                (
                    "adviser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clear_views", to="advisers.adviser"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["adviser", "-at"], name="clear_views_of_an_adviser"),
                    models.Index(fields=["person_id", "at"], name="clear_views_by_a_person"),
                ],
            },
        ),
        AppendOnly("clearview"),
    ]
