"""That a correction somebody asked for was not made: by whom, and why. Done, as before, is whatever waits no longer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0022_one_statement")]
    operations = [
        migrations.AddField("correction", "declined_by", models.BigIntegerField(null=True)),
        migrations.AddField(
            "correction", "why", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
    ]
