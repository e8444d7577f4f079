"""What a county's team calls the columns of its sheets."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advisers", "0005_a_undo")]
    operations = [
        migrations.CreateModel(
            name="NamedColumn",
            fields=[
                ("plain", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=30)),
                ("person_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
