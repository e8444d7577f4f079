"""What a county tells everybody: on the notice board, written by who holds a role at the county."""

from django.db import migrations, models
from django.db.models import F, Q

from falin.kernel.database.operations import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("desk", "0004_comments")]
    operations = [
        migrations.CreateModel(
            name="News",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("province_id", models.BigIntegerField()),
                ("city_id", models.BigIntegerField(null=True)),
                ("county_id", models.BigIntegerField()),
                ("street_id", models.BigIntegerField(null=True)),
                ("node_id", models.BigIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=60)),
                ("text", models.CharField(max_length=5000)),
                ("begins_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("state", models.CharField(max_length=10)),
                ("person_id", models.BigIntegerField()),
                ("written_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("why", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["county_id", "number"], name="news_are_counted_by_county"),
                    models.CheckConstraint(
                        condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")),
                        name="news_end_after_they_begin",
                    ),
                    models.CheckConstraint(
                        condition=~Q(state="published") | Q(published_at__isnull=False),
                        name="published_news_say_since_when",
                    ),
                ],
            },
        ),
        RowSecurity("news", "board"),
    ]
