"""The directory of cells, and what becomes of a tenant that moved to another one or was merged into its neighbour."""

from django.db import migrations, models

_STATES = ["open", "suspended", "closed", "moving", "elsewhere"]
_ACTS = ["close", "remove", "merge", "split", "move"]


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_whose_turn")]
    operations = [
        migrations.CreateModel(
            name="Cell",
            fields=[
                ("code", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("address", models.CharField(max_length=200)),
                ("places", models.JSONField(default=list)),
            ],
            options={"abstract": False},
        ),
        migrations.AddField("tenant", "cell", models.CharField(blank=True, db_default="", max_length=20)),
        migrations.AddField("tenant", "into_id", models.BigIntegerField(null=True)),
        migrations.AddField("deed", "target", models.CharField(blank=True, db_default="", max_length=20)),
        migrations.AddField("deed", "result", models.JSONField(null=True)),
        migrations.AlterField(
            "tenant", "state",
            models.CharField(choices=[(one, one) for one in _STATES], default="open", max_length=10),
        ),
        migrations.AlterField("deed", "act", models.CharField(choices=[(one, one) for one in _ACTS], max_length=10)),
    ]  # fmt: skip
