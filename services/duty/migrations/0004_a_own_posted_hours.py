"""An adviser, who has no place of his own, reads what is posted for the communities he serves; he writes none of it."""

from django.db import migrations

from falin.kernel.database.operations import shared_sql


class Migration(migrations.Migration):
    dependencies = [("duty", "0003_posted_hours")]
    operations = [
        shared_sql(
            "create policy those_of_ones_communities_are_read on duty_postedhours for select"
            " using (node_id = any (nullif(current_setting('app.nodes', true), '')::bigint[]))",
            "drop policy those_of_ones_communities_are_read on duty_postedhours",
        )
    ]
