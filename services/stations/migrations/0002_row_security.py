"""Stations are read by everybody of the county, and written by who holds a role at the place or above it."""

from django.db import migrations

from falin.kernel.database.operations import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("stations", "0001_initial")]
    operations = [RowSecurity("station", "board")]
