"""What a body left behind here is destroyed by two as well, with a receipt of its own: one body may have several."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_backups_and_days_of_cells")]
    operations = [
        migrations.AlterField("receipt", "tenant_id", models.BigIntegerField(db_index=True)),
        migrations.AlterField(
            "deed", "act",
            models.CharField(
                choices=[(act, act) for act in ("close", "remove", "merge", "split", "move", "clear")], max_length=10
            ),
        ),
    ]  # fmt: skip
