"""What is still to be told over there: sessions that are to end, second factors that are to go."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0019_came_in")]
    operations = [
        migrations.AddField("ForeignSession", "over_at", models.DateTimeField(null=True)),
        migrations.AddField("Account", "factors_reset_at", models.DateTimeField(null=True)),
    ]
