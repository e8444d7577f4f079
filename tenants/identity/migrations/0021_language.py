"""The language a person chose, for what reaches him without a browser. Empty: he never chose."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0020_what_waits_there")]
    operations = [
        migrations.AddField("person", "language", models.CharField(blank=True, db_default="", default="", max_length=8))
    ]
