"""How an appointment stood before somebody ended it, so that he can take that back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advisers", "0004_erased")]
    operations = [migrations.AddField(model_name="appointment", name="before_end", field=models.JSONField(null=True))]
