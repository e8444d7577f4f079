from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("divisions", "0006_what_counties_carry_out")]
    operations = [migrations.AddField("divisionupdate", "stayed", models.JSONField(null=True))]
