"""Rows of the notice board are seen by who holds a role at the place or above it; a firm and an adviser see their lines."""

from django.db import migrations

from falin.kernel.database.operations import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial")]
    operations = [RowSecurity("figure", "board"), RowSecurity("visitline", "board_or_subject")]
