"""A body that was provisioned is being prepared until its operator opens it; those that stand are what they are."""

import importlib

from django.db import migrations, models

from falin.kernel.database.operations import shared_sql

_STATES = ["preparing", "open", "suspended", "closed", "moving", "elsewhere"]
_OPENED = importlib.import_module("tenants.registry.migrations.0002_taking_a_spare").TAKE_SPARE
TAKE_SPARE = _OPENED.replace("'open', moment", "'preparing', moment")


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_cells_and_changes")]
    operations = [
        migrations.AlterField(
            "tenant", "state",
            models.CharField(choices=[(one, one) for one in _STATES], default="preparing", max_length=10),
        ),
        shared_sql(TAKE_SPARE, _OPENED),
    ]  # fmt: skip
