"""Views of lists that people keep."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("person_id", models.BigIntegerField()),
                ("page", models.CharField(max_length=30)),
                ("title", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=1000)),
                ("role", models.CharField(blank=True, max_length=32)),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["person_id", "page", "title"], name="one_view_of_a_name")
                ],
            },
        ),
    ]
