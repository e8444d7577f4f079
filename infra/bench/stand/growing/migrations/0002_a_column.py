"""One column more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("growing", "0001_initial")]
    operations = [migrations.AddField("thing", "colour", models.IntegerField(null=True))]
