"""A first password goes to the other home, too; answers that are not believed are counted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0016_merged_people")]
    operations = [
        migrations.CreateModel(
            "FirstPassword",
            [
                ("person", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                                                related_name="+", serialize=False, to=settings.AUTH_USER_MODEL)),
                ("password_sealed", models.BinaryField()),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            "Refusals",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("network", models.CharField(max_length=50)),
                ("minute", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("network", "minute"), name="a_minute_of_a_network_is_counted_once")
                ]
            },
        ),
    ]  # fmt: skip
