"""When an adviser's numbers were erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advisers", "0003_who_saw_numbers")]
    operations = [migrations.AddField(model_name="adviser", name="erased_at", field=models.DateTimeField(null=True))]
