"""Of a place that came under another county two bodies may hold something; as a community it still counts once a month."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    contracts = "what the old constraint kept is more than what the new ones ask: rows of the old release fit both"
    dependencies = [("indicators", "0002_row_security")]
    operations = [
        migrations.AddConstraint(
            "figure",
            models.UniqueConstraint(fields=["month", "node_id", "county_id"], name="one_figure_a_body_place_and_month"),
        ),
        migrations.AddConstraint(
            "figure",
            models.UniqueConstraint(
                fields=["month", "node_id"], condition=Q(communities__gt=0), name="a_community_counts_once_a_month"
            ),
        ),
        migrations.RemoveConstraint("figure", "one_figure_a_place_and_month"),
    ]
