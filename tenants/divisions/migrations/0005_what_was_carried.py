from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("divisions", "0004_what_hangs_in_counties")]
    operations = [migrations.AddField("divisionupdate", "carried", models.JSONField(null=True))]
