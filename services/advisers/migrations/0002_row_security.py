"""Rows of a place are seen by who has the place in his scope."""

from django.db import migrations

from falin.kernel.database.operations import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("advisers", "0001_initial")]
    operations = [RowSecurity("appointment"), RowSecurity("vacancy")]
